"""Parts of a quote: each at its share of the line's amounts, the last one taking the rest."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pricing.catalogue.domain import Cost
from services.pricing.lines import AppliedRule
from services.pricing.orders.placing import Drawn, OnTheOrderDay, OverDraw, UnknownQuoteLine, draw
from services.pricing.quotes.domain import QuoteLine
from tests.pricing.quotes.test_domain import a_quote

ORDER_DAY = date(2021, 3, 10)
COSTS = {
    "HANDSET": [Cost("HANDSET", "CNY", 70_000, date(2021, 1, 1)), Cost("HANDSET", "CNY", 99_000, date(2021, 3, 11))]
}
TODAY = OnTheOrderDay(ORDER_DAY, "CNY", {}, COSTS, ())


def a_line(quantity: int, net_minor: int) -> QuoteLine:
    rules = (AppliedRule("volume-discount@1", 10 * quantity),)
    return QuoteLine(1, "HANDSET", quantity, 100, 1, 100 * quantity, 100 * quantity, net_minor, rules=rules)


def test_an_order_freezes_the_cost_of_its_own_day() -> None:
    [line] = draw(a_quote(a_line(10, 900)), {1: 4}, {}, TODAY)
    assert (line.quantity, line.net_minor, line.cost_minor, line.quote_line) == (4, 360, 280_000, 1)
    assert line.rules == (AppliedRule("volume-discount@1", 40),)


def test_a_cost_in_another_currency_is_no_cost() -> None:
    usd = OnTheOrderDay(ORDER_DAY, "CNY", {}, {"HANDSET": [Cost("HANDSET", "USD", 1, date(2021, 1, 1))]}, ())
    assert draw(a_quote(a_line(10, 900)), {1: 4}, {}, usd)[0].cost_minor is None


def test_more_than_is_left_is_refused() -> None:
    with pytest.raises(OverDraw) as refused:
        draw(a_quote(a_line(10, 900)), {1: 4}, {1: Drawn(7, 700, 700, 630)}, TODAY)
    [error] = refused.value.errors
    assert (error.pointer, error.detail["en"]) == ("/lines/0/quantity", "3 of 10 HANDSET are left")


def test_a_line_that_the_quote_has_not_is_refused() -> None:
    with pytest.raises(UnknownQuoteLine):
        draw(a_quote(a_line(10, 900)), {2: 1}, {}, TODAY)


@given(net_minor=st.integers(0, 10**8), parts=st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_s_c2_the_parts_of_a_line_sum_to_the_line(net_minor: int, parts: list[int]) -> None:
    quote, drawn = a_quote(a_line(sum(parts), net_minor)), Drawn()
    for quantity in parts:
        [line] = draw(quote, {1: quantity}, {1: drawn}, TODAY)
        drawn = Drawn(
            drawn.quantity + quantity,
            drawn.list_minor + line.list_minor,
            drawn.before_p4_minor + line.before_p4_minor,
            drawn.net_minor + line.net_minor,
        )
    assert (drawn.net_minor, drawn.list_minor) == (net_minor, 100 * sum(parts))
