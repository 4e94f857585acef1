"""Reads an order file of one of three formats into invoices in the order of their time; no float passes this edge."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar

from openpyxl.utils import get_column_letter

from services.pricing.imports.domain import Columns, Invoice, SourceLine, SourceMapping
from services.pricing.imports.refusing import ALL_READ, MOST_PIECES, Unread, shown
from shared.errors import FieldError, Problem, Words

Format = Literal["parquet", "csv", "ndjson"]
Table = Any  # pyarrow comes without types
Cell = str | int | float | None

T = TypeVar("T")
LONG_AGO = datetime.min.replace(tzinfo=UTC)
ROW, WRONG = "row number", "what is wrong with the row"


class UnreadableOrderFile(Problem):
    status = 422
    code = "unreadable_order_file"
    title: ClassVar[Words] = {"en": "The order file cannot be read", "zh": "订单文件无法读取"}


class Window(NamedTuple):
    """UTC instants `[start, end)`, None is open; an invoice is in by its earliest line, a dateless one at the start."""

    start: datetime | None = None
    end: datetime | None = None

    def holds(self, at: datetime | None) -> bool:
        if at is None:
            return self.start is None
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)


def read_invoices(path: Path, file_format: Format, mapping: SourceMapping, window: Window) -> list[Invoice]:
    """Whole invoices of the window by time; in the same minute sales come before returns, then as the file has them.

    Raises `UnreadableOrderFile`.
    """
    table = _READERS[file_format](path, mapping.columns)
    found: dict[str, list[SourceLine]] = {}
    for row, reference, sku, quantity, at, price, account, wrong in _lines(_near(table, mapping, window), mapping):
        lines = found.setdefault(reference, [])
        unread = Unread(wrong.row, at.unread, quantity.unread, wrong.column)
        known = ALL_READ if unread == ALL_READ else unread
        lines.append(SourceLine(row, len(lines) + 1, sku, quantity.pieces, at.instant, price, account, known))
    chosen = _invoices(found, window)
    return sorted(
        chosen,
        key=lambda one: (one.at or LONG_AGO, mapping.is_return(one.reference), one.lines[0].row),
    )


def _near(table: Table, mapping: SourceMapping, window: Window) -> Table:
    """The rows of every invoice with a line in the window, numbered as in the file: the rest is never unpacked."""
    import pyarrow
    import pyarrow.compute

    table = table.append_column(ROW, pyarrow.array(range(1, table.num_rows + 1)))
    if WRONG not in table.column_names:
        table = table.append_column(WRONG, pyarrow.nulls(table.num_rows, pyarrow.string()))
    times, references = (table.column(name) for name in (mapping.columns.ordered_at, mapping.columns.reference))
    inside = [cell for cell in times.unique().to_pylist() if window.holds(mapping.instant(_text(cell)))]
    rows = pyarrow.compute.is_in(times, value_set=pyarrow.array(inside, times.type))
    invoices = references.filter(rows).unique()
    return table.filter(pyarrow.compute.is_in(references, value_set=invoices))


class Time(NamedTuple):
    """What was written, where it is no time."""

    instant: datetime | None
    unread: str | None = None


class Pieces(NamedTuple):
    """What was written, where it is no quantity: it counts as zero and is refused as such."""

    pieces: int
    unread: str | None = None


class OddRow(NamedTuple):
    """A row of the file, counted from one below the header, that has another number of cells than the header."""

    number: int
    cells: int


Row = tuple[int, str, str, Pieces, Time, str, str, Unread]


def _lines(table: Table, mapping: SourceMapping) -> Iterable[Row]:
    columns = mapping.columns
    return zip(
        table.column(ROW).to_pylist(),
        _each(table.column(columns.reference), _text),
        _each(table.column(columns.sku), _text),
        _each(table.column(columns.quantity), _whole),
        _each(table.column(columns.ordered_at), lambda cell: _time(cell, mapping)),
        _each(table.column(columns.unit_price), _price),
        _each(table.column(columns.account), _number),
        _each(table.column(WRONG), _unread),
        strict=True,
    )


def _each(column: Any, read: Callable[[Cell], T]) -> list[T]:
    """Every cell as `read` makes of it; each different value is read once and shared by its rows."""
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    values = [read(cell) for cell in encoded.dictionary.to_pylist()]
    return [values[index] for index in encoded.indices.to_pylist()]


def _invoices(found: Mapping[str, Sequence[SourceLine]], window: Window) -> Iterator[Invoice]:
    for reference, lines in found.items():
        at = min((line.at for line in lines if line.at is not None), default=None)
        if window.holds(at):
            yield Invoice(reference, at, lines)


def _text(cell: Cell) -> str:
    """A float is its shortest decimal text; nothing but blanks around a text is left out."""
    if cell is None or cell != cell:  # noqa: PLR0124 - an empty cell of a float column is a NaN
        return ""
    if isinstance(cell, float):
        return f"{Decimal(repr(cell)):f}"
    return str(cell).strip(" \t")


def _number(cell: Cell) -> str:
    """A customer's number has no point, also where a table kept it as a float."""
    return _text(cell).removesuffix(".0")


