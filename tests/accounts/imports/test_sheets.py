"""A1: sheets as people make them, read cell by cell; what is no sheet, or a trap, is refused before it costs much."""

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from services.accounts.imports.api import ndjson_rows
from services.accounts.imports.columns import BY_HEADING, COLUMNS
from services.accounts.imports.faults import Rejected
from services.accounts.imports.rows import Readable, read_rows, sheet_rows
from shared.sheets.faults import SheetTooLarge, UnreadableFile, WrongHeader
from shared.sheets.header import heading_key
from shared.sheets.reading import MOST_COLUMNS, csv_lines, workbook_lines

ENGLISH = ["Dossier number", "Legal name", "Branch", "Channel", "Sales-policy class"]
CHINESE = ["档案编号", "公司全称", "所属分公司", "渠道", "销售政策类别"]
LEAST = ["K-1", "刚果移动有限公司", "kinshasa", "dealer", "wholesale"]


def a_workbook(*rows) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def a_csv(*rows, encoding: str = "utf-8") -> bytes:
    return "\r\n".join(",".join(row) for row in rows).encode(encoding)


def read(lines) -> list[Readable | Rejected]:
    return list(read_rows(sheet_rows(lines), today=date(2021, 1, 1)))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(a_csv(CHINESE, LEAST), id="UTF-8"),
        pytest.param(a_csv(CHINESE, LEAST, encoding="utf-8-sig"), id="UTF-8 with a mark"),
        pytest.param(a_csv(CHINESE, LEAST, encoding="gb18030"), id="GB18030"),
        pytest.param(a_csv(CHINESE, LEAST, encoding="utf-16"), id="UTF-16"),
        pytest.param(a_csv(ENGLISH, LEAST, encoding="gb18030"), id="GB18030 under English headings"),
    ],
)
def test_a_csv_file_is_read_in_the_encoding_it_has_a1(body):
    [row] = read(csv_lines(body))
    assert (row.account.number, row.account.legal_name) == ("K-1", "刚果移动有限公司")


def test_a_file_that_mixes_encodings_is_refused_with_its_lines_a1():
    body = a_csv(CHINESE, LEAST) + b"\r\n" + a_csv(["K-2", *LEAST[1:]], encoding="gb18030")
    with pytest.raises(UnreadableFile) as refused:
        read(csv_lines(body))
    assert "line 3" in refused.value.detail["en"]


def test_a_charset_that_the_sender_names_is_the_one_that_counts_a1():
    [row] = read(csv_lines(a_csv(CHINESE, LEAST, encoding="gb18030"), charset="GBK"))
    assert row.account.legal_name == "刚果移动有限公司"
    with pytest.raises(UnreadableFile, match="charset"):
        read(csv_lines(a_csv(CHINESE, LEAST), charset="latin-1"))
    with pytest.raises(UnreadableFile, match="Line 1"):
        read(csv_lines(a_csv(CHINESE, LEAST, encoding="gb18030"), charset="utf-8"))


@pytest.mark.parametrize("heading", ["DOSSIER  NUMBER", "number", "dossier_number", "档案编号", "档 案 编 号"])
def test_a_heading_is_known_in_both_languages_however_it_is_spaced_a1(heading):
    assert BY_HEADING[heading_key(heading)].name == "number"


def test_no_two_columns_go_by_one_heading_a1():
    assert all(BY_HEADING[heading_key(column.zh)] is column for column in COLUMNS)
    assert all(BY_HEADING[heading_key(column.en)] is column for column in COLUMNS)
    assert all(BY_HEADING[heading_key(column.name)] is column for column in COLUMNS)


@pytest.mark.parametrize(
    ("header", "pointers"),
    [
        pytest.param([*ENGLISH, "Colour"], ["/F1"], id="a column nobody knows"),
        pytest.param([*ENGLISH, "渠道"], ["/F1"], id="the same column in two languages"),
        pytest.param(["Dossier number", "Legal name"], ["/branch", "/channel", "/sales_class"], id="columns missing"),
        pytest.param(["Legal name", "", *ENGLISH[2:], "number"], ["/B1"], id="a column without a heading"),
    ],
)
def test_a_wrong_heading_is_named_by_its_cell_a1(header, pointers):
    with pytest.raises(WrongHeader) as refused:
        read(csv_lines(a_csv(header, LEAST)))
    assert [error.pointer for error in refused.value.errors] == pointers


@pytest.mark.parametrize("body", [b"", b"\r\n\r\n"])
def test_an_empty_file_has_no_header_a1(body):
    with pytest.raises(WrongHeader):
        read(csv_lines(body))


def test_the_page_for_users_names_every_column_a1():
    page = (Path(__file__).resolve().parents[3] / "docs" / "accounts" / "dossiers.md").read_text(encoding="utf-8")
    plain = [column for column in COLUMNS if column.goes_to[0] != "people" or column.goes_to[-1] == "name"]
    assert [column.name for column in plain if f"`{column.name}`" not in page or column.zh not in page] == []


