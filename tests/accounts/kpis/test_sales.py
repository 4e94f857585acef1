"""Who sold what, delivery by delivery (KPI): shares sum exactly, a full return leaves exactly nothing."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.kpis.sales import NOBODY, OrderedLine, Sale, SoldOrder, credited, from_plain, to_plain

MARCH, APRIL = date(2021, 3, 10), date(2021, 4, 2)
NOON = datetime(2021, 3, 10, 12, tzinfo=UTC)


def an_order(quantity: int = 3, net_minor: int = 1000, sellers: tuple[tuple[str, str], ...] = ()) -> SoldOrder:
    return SoldOrder("a1", "kinshasa", "CNY", MARCH, {"1": OrderedLine(quantity, net_minor, sellers)}, NOON)


def test_parts_of_a_line_are_worth_their_share_and_the_last_takes_the_rest() -> None:
    order = an_order()
    parts = [order.deliver(MARCH, [("1", 1)])[0].net_minor for _ in range(3)]
    assert parts == [333, 333, 334]


def test_a_return_lowers_the_month_of_its_delivery_and_is_known_from_its_own_day() -> None:
    order = an_order()
    order.deliver(MARCH, [("1", 3)])
    assert order.take_back(APRIL, [("1", 1, 333)]) == [Sale("1", MARCH, APRIL, -333)]


def test_a_return_over_two_deliveries_takes_the_first_first() -> None:
    order = an_order(quantity=4, net_minor=400)
    order.deliver(MARCH, [("1", 1)])
    order.deliver(APRIL, [("1", 3)])
    sales = order.take_back(APRIL, [("1", 2, 200)])
    assert [(sale.counts_on, sale.net_minor) for sale in sales] == [(MARCH, -100), (APRIL, -100)]


@pytest.mark.parametrize(
    ("sellers", "parts"),
    [
        pytest.param((), [(NOBODY, 100)], id="nobody named"),
        pytest.param((("u1", "1"),), [("u1", 100)], id="one for the whole"),
        pytest.param((("u1", "0.3333"), ("u2", "0.6667")), [("u1", 33), ("u2", 67)], id="two by their shares"),
    ],
)
def test_an_amount_is_credited_by_the_frozen_shares(
    sellers: tuple[tuple[str, str], ...], parts: list[tuple[str, int]]
) -> None:
    assert credited(Sale("1", MARCH, MARCH, 100), sellers) == parts


def test_an_order_is_read_back_as_it_was_kept() -> None:
    order = an_order(sellers=(("u1", "0.5"), ("u2", "0.5")))
    order.deliver(MARCH, [("1", 2)])
    assert from_plain(to_plain(order.lines)) == order.lines


@given(st.integers(1, 50), st.integers(0, 10**9), st.lists(st.integers(1, 5), min_size=1, max_size=8))
def test_what_is_delivered_and_returned_whole_sums_to_exactly_nothing(
    quantity: int, net: int, pieces: list[int]
) -> None:
    order, left, sales = an_order(quantity, net, (("u1", "0.37"), ("u2", "0.63"))), quantity, list[Sale]()
    for wanted in [*pieces, quantity]:
        if taken := min(wanted, left):
            sales += order.deliver(MARCH, [("1", taken)])
            left -= taken
    assert sum(sale.net_minor for sale in sales) == net
    sales += order.take_back(APRIL, [("1", quantity, net)])
    assert sum(sale.net_minor for sale in sales) == 0
    line = order.lines["1"]
    assert sum(part for sale in sales for _, part in credited(sale, line.sellers)) == 0
    assert all(part.quantity == 0 for part in line.delivered)
