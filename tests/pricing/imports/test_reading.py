"""One small file, in three formats, read into the same invoices."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from services.pricing.imports.domain import Invoice
from services.pricing.imports.mapping import UnknownMapping, mapping_named, read_mapping
from services.pricing.imports.reading import Format, UnreadableOrderFile, Window, read_invoices

MAPPING = read_mapping(Path("deploy/demo/online-retail.yaml"))
COLUMNS = ("Invoice", "StockCode", "Quantity", "InvoiceDate", "Price", "Customer ID")
ROWS = [
    ("489436", "A", 1, "2009-12-02 08:00:00", 0.1, 13085.0),
    ("489434", "B", 12, "2009-12-01 07:46:00", 6.95, 13085.0),
    ("489435", "C", 2, "2009-12-01 07:45:30", 0.001, None),
    ("489434", "B", 12, "2009-12-01 07:45:00", 6.0, 13085.0),
    ("489437", "D", 1, "soon", 1.0, 13085.0),
]


def a_file(folder: Path, file_format: Format, rows: list[tuple[object, ...]] = ROWS) -> Path:
    path = folder / f"orders.{file_format}"
    dicts = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    if file_format == "parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(dicts), path)
    elif file_format == "ndjson":
        path.write_text("\n".join(json.dumps(row) for row in dicts), encoding="utf-8")
    else:
        cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
        path.write_text("\n".join(",".join(row) for row in [list(COLUMNS), *cells]), encoding="utf-8")
    return path


def every_invoice(path: Path, file_format: Format, window: Window = Window()) -> list[Invoice]:  # noqa: B008
    return read_invoices(path, file_format, MAPPING, window)


@pytest.mark.parametrize("file_format", ["parquet", "csv", "ndjson"])
def test_invoices_come_by_time_with_all_their_lines_whatever_the_format(tmp_path: Path, file_format: Format) -> None:
    invoices = every_invoice(a_file(tmp_path, file_format), file_format)
    assert [invoice.reference for invoice in invoices] == ["489437", "489434", "489435", "489436"]
    assert [(line.row, line.number, line.price) for line in invoices[1].lines] == [(2, 1, "6.95"), (4, 2, "6")]
    assert invoices[1].at == datetime(2009, 12, 1, 7, 45, tzinfo=UTC)


def test_the_number_of_a_line_does_not_depend_on_the_format(tmp_path: Path) -> None:
    digests = [
        [line.digest for invoice in every_invoice(a_file(tmp_path, form), form) for line in invoice.lines]
        for form in ("parquet", "csv", "ndjson")
    ]
    assert digests[0] == digests[1] == digests[2]


@pytest.mark.parametrize("file_format", ["parquet", "csv", "ndjson"])
def test_a_float_becomes_its_shortest_decimal_text(tmp_path: Path, file_format: Format) -> None:
    lines = [line for invoice in every_invoice(a_file(tmp_path, file_format), file_format) for line in invoice.lines]
    assert {line.price for line in lines} == {"0.1", "6.95", "0.001", "6", "1"}
    assert {line.account for line in lines} == {"13085", ""}


def test_exact_duplicates_are_kept(tmp_path: Path) -> None:
    path = a_file(tmp_path, "parquet", [ROWS[0], ROWS[0]])
    assert [line.number for line in every_invoice(path, "parquet")[0].lines] == [1, 2]


def test_a_window_holds_whole_invoices_by_their_earliest_line(tmp_path: Path) -> None:
    path = a_file(tmp_path, "parquet")
    cut = datetime(2009, 12, 1, 7, 45, 30, tzinfo=UTC)
    before = every_invoice(path, "parquet", Window(end=cut))
    after = every_invoice(path, "parquet", Window(start=cut))
    assert [invoice.reference for invoice in before] == ["489437", "489434"]
    assert [invoice.reference for invoice in after] == ["489435", "489436"]


def test_rows_keep_their_place_in_the_file_inside_a_window(tmp_path: Path) -> None:
    after = every_invoice(a_file(tmp_path, "csv"), "csv", Window(start=datetime(2009, 12, 2, tzinfo=UTC)))
    assert [line.row for invoice in after for line in invoice.lines] == [1]


def test_a_file_without_a_column_says_which(tmp_path: Path) -> None:
    path = tmp_path / "orders.ndjson"
    path.write_text('{"Invoice": "1"}', encoding="utf-8")
    with pytest.raises(UnreadableOrderFile) as refused:
        every_invoice(path, "ndjson")
    assert "the file has no column 'Customer ID'" in [error.detail["en"] for error in refused.value.errors]


@pytest.mark.parametrize("file_format", ["parquet", "ndjson"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, file_format: Format) -> None:
    path = tmp_path / "orders"
    path.write_text("neither of these", encoding="utf-8")
    with pytest.raises(UnreadableOrderFile):
        every_invoice(path, file_format)


def test_a_mapping_is_found_by_its_name_only(tmp_path: Path) -> None:
    assert mapping_named("standard", tmp_path).currency == "CNY"
    for name in ("../imports/standard", "nobody"):
        with pytest.raises(UnknownMapping):
            mapping_named(name, tmp_path)


@pytest.mark.parametrize("quantity", ["", "1.5", "many", "99999999999999999999"])
def test_what_is_no_quantity_counts_as_zero_and_is_kept_as_written(tmp_path: Path, quantity: str) -> None:
    path = a_file(tmp_path, "csv", [("489436", "A", quantity, "2009-12-02 08:00:00", 0.1, 13085.0)])
    [line] = every_invoice(path, "csv")[0].lines
    assert (line.quantity, line.unread.quantity) == (0, quantity)


@pytest.mark.parametrize("file_format", ["parquet", "csv", "ndjson"])
@pytest.mark.parametrize("sku", ["A\x00", "A\x1f", "\x85A", "A\x00B"])
def test_a_code_is_never_changed_on_the_way(tmp_path: Path, file_format: Format, sku: str) -> None:
    path = a_file(tmp_path, file_format, [("489436", sku, 1, "2009-12-02 08:00:00", 0.1, 13085.0)])
    assert every_invoice(path, file_format)[0].lines[0].sku == sku


@pytest.mark.parametrize(
    ("written", "why"),
    [
        pytest.param(b"{", "no JSON: ", id="a line that breaks off"),
        pytest.param(b"[" * 100_000, "no JSON: ", id="a line nested without end"),
        pytest.param(b"[1]", "no JSON object: [1]", id="a list"),
        pytest.param(b'{"Invoice": "\\ud800"}', "'Invoice' holds half a character: \\ud800", id="half a character"),
        pytest.param(b'{"StockCode": "A\xff"}', "'StockCode' holds half a character: A\\udcff", id="no UTF-8"),
    ],
)
def test_a_line_that_cannot_be_read_is_a_row_with_what_is_wrong(tmp_path: Path, written: bytes, why: str) -> None:
    path = a_file(tmp_path, "ndjson", ROWS[:2])
    path.write_bytes(path.read_bytes() + b"\n" + written)
    unreadable, *others = every_invoice(path, "ndjson")
    [line] = unreadable.lines
    assert (len(others), line.row, line.at, line.sku) == (2, 3, None, "")
    assert line.unread.row is not None
    assert line.unread.row["en"].startswith(why)