def _price(cell: Cell) -> str:
    """Without the zeros that one format writes and another does not."""
    text = _text(cell)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _whole(cell: Cell) -> Pieces:
    """A quantity that is a whole number, and not more than anybody orders."""
    written = _text(cell)
    try:
        quantity = int(written)
    except ValueError:
        return Pieces(0, written)
    return Pieces(quantity) if abs(quantity) <= MOST_PIECES else Pieces(0, written)


def _time(cell: Cell, mapping: SourceMapping) -> Time:
    written = _text(cell)
    instant = mapping.instant(written)
    return Time(instant, written if instant is None else None)


def _unread(cell: Cell) -> Unread:
    return ALL_READ if cell is None else Unread(*json.loads(str(cell)))


def _kept(wrong: Unread) -> str:
    return json.dumps(wrong)


def _parquet(path: Path, columns: Columns) -> Table:
    import pyarrow
    import pyarrow.parquet

    try:
        _all_present(columns, pyarrow.parquet.read_schema(path).names)
        return pyarrow.parquet.read_table(path, columns=list(astuple(columns)))
    except pyarrow.ArrowInvalid as wrong:
        raise UnreadableOrderFile({"en": str(wrong), "zh": f"无法读取文件：{wrong}"}) from wrong


def _csv(path: Path, columns: Columns) -> Table:
    """A row of too few or too many cells is a row of nothing but what is wrong with it."""
    table, odd = _csv_rows(path, columns)
    if odd:
        # Only one thread counts the rows; nearly no file needs it.
        table, odd = _csv_rows(path, columns, numbered=True)
    _all_present(columns, table.column_names)
    return _with_odd_rows(table, odd, astuple(columns)) if odd else table


def _csv_rows(path: Path, columns: Columns, *, numbered: bool = False) -> tuple[Table, list[OddRow]]:
    import pyarrow
    import pyarrow.csv

    odd: list[OddRow] = []

    def set_aside(row: Any) -> str:
        odd.append(OddRow((row.number or 1) - 1, row.actual_columns))
        return "skip"

    as_text = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(astuple(columns), pyarrow.string()))
    try:
        table = pyarrow.csv.read_csv(
            path,
            convert_options=as_text,
            parse_options=pyarrow.csv.ParseOptions(invalid_row_handler=set_aside),
            read_options=pyarrow.csv.ReadOptions(use_threads=not numbered),
        )
    except pyarrow.ArrowInvalid as wrong:
        raise UnreadableOrderFile({"en": str(wrong), "zh": f"无法读取文件：{wrong}"}) from wrong
    return table, odd


