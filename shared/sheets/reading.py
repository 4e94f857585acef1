"""A sheet as cells of text: CSV or a workbook, refused whole where it is no sheet or larger than a sheet may be."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from shared.errors import Problem, Words
from shared.sheets.encodings import decoded
from shared.sheets.faults import SheetTooLarge, UnreadableFile

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 10_000  # of a workbook, which costs the more
MOST_LINES = 50_000  # of CSV or JSON
MOST_COLUMNS = 100
MOST_LETTERS = 2_000
MOST_PARTS = 500
MOST_UNPACKED = 64_000_000
EXACT_DIGITS = 10**15
PORTION = 65_536


@dataclass(frozen=True, slots=True)
class BadCell:
    """What stands in a cell is no value that could be taken."""

    code: str
    detail: Words


Cell = str | BadCell
FORMULA = BadCell("formula_cell", {"en": "a formula; write its value", "zh": "单元格为公式，请填写数值"})
ERROR = BadCell("error_cell", {"en": "an error of the spreadsheet", "zh": "单元格为错误值"})
INEXACT = BadCell(
    "number_not_exact",
    {
        "en": "a number this long is not kept exactly; format the cell as text",
        "zh": "数字过长会失真，请将单元格设为文本",
    },
)
ZERO_BYTE = BadCell("zero_byte", {"en": "a zero byte, which no text holds", "zh": "含有零字节"})
TOO_LONG = BadCell("cell_too_long", {"en": f"more than {MOST_LETTERS} letters", "zh": f"超过{MOST_LETTERS}个字符"})


def too_wide(where: str) -> BadCell:
    said: Words = {
        "en": f"{where} lies beyond the {MOST_COLUMNS} columns a sheet has here",
        "zh": f"{where}超出表格的{MOST_COLUMNS}列",
    }
    return BadCell("too_many_columns", said)


@dataclass(frozen=True, slots=True)
class Line:
    """A row that says something; `row` is its number in the sheet, from one.

    `width` is how many cells were written in a CSV, blank ones at its end counted; a row of a workbook has none.
    """

    row: int
    cells: Sequence[Cell]
    width: int | None = None


def cell_name(row: int, column: int) -> str:
    """`C7` of row 7 and the third column, counted from zero."""
    return f"{get_column_letter(column + 1)}{row}"


def sheet_lines(body: bytes, content_type: str, *, most_rows: int | None = None) -> Iterator[Line] | None:
    """The rows of CSV, or of a workbook's first sheet; None where the body is said to be neither.

    Raises UnreadableFile, SheetTooLarge.
    """
    kind, _, options = content_type.partition(";")
    match kind.strip().lower():
        case "text/csv":
            charset = options.strip().removeprefix("charset=") or None
            return csv_lines(body, charset=charset, most_rows=most_rows or MOST_LINES)
        case kind if kind == XLSX:
            return iter(workbook_lines(body, most_rows=most_rows or MOST_ROWS))
    return None


def csv_lines(body: bytes, *, charset: str | None = None, most_rows: int = MOST_LINES) -> Iterator[Line]:
    """Raises UnreadableFile, SheetTooLarge."""
    reader = csv.reader(io.StringIO(decoded(body, charset=charset), newline=""), strict=True)
    try:
        for row, cells in enumerate(reader, start=1):
            check_row(row - 1, most_rows)
            yield from _said(row, [_text_cell(cell) for cell in cells], width=len(cells))
    except csv.Error as error:
        place = reader.line_num
        raise UnreadableFile(
            {"en": f"Line {place} is no CSV: {error}.", "zh": f"第{place}行不是有效的CSV：{error}。"}
        ) from error


def workbook_lines(body: bytes, *, most_rows: int = MOST_ROWS) -> list[Line]:
    """The first sheet. Raises UnreadableFile, SheetTooLarge."""
    _check_package(body)
    try:
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=False, keep_links=False)
        return list(_lines_of(book.worksheets[0], most_rows))
    except Problem:
        raise
    except Exception as error:
        # openpyxl answers a broken workbook with whatever its parts stumble over: key, value, type and XML errors.
        raise UnreadableFile(
            {"en": "The workbook is damaged, or is none.", "zh": "工作簿已损坏，或不是工作簿。"}
        ) from error


def _check_package(body: bytes) -> None:
    """Before anything is unpacked: how many parts, how large, no macros, nothing that XML would swell."""
    try:
        package = zipfile.ZipFile(io.BytesIO(body))
        parts = package.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            megabytes = MOST_UNPACKED // 1_000_000
            raise SheetTooLarge(
                {"en": f"Unpacked it has more than {megabytes} MB.", "zh": f"解压后超过{megabytes} MB。"}
            )
        for part in parts:
            _check_part(package, part)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise UnreadableFile({"en": "The file is no workbook.", "zh": "该文件不是工作簿。"}) from error


def _check_part(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    if part.filename.lower().endswith("vbaproject.bin"):
        raise UnreadableFile({"en": "Workbooks with macros are not taken.", "zh": "不接受带宏的工作簿。"})
    if not part.filename.lower().endswith((".xml", ".rels")):
        return
    if _declares(package, part):
        raise UnreadableFile({"en": "The workbook defines XML entities.", "zh": "工作簿含有XML实体定义。"})


def _declares(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Anywhere in the part: a comment of any length may stand before a declaration."""
    before = b""
    with package.open(part) as content:
        while portion := content.read(PORTION):
            seen = before + portion.replace(b"\0", b"").upper()
            if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
                return True
            before = seen[-len(b"<!DOCTYPE") :]
    return False


def check_row(place: int, most_rows: int) -> None:
    """A file has at most so many rows, blank ones too: they cost as much to read. Raises SheetTooLarge."""
    if place > most_rows:
        raise SheetTooLarge({"en": f"More than {most_rows} rows.", "zh": f"超过{most_rows}行。"})


def _lines_of(sheet: Any, most_rows: int) -> Iterator[Line]:
    sheet.reset_dimensions()
    # Of all columns: what stands far to the right is refused, never left out.
    for row, cells in enumerate(sheet.iter_rows(), start=1):
        check_row(row - 1, most_rows)
        yield from _said(row, [_workbook_cell(cell) for cell in cells])


def _said(row: int, cells: list[Cell], *, width: int | None = None) -> Iterator[Line]:
    """The line without blank cells at its end; a blank line says nothing, one too wide has a bad cell as its last."""
    while cells and cells[-1] == "":
        cells.pop()
    if len(cells) > MOST_COLUMNS:
        cells = [*cells[:MOST_COLUMNS], too_wide(cell_name(row, len(cells) - 1))]
    if cells:
        yield Line(row, cells, width)


def _workbook_cell(cell: Any) -> Cell:
    if cell.value is None:
        return ""
    if cell.data_type == "f":
        return FORMULA
    if cell.data_type == "e":
        return ERROR
    return _written(cell.value)


def _written(value: Any) -> Cell:
    """A typed cell as a person would have written it."""
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat()
        case date():
            return value.isoformat()
        case int() | float() if abs(value) >= EXACT_DIGITS:
            return INEXACT
        case float():
            # The shortest text that is this number is what was typed in; nothing is computed with it.
            return format(Decimal(repr(value)).normalize(), "f")
        case _:
            return _text_cell(str(value))


def _text_cell(text: str) -> Cell:
    text = text.strip()
    if "\0" in text:
        return ZERO_BYTE
    if text.startswith("="):
        return FORMULA
    return text if len(text) <= MOST_LETTERS else TOO_LONG
