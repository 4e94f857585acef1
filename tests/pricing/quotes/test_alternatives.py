"""What a quote says beside its price: how many more pieces reach the next row, and it is true."""

from typing import Any
from uuid import UUID

import pytest

from services.pricing.quotes.alternatives import alternatives
from services.pricing.quotes.facts import Purchase
from services.pricing.quotes.material import Material
from services.pricing.quotes.pricebook import PriceBook
from services.pricing.quotes.pricing import AskedLine, QuoteRequest, Setting, price_quote
from shared.money import Money
from tests.pricing.quotes.house import ACCOUNT, DAY, NOON, ZONE, a_book, a_material, an_account, nets
from tests.pricing.quotes.test_price_rules import ORDER_VOLUME

BY_ORDER = a_book(ORDER_VOLUME, without=["gift-line"])


def told(
    prices: dict[str, str], *quantities: int, book: PriceBook, before: int = 0, elects: str = "discount"
) -> tuple[QuoteRequest, Material, Setting, tuple[dict[str, Any], ...]]:
    material = a_material(prices, account=an_account(elects=elects), purchases=(Purchase("CNY", DAY, before),))
    lines = tuple(AskedLine(sku, quantity) for sku, quantity in zip(prices, quantities, strict=True))
    request, setting = QuoteRequest(ACCOUNT, "standard", lines, "rep"), Setting(UUID(int=9), "Q-1", NOON, ZONE, book)
    priced = price_quote(request, material, setting)
    return request, material, setting, alternatives(request, material, setting, priced)


def test_thirty_more_units_reach_seven_per_cent() -> None:
    *_, found = told({"S1": "1000.00"}, 70, book=a_book(without=["gift-line"]))
    [one] = found
    assert (one["policy"], one["sku"], one["more"], one["rate"]) == ("volume-discount-2026@1", "S1", 30, "0.07")
    assert one["total_minor"] == 9_300_000


@pytest.mark.parametrize("fewer", [0, 1])
def test_what_it_says_is_the_least_that_reaches_the_row(fewer: int) -> None:
    _, material, setting, [one] = told({"S1": "999.99"}, 70, book=a_book(without=["gift-line"]))
    lines = (AskedLine("S1", 70 + one["more"] - fewer),)
    quote = price_quote(QuoteRequest(ACCOUNT, "standard", lines, "rep"), material, setting).quote
    [rule] = quote.lines[0].rules
    share = round(rule.amount_minor / quote.lines[0].list_minor, 4)
    assert share == (0.05 if fewer else 0.07)
    assert fewer or quote.total_minor == one["total_minor"]


def test_the_line_that_needs_the_fewest_pieces_is_named() -> None:
    *_, found = told({"CHEAP": "10.00", "DEAR": "2000.00"}, 10, 40, book=a_book(without=["gift-line"]))
    assert [(one["sku"], one["line"], one["more"]) for one in found] == [("DEAR", 2, 10)]


def test_a_row_without_a_figure_is_told_with_its_route_and_without_a_total() -> None:
    *_, found = told({"S1": "1000.00"}, 900, book=a_book(without=["gift-line"]))
    assert [(one["more"], one["route"], one["total_minor"]) for one in found] == [(100, "negotiated-benefit", None)]


def test_a_gift_is_an_alternative_too() -> None:
    *_, found = told({"S1": "1000.00"}, 15, book=a_book(), elects="")
    assert [(one["policy"], one["more"], one["goods"]) for one in found] == [
        ("gift-line@1", 5, {"sku": "GIFT-TOOLBAG", "quantity": 1})
    ]


def test_by_this_order_only_it_is_the_order_that_grows() -> None:
    *_, found = told({"S1": "100.00"}, 30, book=BY_ORDER, elects="", before=9_999_999)
    assert [(one["policy"], one["more"], one["rate"]) for one in found] == [("order-volume@1", 20, "0.04")]


def test_what_no_piece_can_change_is_no_alternative() -> None:
    """Orders of the last months, years and tiers."""
    *_, found = told({"S1": "100.00"}, 1, book=a_book(without=["gift-line"]), elects="")
    assert found == ()


def test_a_requested_price_gets_no_advice() -> None:
    material = a_material({"S1": "1000.00"}, account=an_account(elects="discount"))
    line = AskedLine("S1", 70, Money(90_000, "CNY"), "opening")
    request = QuoteRequest(ACCOUNT, "standard", (line,), "rep")
    setting = Setting(UUID(int=9), "Q-1", NOON, ZONE, a_book())
    priced = price_quote(request, material, setting)
    assert nets(priced.quote) == ["63000.00"]
    assert alternatives(request, material, setting, priced) == ()