def _with_odd_rows(table: Table, odd: Sequence[OddRow], names: Sequence[str]) -> Table:
    """Each at its place among the rows of the file."""
    import pyarrow

    told = {row.number: _kept(_wrong_width(row.cells, table.column_names)) for row in odd}
    others = (number for number in range(1, table.num_rows + len(odd) + 1) if number not in told)
    wrong = pyarrow.table({ROW: list(told), WRONG: list(told.values())})
    read = table.select(list(names)).append_column(ROW, pyarrow.array(others, pyarrow.int64()))
    return pyarrow.concat_tables([read, wrong], promote_options="default").sort_by(ROW).drop_columns([ROW])


def _wrong_width(cells: int, headings: Sequence[str]) -> Unread:
    """A row of too few or too many cells: which of them are whose, nobody can say."""
    words: Words = {
        "en": f"{cells} cells under {len(headings)} columns",
        "zh": f"该行有{cells}个单元格，而表头有{len(headings)}列",
    }
    if cells < len(headings):
        missing = headings[cells]
        words = {"en": f"{words['en']}: {missing!r} is missing", "zh": f"{words['zh']}：缺少“{missing}”"}
        return Unread(words, column=missing)
    beyond = get_column_letter(len(headings) + 1)
    words = {"en": f"{words['en']}: column {beyond} has no name", "zh": f"{words['zh']}：{beyond}列没有列名"}
    return Unread(words, column=beyond)


def _ndjson(path: Path, columns: Columns) -> Table:
    """A line that is no object, or holds what is no text, is a row of nothing but what is wrong with it."""
    import pyarrow

    names = astuple(columns)
    with path.open(encoding="utf-8", errors="surrogateescape") as file:
        rows = [_object(text, names) for text in file if text.strip()]
    if rows and all(wrong for _, wrong in rows):
        raise UnreadableOrderFile(rows[0][1])
    _all_present(columns, set().union(*(row for row, wrong in rows if not wrong)) if rows else names)
    cells = {name: [_json_text(row.get(name)) for row, _ in rows] for name in names}
    told = {**cells, WRONG: [_kept(Unread(wrong)) if wrong else None for _, wrong in rows]}
    return pyarrow.table(told, schema=pyarrow.schema([(name, pyarrow.string()) for name in told]))


def _object(text: str, names: Sequence[str]) -> tuple[dict[str, Any], Words | None]:
    try:
        row = json.loads(text, parse_float=str)
    except (ValueError, RecursionError) as wrong:
        return {}, {"en": f"no JSON: {wrong}", "zh": f"不是有效的JSON：{wrong}"}
    if not isinstance(row, dict):
        return {}, {"en": f"no JSON object: {shown(text)}", "zh": f"不是JSON对象：{shown(text)}"}
    for name in names:
        cell = row.get(name)
        if isinstance(cell, str) and not _is_whole_text(cell):
            return {}, {
                "en": f"{name!r} holds half a character: {shown(cell)}",
                "zh": f"“{name}”含有不完整的字符：{shown(cell)}",
            }
    return row, None


def _is_whole_text(cell: str) -> bool:
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True


def _json_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _all_present(columns: Columns, present: Iterable[str]) -> None:
    missing = set(astuple(columns)) - set(present)
    if missing:
        errors = [FieldError("", "missing_column", _no_column(name)) for name in sorted(missing)]
        raise UnreadableOrderFile(MAPPED_ELSEWHERE, errors=errors)


def _no_column(name: str) -> Words:
    return {"en": f"the file has no column {name!r}", "zh": f"文件没有列{name!r}"}


MAPPED_ELSEWHERE: Words = {
    "en": "the mapping names columns that the file does not have",
    "zh": "映射所列的列在文件中不存在",
}


_READERS: Mapping[Format, Callable[[Path, Columns], Table]] = {"parquet": _parquet, "csv": _csv, "ndjson": _ndjson}
