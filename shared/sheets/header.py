"""The first row of a sheet names its columns, in English or Chinese, in any order, each once."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from shared.errors import FieldError, Words
from shared.sheets.faults import SheetTooLarge, WrongHeader
from shared.sheets.reading import MOST_COLUMNS, BadCell, Line, cell_name


class Column(Protocol):
    """A column by its name, and the headings it may stand under besides."""

    @property
    def name(self) -> str: ...
    @property
    def en(self) -> str: ...
    @property
    def zh(self) -> str: ...


C = TypeVar("C", bound=Column)


def heading_key(heading: str) -> str:
    """Headings are compared without case, width, spaces, underscores and marks."""
    folded = unicodedata.normalize("NFKC", heading).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def by_heading(columns: Iterable[C]) -> dict[str, C]:
    """Each column under its name and both of its headings."""
    return {heading_key(heading): column for column in columns for heading in (column.name, column.en, column.zh)}


def read_header(header: Line | None, columns: Mapping[str, C], required: Iterable[C]) -> list[tuple[str, C]]:
    """Heading and column of each cell; every unknown or repeated heading is named by its cell.

    `columns` are by the keys of their headings. Raises WrongHeader, SheetTooLarge.
    """
    if header is None:
        raise WrongHeader({"en": "The sheet is empty.", "zh": "表格为空。"})
    if len(header.cells) > MOST_COLUMNS:
        raise SheetTooLarge({"en": f"More than {MOST_COLUMNS} columns.", "zh": f"超过{MOST_COLUMNS}列。"})
    found: list[tuple[str, C]] = []
    errors: list[FieldError] = []
    for place, cell in enumerate(header.cells):
        heading = "" if isinstance(cell, BadCell) else cell
        column = columns.get(heading_key(heading))
        where = f"/{cell_name(header.row, place)}"
        if column is None:
            errors.append(FieldError(where, "unknown_column", _unknown(heading)))
        elif column in [known for _, known in found]:
            said: Words = {"en": f"{heading} stands here twice", "zh": f"“{heading}”列重复"}
            errors.append(FieldError(where, "column_twice", said))
        else:
            found.append((heading, column))
    errors += _missing(required, [known for _, known in found])
    if errors:
        raise WrongHeader(errors=errors)
    return found


def wrong_width(line: Line, header: Line) -> tuple[int, str, Words] | None:
    """Where a row of a CSV breaks off or runs over, a code and a sentence: whose its cells are, nobody can say then."""
    if line.width is None or header.width is None or line.width == header.width:
        return None
    counted: Words = {
        "en": f"{line.width} cells under {header.width} columns",
        "zh": f"该行有{line.width}个单元格，而表头有{header.width}列",
    }
    place = min(line.width, header.width)
    return place, "too_few_cells" if line.width < header.width else "too_many_cells", counted


def _unknown(heading: str) -> Words:
    return {"en": f"no column is called {heading!r}", "zh": f"没有名为“{heading}”的列"}


def _missing(required: Iterable[Column], found: Sequence[Column]) -> list[FieldError]:
    return [
        FieldError(
            f"/{column.name}",
            "column_missing",
            {"en": f"the column {column.name} is missing", "zh": f"缺少“{column.zh}”列"},
        )
        for column in required
        if column not in found
    ]