def rejected_cells(row) -> dict[str, str]:
    return {fault["cell"]: fault["code"] for fault in row.to_plain()["faults"]}


def test_every_wrong_cell_of_a_row_is_named_with_its_heading_a1():
    header = [*CHINESE, "成立日期", "法定代表人", "法定代表人出生日期"]
    wrong = ["K-1", "", "kinshasa", "商店", "批发", "2012年2月30日", "陈丽", "1980/2/30"]
    [blank, row] = read(csv_lines(a_csv(header, [*LEAST, "", "", ""], wrong)))
    assert isinstance(blank, Readable)
    assert rejected_cells(row) == {
        "B3": "missing",
        "D3": "enum",
        "F3": "date_from_datetime_parsing",
        "H3": "date_from_datetime_parsing",
    }
    columns = {fault["cell"]: fault["column"] for fault in row.to_plain()["faults"]}
    assert columns["H3"] == "法定代表人出生日期"
    assert all(fault["detail"]["zh"] for fault in row.to_plain()["faults"])


def test_words_and_days_of_chinese_sheets_are_understood_a1():
    header = [*CHINESE, "成立日期", "工业客户", "大客户名单", "注册资本", "注册资本币种"]
    said = ["K-1", "刚果移动", "金沙萨", "主机厂", "零售", "2012年5月4日", "是", "2021-H1、2021-H2", "500000.50", "CNY"]
    [row] = read(csv_lines(a_csv(header, said)))
    account = row.account
    assert (account.channel, account.sales_class, account.industrial) == ("car_maker", "retail", True)
    assert (account.founded_on, account.lists) == (date(2012, 5, 4), ("2021-H1", "2021-H2"))
    assert account.registered_capital.amount == "500000.50"


def test_a_workbook_is_read_by_its_typed_cells_a1():
    header = [*ENGLISH, "Founded on", "Head count, local", "Registered capital", "Currency of the capital", "Postcode"]
    cells = [12345, *LEAST[1:], date(2012, 5, 14), 38.0, 500000.5, "CNY", None]
    [row] = read(workbook_lines(a_workbook(header, [], cells)))
    account = row.account
    assert (account.number, account.founded_on, account.head_count_local) == ("12345", date(2012, 5, 14), 38)
    assert (account.registered_capital.amount, account.postcode) == ("500000.5", None)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        pytest.param("=1+1", "formula_cell", id="a formula"),
        pytest.param("=HYPERLINK(A1)", "formula_cell", id="a formula that would call out"),
        pytest.param("#REF!", "error_cell", id="an error of the spreadsheet"),
        pytest.param(1234567890123456, "number_not_exact", id="a bank account that lost its last digits"),
        pytest.param("x" * 2001, "cell_too_long", id="a novel"),
    ],
)
def test_a_cell_that_is_no_value_refuses_its_row_alone_a1(value, code):
    header = [*ENGLISH, "Address"]
    bad, good = read(workbook_lines(a_workbook(header, [*LEAST, value], ["K-2", *LEAST[1:], "12 avenue"])))
    assert rejected_cells(bad) == {"F2": code}
    assert good.account.address == "12 avenue"


def test_a_formula_in_csv_is_one_too_a1():
    [row] = read(csv_lines(a_csv([*ENGLISH, "Address"], [*LEAST, "=cmd|' /C calc'!A0"])))
    assert rejected_cells(row) == {"F2": "formula_cell"}


def test_a_value_beyond_the_headings_of_a_workbook_is_refused_at_its_cell_a1():
    [row] = read(workbook_lines(a_workbook(ENGLISH, [*LEAST, "extra"])))
    assert rejected_cells(row) == {"F2": "no_column"}


@pytest.mark.parametrize(
    ("cells", "where", "column", "code", "counted"),
    [
        pytest.param(
            LEAST[:3], "D2", "Channel", "too_few_cells", "3 cells under 5 columns", id="a row that breaks off"
        ),
        pytest.param([*LEAST, "extra"], "F2", "", "too_many_cells", "6 cells under 5 columns", id="a cell too many"),
        pytest.param([*LEAST, ""], "F2", "", "too_many_cells", "6 cells under 5 columns", id="a comma too many"),
    ],
)
def test_a_csv_row_of_another_width_than_the_header_is_its_own_error_and_the_others_are_taken_a1(
    cells, where, column, code, counted
):
    odd, good = read(csv_lines(a_csv(ENGLISH, cells, ["K-2", *LEAST[1:]])))
    [fault] = odd.to_plain()["faults"]
    assert (odd.row, fault["cell"], fault["column"], fault["code"]) == (1, where, column, code)
    assert (fault["detail"]["en"], fault["detail"]["zh"][:2]) == (counted, "该行")
    assert good.account.number == "K-2"


