"""What an account bought, folded from its orders' events."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.accounts.ratings.movements import worth_of
from services.accounts.ratings.purchases import Bought, BoughtLine

MARCH, APRIL = date(2021, 3, 10), date(2021, 4, 10)


def an_order(quantity: int = 10, net_minor: int = 1000, cost_minor: int | None = None) -> Bought:
    return Bought("a", "CNY", MARCH, {"1": BoughtLine(quantity, net_minor, cost_minor)})


def test_money_covers_deliveries_in_their_order_and_never_more_than_they_are_worth():
    order = an_order()
    order.deliver(MARCH, [("1", 6)])
    order.deliver(APRIL, [("1", 4)])
    order.paid_minor = 700
    assert [(part.delivered_on, part.paid_minor) for part in worth_of(order)] == [(MARCH, 600), (APRIL, 100)]


def test_a_return_shrinks_the_first_delivery_first():
    order = an_order()
    order.deliver(MARCH, [("1", 6)])
    order.deliver(APRIL, [("1", 4)])
    order.paid_minor = 1000
    order.take_back([("1", 7, 700)])
    assert [part.net_minor for part in worth_of(order)] == [0, 300]


def test_an_order_not_delivered_counts_nothing_however_much_was_paid():
    order = an_order()
    order.paid_minor = 1000
    assert worth_of(order) == []


def test_a_line_without_cost_leaves_the_delivery_without_cost():
    order = an_order(cost_minor=None)
    order.deliver(MARCH, [("1", 10)])
    assert worth_of(order)[0].costless_minor == 1000


@given(
    net_minor=st.integers(min_value=0, max_value=10**9),
    quantities=st.lists(st.integers(min_value=1, max_value=50), min_size=1, max_size=6),
)
def test_deliveries_of_a_line_add_up_to_the_line_exactly_s_c2(net_minor, quantities):
    order = an_order(sum(quantities), net_minor, cost_minor=net_minor)
    for quantity in quantities:
        order.deliver(MARCH, [("1", quantity)])
    parts = worth_of(order)
    assert sum(part.net_minor for part in parts) == net_minor
    assert sum(part.cost_minor for part in parts) == net_minor


@given(
    quantity=st.integers(min_value=2, max_value=40),
    net_minor=st.integers(min_value=0, max_value=10**7),
    data=st.data(),
)
def test_when_everything_comes_back_nothing_is_left_s_c4(quantity, net_minor, data):
    order = an_order(quantity, net_minor, cost_minor=None)
    order.deliver(MARCH, [("1", quantity)])
    first = data.draw(st.integers(min_value=1, max_value=quantity - 1))
    value = net_minor * first // quantity
    order.take_back([("1", first, value), ("1", quantity - first, net_minor - value)])
    assert worth_of(order)[0].net_minor == 0
