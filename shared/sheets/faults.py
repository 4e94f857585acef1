"""Why a sheet as a whole is not taken, and where in it a value stands."""

from dataclasses import dataclass
from typing import ClassVar

from shared.errors import MalformedRequest, Problem, ValidationProblem, Words


class UnreadableFile(MalformedRequest):
    code = "unreadable_file"
    title: ClassVar[Words] = {"en": "The file cannot be read", "zh": "文件无法读取"}


class SheetTooLarge(Problem):
    status = 413
    code = "sheet_too_large"
    title: ClassVar[Words] = {"en": "The sheet is larger than an import takes", "zh": "表格超出导入上限"}


class WrongHeader(ValidationProblem):
    """422 with each heading that is wrong, at its cell."""

    code = "wrong_header"
    title: ClassVar[Words] = {"en": "The first row does not name the columns", "zh": "首行的列名有误"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands in a sheet: `C7`, under the heading as it was written."""

    cell: str
    column: str
