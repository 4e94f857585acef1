"""Reads an order file of one of three formats into invoices in the order of their time; no float passes this edge."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar

from services.pricing.imports.domain import Columns, Invoice, SourceLine, SourceMapping
from shared.errors import FieldError, Problem, Words

Format = Literal["parquet", "csv", "ndjson"]
Table = Any  # pyarrow comes without types
Cell = str | int | float | None

T = TypeVar("T")
LONG_AGO = datetime.min.replace(tzinfo=UTC)
ROW = "row number"
MOST_PIECES = 10_000_000


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
    for row, reference, sku, quantity, at, price, account in _lines(_near(table, mapping, window), mapping):
        lines = found.setdefault(reference, [])
        lines.append(SourceLine(row, len(lines) + 1, sku, quantity, at, price, account))
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
    times, references = (table.column(name) for name in (mapping.columns.ordered_at, mapping.columns.reference))
    inside = [cell for cell in times.unique().to_pylist() if window.holds(mapping.instant(_text(cell)))]
    rows = pyarrow.compute.is_in(times, value_set=pyarrow.array(inside, times.type))
    invoices = references.filter(rows).unique()
    return table.filter(pyarrow.compute.is_in(references, value_set=invoices))


def _lines(table: Table, mapping: SourceMapping) -> Iterable[tuple[int, str, str, int, datetime | None, str, str]]:
    columns = mapping.columns
    return zip(
        table.column(ROW).to_pylist(),
        _each(table.column(columns.reference), _text),
        _each(table.column(columns.sku), _text),
        _each(table.column(columns.quantity), _whole),
        _each(table.column(columns.ordered_at), lambda cell: mapping.instant(_text(cell))),
        _each(table.column(columns.unit_price), _price),
        _each(table.column(columns.account), _number),
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
    """A float is its shortest decimal text."""
    if cell is None or cell != cell:  # noqa: PLR0124 - an empty cell of a float column is a NaN
        return ""
    if isinstance(cell, float):
        return f"{Decimal(repr(cell)):f}"
    return str(cell).replace("\x00", "").strip()


def _number(cell: Cell) -> str:
    """A customer's number has no point, also where a table kept it as a float."""
    return _text(cell).removesuffix(".0")


def _price(cell: Cell) -> str:
    """Without the zeros that one format writes and another does not."""
    text = _text(cell)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _whole(cell: Cell) -> int:
    """A quantity; one that is no whole number, or more than anybody orders, counts as zero and is refused as such."""
    try:
        quantity = int(_text(cell))
    except ValueError:
        return 0
    return quantity if abs(quantity) <= MOST_PIECES else 0


def _parquet(path: Path, columns: Columns) -> Table:
    import pyarrow
    import pyarrow.parquet

    try:
        _all_present(columns, pyarrow.parquet.read_schema(path).names)
        return pyarrow.parquet.read_table(path, columns=list(astuple(columns)))
    except pyarrow.ArrowInvalid as wrong:
        raise UnreadableOrderFile({"en": str(wrong), "zh": f"无法读取文件：{wrong}"}) from wrong


def _csv(path: Path, columns: Columns) -> Table:
    import pyarrow
    import pyarrow.csv

    as_text = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(astuple(columns), pyarrow.string()))
    try:
        table = pyarrow.csv.read_csv(path, convert_options=as_text)
    except pyarrow.ArrowInvalid as wrong:
        raise UnreadableOrderFile({"en": str(wrong), "zh": f"无法读取文件：{wrong}"}) from wrong
    _all_present(columns, table.column_names)
    return table


def _ndjson(path: Path, columns: Columns) -> Table:
    import pyarrow

    with path.open(encoding="utf-8", errors="replace") as file:
        rows = [_object(text, number) for number, text in enumerate(file, start=1) if text.strip()]
    _all_present(columns, set().union(*rows) if rows else astuple(columns))
    cells = {name: [_json_text(row.get(name)) for row in rows] for name in astuple(columns)}
    return pyarrow.table(cells, schema=pyarrow.schema([(name, pyarrow.string()) for name in cells]))


def _object(text: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(text, parse_float=str)
    except ValueError as wrong:
        raise UnreadableOrderFile(
            {"en": f"row {number} is no JSON: {wrong}", "zh": f"第{number}行不是有效的JSON：{wrong}"}
        ) from wrong
    if not isinstance(row, dict):
        raise UnreadableOrderFile({"en": f"row {number} is no JSON object", "zh": f"第{number}行不是JSON对象"})
    return row


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
