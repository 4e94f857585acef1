"""P1: price lists as sheets: merged, never wiped; refused whole with every wrong cell; written as they are read."""

import io
from datetime import date
from itertools import count
from typing import Any

import httpx2
import pytest
from openpyxl import Workbook, load_workbook

from shared.sheets.reading import XLSX
from tests.pricing.conftest import Pricing, cny, good

HEADER = ("sku", "price", "floor", "currency", "valid_from", "valid_until")
CHINESE = ("产品编码", "价格", "底价", "币种", "生效日期", "失效日期")
_lists = count(1)


def a_csv(*rows: tuple[str, ...], header: tuple[str, ...] = HEADER, encoding: str = "utf-8") -> bytes:
    return "\r\n".join(",".join(row) for row in (header, *rows)).encode(encoding)


def a_workbook(*rows: tuple[Any, ...]) -> bytes:
    book, kept = Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    for row in (HEADER, *rows):
        sheet.append(row)
    book.save(kept)
    return kept.getvalue()


def a_list() -> str:
    return f"sheet-{next(_lists)}"


async def sent(
    pricing: Pricing, name: str, content: bytes, *, kind: str = "text/csv", by: str = "mkt", language: str = "en"
) -> httpx2.Response:
    headers = {"Content-Type": kind, "Accept-Language": language}
    path = f"/v1/price-lists/{name}/imports"
    return await pricing.caller(by).call("POST", path, content=content, headers=headers)


async def written(pricing: Pricing, name: str, how: str = "csv", language: str = "en") -> bytes:
    path = f"/v1/price-lists/{name}/sheet?format={how}"
    answer = await pricing.caller("mkt").get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return answer.content


def cells(book: bytes) -> list[tuple[Any, ...]]:
    return list(load_workbook(io.BytesIO(book), read_only=True).worksheets[0].iter_rows(values_only=True))


def wrong_cells(refused: httpx2.Response) -> dict[str, str]:
    return {error["pointer"]: error["code"] for error in refused.json()["errors"]}


async def test_p1_a_sheet_is_merged_and_what_it_does_not_name_stays(pricing: Pricing) -> None:
    name, (one, other) = a_list(), [await pricing.new_product() for _ in range(2)]
    await good(
        sent(pricing, name, a_csv((one, "100", "90", "CNY", "2021-01-01"), (other, "50", "", "CNY", "2021-01-01")))
    )
    await pricing.told()
    merged = await good(
        sent(pricing, name, a_csv((one, "100.00", "90", "CNY", "2021-01-01"), (one, "110", "", "CNY", "2021-06-01")))
    )
    assert merged == {"price_list": name, "rows": 2, "published": 1, "ended": 1, "unchanged": 1}
    listed = (await good(pricing.caller("mkt").get(f"/v1/price-lists/{name}/prices")))["items"]
    assert [(row["sku"], row["price"], row["floor"], row["valid_until"]) for row in listed] == [
        (one, cny("100.00"), cny("90.00"), "2021-06-01"),
        (one, cny("110.00"), cny("110.00"), None),
        (other, cny("50.00"), cny("50.00"), None),
    ]
    told = await pricing.told("PricePublished")
    assert [(event.price_minor, str(event.valid_until)) for event in told] == [(10000, "2021-06-01"), (11000, "None")]  # type: ignore[attr-defined]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
async def test_p1_headings_and_days_of_chinese_sheets_are_understood(pricing: Pricing, encoding: str) -> None:
    name, sku = a_list(), await pricing.new_product()
    rows = (sku, "100", "90", "CNY", "2021年3月5日", "2021/6/1")
    await good(sent(pricing, name, a_csv(rows, header=CHINESE, encoding=encoding)))
    [row] = (await good(pricing.caller("mkt").get(f"/v1/price-lists/{name}/prices")))["items"]
    assert (row["valid_from"], row["valid_until"]) == ("2021-03-05", "2021-06-01")