def test_columns_without_a_heading_at_the_end_are_no_cells_too_many_where_every_row_has_them_a1():
    [row] = read(csv_lines(a_csv([*ENGLISH, "", ""], [*LEAST, "", ""])))
    assert isinstance(row, Readable)


def test_a_broken_csv_names_its_line_a1():
    with pytest.raises(UnreadableFile, match="Line 2"):
        read(csv_lines(a_csv(ENGLISH) + b'\r\n"K-1" x,y'))


def packed(**parts: bytes) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return kept.getvalue()


ENTITIES = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><x>&a;</x>'


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        pytest.param(b"no zip at all", UnreadableFile, id="no workbook"),
        pytest.param(a_workbook(ENGLISH, LEAST)[:-200], UnreadableFile, id="a workbook cut short"),
        pytest.param(packed(**{"a.txt": b"hello"}), UnreadableFile, id="some other archive"),
        pytest.param(packed(**{"xl/workbook.xml": ENTITIES}), UnreadableFile, id="entities that would swell"),
        pytest.param(
            packed(**{"xl/workbook.xml": ENTITIES.decode().encode("utf-16")}), UnreadableFile, id="the same in UTF-16"
        ),
        pytest.param(
            packed(**{"xl/workbook.xml": b"<!--" + b"-" * 5_000 + b"-->" + ENTITIES}),
            UnreadableFile,
            id="the same behind a long comment",
        ),
        pytest.param(
            packed(**{"xl/workbook.xml": b"<!--" + b"-" * 65_527 + b"-->" + ENTITIES}),
            UnreadableFile,
            id="the same across two portions",
        ),
        pytest.param(packed(**{"xl/vbaProject.bin": b"x"}), UnreadableFile, id="macros"),
        pytest.param(packed(**{"xl/bomb.xml": b" " * 65_000_000}), SheetTooLarge, id="65 MB in 65 KB"),
        pytest.param(packed(**{f"xl/{n}.txt": b"" for n in range(501)}), SheetTooLarge, id="a part for every cell"),
    ],
)
def test_a_file_that_is_no_workbook_or_a_trap_is_refused_a1(body, refusal):
    with pytest.raises(refusal):
        workbook_lines(body)


def test_more_rows_or_columns_than_an_import_takes_are_refused_a1(monkeypatch):
    wide = [f"c{n}" for n in range(MOST_COLUMNS + 1)]
    with pytest.raises(SheetTooLarge, match="columns"):
        read(workbook_lines(a_workbook(wide)))
    book = Workbook()
    book.active.cell(row=1_000_000, column=1, value="far below")
    kept = io.BytesIO()
    book.save(kept)
    with pytest.raises(SheetTooLarge, match="rows"):
        workbook_lines(kept.getvalue())


@pytest.mark.parametrize("place", [101, 102, 400])
def test_a_value_far_to_the_right_refuses_its_row_and_no_other_a1(place):
    book = Workbook()
    for cells in (ENGLISH, LEAST, ["K-2", *LEAST[1:]]):
        book.active.append(cells)
    book.active.cell(row=2, column=place, value="far away")
    kept = io.BytesIO()
    book.save(kept)
    wide, good = read(workbook_lines(kept.getvalue()))
    assert isinstance(good, Readable)
    [fault] = wide.to_plain()["faults"]
    assert fault["code"] == "no_column"
    assert book.active.cell(row=2, column=place).coordinate in fault["detail"]["en"]


def read_until_refused(rows) -> int:
    """How many rows were read before the file was found too long."""
    for seen, row in enumerate(refused_at_the_end(rows)):
        if row is None:
            return seen
    raise AssertionError("the file was read whole")


def refused_at_the_end(rows):
    try:
        yield from rows
    except SheetTooLarge:
        yield None


@pytest.mark.parametrize("line", [pytest.param(b"x\n", id="of one letter"), pytest.param(b"\n", id="blank")])
def test_a_csv_of_more_lines_than_an_import_takes_is_refused_while_it_is_read_a1(line):
    assert read_until_refused(csv_lines(b"number\n" + line * 2_000_000, most_rows=100)) <= 101


@pytest.mark.parametrize("line", [pytest.param(b"{}\n", id="empty objects"), pytest.param(b"\n", id="blank")])
def test_ndjson_of_more_lines_than_an_import_takes_is_refused_while_it_is_read_a1(line):
    assert read_until_refused(ndjson_rows(line * 2_000_000, most_rows=100)) <= 100


def test_a_zero_byte_refuses_its_row_at_its_cell_a1():
    bad, good = read(csv_lines(a_csv(ENGLISH, ["K-0", "A\0B", *LEAST[2:]], LEAST)))
    assert isinstance(good, Readable)
    assert rejected_cells(bad) == {"B2": "zero_byte"}
