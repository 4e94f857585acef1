"""Why a file, or a row of it, was not taken: with the cell where there is one, in English and Chinese."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from shared.errors import FieldError, MalformedRequest, ValidationProblem, Words


class UnreadableFile(MalformedRequest):
    code = "unreadable_file"
    title: ClassVar[Words] = {"en": "The file cannot be read", "zh": "文件无法读取"}


class WrongHeader(ValidationProblem):
    """422 with each heading that is wrong, at its cell."""

    code = "wrong_header"
    title: ClassVar[Words] = {"en": "The first row does not name the columns", "zh": "首行的列名有误"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands in a sheet: `C7`, under the heading as it was written."""

    cell: str
    column: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a row: the field's pointer, a stable code, a sentence."""

    pointer: str
    code: str
    detail: Words

    @classmethod
    def of(cls, error: FieldError) -> "Fault":
        return cls(error.pointer, error.code, error.detail)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was refused whole; `row` is its place among the file's rows, from one."""

    row: int
    faults: Sequence[Fault]
    places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def pointer(self) -> str:
        return self.faults[0].pointer

    @property
    def code(self) -> str:
        return self.faults[0].code

    def to_plain(self) -> dict[str, Any]:
        return {"row": self.row, "faults": [self._plain(fault) for fault in self.faults]}

    def _plain(self, fault: Fault) -> dict[str, Any]:
        place = self._place(fault.pointer)
        where = {"cell": place.cell, "column": place.column} if place else {}
        return {"pointer": fault.pointer, "code": fault.code, "detail": dict(fault.detail), **where}

    def _place(self, pointer: str) -> Place | None:
        """The cell of the field, else of a part of it, else of what it is a part of."""
        if pointer in self.places:
            return self.places[pointer]
        parts = [place for held, place in self.places.items() if held.startswith(f"{pointer}/")]
        if parts:
            return parts[0]
        above = pointer.rpartition("/")[0]
        return self._place(above) if above else None