async def test_p1_every_wrong_cell_is_named_and_nothing_is_taken(pricing: Pricing) -> None:
    name, sku = a_list(), await pricing.new_product()
    rows = [
        (sku, "100", "", "CNY", "2021-04-01"),
        ("NOBODY", "100", "", "CNY", "2021-04-01"),
        (sku, "900-1000", "", "CNY", "2021-05-01"),
        (sku, "-1", "1.001", "CNY", "2021-06-01"),
        (sku, "1000000000000000000", "", "CNY", "2021-07-01"),
        (sku, "0", "", "CNY", "2021-08-01"),
        (sku, "10", "11", "CNY", "2021-09-01"),
        (sku, "10", "", "XYZ", "9999-01-01"),
        (sku, "=1+1", "", "CNY", "2021-10-01"),
        (sku, "10", "", "CNY", "2021-11-01", "2021-11-01"),
        (sku, "10", "", "CNY", "2021-04-01", ""),
        (sku, "10"),
        (sku, "10", "", "CNY", "2021-12-01", "", "more"),
    ]
    refused = await sent(pricing, name, a_csv(*rows))
    assert (refused.status_code, refused.json()["code"]) == (422, "wrong_prices")
    assert wrong_cells(refused) == {
        "/A3": "unknown_product",
        "/B4": "price_is_a_range",
        "/B5": "string_pattern_mismatch",
        "/C5": "value_error",
        "/B6": "string_pattern_mismatch",
        "/B7": "worth_nothing",
        "/C8": "floor_above_list",
        "/D9": "value_error",
        "/E9": "out_of_years",
        "/B10": "formula_cell",
        "/F11": "ends_before_it_begins",
        "/E12": "price_exists",
        "/D13": "missing",
        "/E13": "missing",
        "/G14": "no_column",
    }
    assert (await good(pricing.caller("mkt").get(f"/v1/price-lists/{name}/prices")))["items"] == []


async def test_p1_a_wrong_cell_is_told_in_chinese_too(pricing: Pricing) -> None:
    refused = await sent(pricing, a_list(), a_csv(("NOBODY", "1", "", "CNY", "2021-04-01")), language="zh")
    assert refused.json()["errors"][0]["detail"] == "没有产品NOBODY"
    assert refused.json()["detail"] == "共1个单元格有误。"


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        pytest.param(b"sku,price\r\nA,1", "text/csv", 422, "wrong_header", id="columns missing"),
        pytest.param(b"", "text/csv", 422, "wrong_header", id="nothing"),
        pytest.param(a_csv() + b'\r\n"cut off', "text/csv", 400, "unreadable_file", id="a CSV cut short"),
        pytest.param(a_workbook()[:-100], XLSX, 400, "unreadable_file", id="a workbook cut short"),
        pytest.param(b"{}", "application/json", 415, "unsupported_media_type", id="another format"),
        pytest.param(b"x" * 20_000_001, "text/csv", 413, "body_too_large", id="more than 20 MB"),
    ],
)
async def test_p1_a_file_that_is_no_price_list_is_refused(
    pricing: Pricing, content: bytes, kind: str, status: int, code: str
) -> None:
    refused = await sent(pricing, a_list(), content, kind=kind)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_p1_a_hundred_megabytes_are_refused_by_what_they_say_of_themselves(pricing: Pricing) -> None:
    headers = {"Content-Type": "text/csv", "Content-Length": "100000000"}
    refused = await pricing.caller("mkt").call("POST", "/v1/price-lists/x/imports", content=b"sku", headers=headers)
    assert refused.status_code == 413


async def test_p1_a_list_goes_out_and_comes_in_unchanged(pricing: Pricing) -> None:
    name, copy = a_list(), a_list()
    skus = [await pricing.new_product() for _ in range(3)]
    rows = [
        (sku, "1000.5", "900", "CNY", first) for sku in skus for first in ("2021-01-01", "2021-06-01", "2022-01-01")
    ]
    rows[0] = (skus[0], "7", "6.99", "CNY", "2021-01-01", "2021-02-01")
    await good(sent(pricing, name, a_csv(*rows)))
    for how, kind in (("csv", "text/csv; charset=utf-8"), ("xlsx", XLSX)):
        for language in ("en", "zh"):
            out = await written(pricing, name, how, language)
            again = await good(sent(pricing, name, out, kind=kind))
            assert again == {"price_list": name, "rows": 9, "published": 0, "ended": 0, "unchanged": 9}
    await good(sent(pricing, copy, await written(pricing, name, "xlsx"), kind=XLSX))
    assert await written(pricing, copy) == await written(pricing, name)
    assert cells(await written(pricing, copy, "xlsx")) == cells(await written(pricing, name, "xlsx"))


async def test_p1_a_workbooks_numbers_and_days_are_exact(pricing: Pricing) -> None:
    name, sku = a_list(), await pricing.new_product()
    row = (sku, 1000.5, 900, "CNY", date(2021, 4, 1), None)
    assert (await good(sent(pricing, name, a_workbook(row), kind=XLSX)))["published"] == 1
    [listed] = (await good(pricing.caller("mkt").get(f"/v1/price-lists/{name}/prices")))["items"]
    assert (listed["price"], listed["floor"], listed["valid_from"]) == (cny("1000.50"), cny("900.00"), "2021-04-01")


async def test_p1_who_may_not_write_prices_brings_none_in(pricing: Pricing) -> None:
    refused = await sent(pricing, a_list(), a_csv(), by="rep")
    assert refused.status_code == 403
