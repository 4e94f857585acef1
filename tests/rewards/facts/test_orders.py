"""Orders fold to the same state whatever the order of their events, and their parts always sum to their amounts."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rewards.facts.encoding import order_bytes, read_order
from services.rewards.facts.fold import UnknownOrder, order_after, placed
from services.rewards.facts.orders import (
    Delivery,
    Order,
    PaidInOtherCurrency,
    Payment,
    Return,
    UnknownOrderLine,
    delivered,
    still_ordered,
    with_delivery,
    with_payment,
    with_return,
)
from tests.rewards import facts_told as said

BEGAN = said.at("2021-03-01")


def order(*quantities: tuple[int, int]) -> Order:
    lines = [said.line(number, quantity=quantity, net=net) for number, (quantity, net) in enumerate(quantities, 1)]
    return placed(said.placed("o1", "2021-03-01", lines))


def figures(found: Order) -> list[tuple[int, int, int, int]]:
    return [(atom.line.line, atom.held, atom.held_minor, atom.paid_minor) for atom in delivered(found)]


def test_partial_deliveries_share_the_line_without_losing_a_cent() -> None:
    kept = order((3, 1_000))
    for number in range(3):
        kept = with_delivery(kept, Delivery(f"d{number}", BEGAN + timedelta(days=number), ((1, 1),)))
    assert [net for _, _, net, _ in figures(kept)] == [333, 334, 333]


def test_payments_cover_what_was_delivered_in_delivery_order() -> None:
    kept = with_payment(order((2, 2_000)), Payment("p1", BEGAN, 1_500), "CNY")
    kept = with_delivery(kept, Delivery("later", BEGAN + timedelta(days=9), ((1, 1),)))
    kept = with_delivery(kept, Delivery("sooner", BEGAN + timedelta(days=2), ((1, 1),)))
    assert figures(kept) == [(1, 1, 1_000, 1_000), (1, 1, 1_000, 500)]


def test_a_return_takes_from_the_earliest_delivery_first() -> None:
    kept = order((4, 4_000))
    kept = with_delivery(kept, Delivery("d1", BEGAN, ((1, 2),)))
    kept = with_delivery(kept, Delivery("d2", BEGAN + timedelta(days=40), ((1, 2),)))
    kept = with_return(kept, Return("r1", BEGAN + timedelta(days=50), ((1, 3, 3_000),)))
    assert [(held, net) for _, held, net, _ in figures(kept)] == [(0, 0), (1, 1_000)]


def test_what_was_paid_for_goods_that_went_back_pays_for_the_others() -> None:
    kept = with_payment(order((4, 4_000)), Payment("p1", BEGAN, 3_000), "CNY")
    kept = with_delivery(kept, Delivery("d1", BEGAN, ((1, 2),)))
    kept = with_return(kept, Return("r1", BEGAN + timedelta(days=5), ((1, 1, 1_000),)))
    kept = with_delivery(kept, Delivery("d2", BEGAN + timedelta(days=40), ((1, 2),)))
    assert figures(kept) == [(1, 1, 1_000, 1_000), (1, 2, 2_000, 2_000)]


def test_an_order_that_owes_nothing_more_counts_all_that_is_held_whenever_its_pieces_came_back() -> None:
    kept = with_delivery(order((4, 4_000)), Delivery("d1", BEGAN, ((1, 2),)))
    kept = with_return(kept, Return("r1", BEGAN + timedelta(days=5), ((1, 1, 1_000),)))
    kept = with_delivery(kept, Delivery("d2", BEGAN + timedelta(days=40), ((1, 2),)))
    kept = with_payment(kept, Payment("p1", BEGAN + timedelta(days=50), 3_000), "CNY")
    assert sum(paid for *_, paid in figures(kept)) == 3_000


def test_a_cancelled_order_counts_nothing_any_more() -> None:
    kept = with_delivery(order((2, 2_000)), Delivery("d1", BEGAN, None))
    kept = order_after(kept, said.cancelled("o1", "2021-03-09"))
    assert (delivered(kept), still_ordered(kept)) == ([], [])


def test_what_happens_to_an_order_nobody_placed_is_refused() -> None:
    with pytest.raises(UnknownOrder):
        order_after(None, said.paid("o1", "2021-03-01", 1))


def test_a_payment_in_another_currency_is_refused() -> None:
    with pytest.raises(PaidInOtherCurrency):
        with_payment(order((1, 100)), Payment("p1", BEGAN, 100), "USD")


def test_a_line_that_was_never_ordered_cannot_be_delivered_or_returned() -> None:
    with pytest.raises(UnknownOrderLine):
        with_delivery(order((1, 100)), Delivery("d1", BEGAN, ((9, 1),)))
    with pytest.raises(UnknownOrderLine):
        with_return(order((1, 100)), Return("r1", BEGAN, ((9, 1, 100),)))


def test_the_state_is_the_same_in_every_order_of_the_events_and_with_each_of_them_twice() -> None:
    events = [
        said.delivered("o1", "2021-03-05", [(1, 2)], delivery="d1"),
        said.delivered("o1", "2021-04-05", [(1, 2), (2, 5)], delivery="d2"),
        said.paid("o1", "2021-03-02", 700),
        said.paid("o1", "2021-04-02", 900, payment="p2"),
        said.returned("o1", "2021-04-20", [(1, 1, 250), (2, 5, 777)]),
    ]
    states = set()
    for shuffled in permutations(events):
        kept = order((4, 1_001), (5, 777))
        for event in (*shuffled, *shuffled):
            kept = order_after(kept, event)
        states.add((kept, tuple(figures(kept))))
    assert len(states) == 1


@given(
    quantity=st.integers(1, 30),
    net=st.integers(0, 10_000),
    cuts=st.lists(st.integers(1, 10), max_size=6),
    returned=st.integers(0, 30),
)
def test_deliveries_and_returns_always_sum_to_what_the_line_still_is(
    quantity: int, net: int, cuts: list[int], returned: int
) -> None:
    kept, left = order((quantity, net)), quantity
    for number, cut in enumerate(cuts):
        pieces = min(cut, left)
        if pieces:
            kept = with_delivery(kept, Delivery(f"d{number}", BEGAN + timedelta(days=number), ((1, pieces),)))
            left -= pieces
    assert sum(atom.net_minor for atom in delivered(kept)) == net - _undelivered(net, quantity, left)
    back = min(returned, quantity - left)
    if back and not left:
        worth = net if back == quantity else net * back // quantity
        kept = with_return(kept, Return("r1", BEGAN + timedelta(days=99), ((1, back, worth),)))
        held = sum(atom.held_minor for atom in delivered(kept))
        assert held == net - worth or abs(held - (net - worth)) <= len(kept.deliveries)
        assert all(atom.held_minor >= 0 for atom in delivered(kept))
        assert back < quantity or held == 0


def _undelivered(net: int, quantity: int, left: int) -> int:
    """Half up of the first pieces, the rest stays for what comes later."""
    return net - (2 * net * (quantity - left) + quantity) // (2 * quantity) if left else 0


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9_999)), min_size=1, max_size=5),
    st.booleans(),
    st.booleans(),
)
def test_an_order_survives_its_way_into_bytes_and_back(
    lines: list[tuple[int, int]], new_brand: bool, discounted: bool
) -> None:
    told = [
        said.line(number, quantity=quantity, net=net, list_minor=net + 7, new_brand=new_brand, p4_discount=discounted)
        for number, (quantity, net) in enumerate(lines, 1)
    ]
    kept = placed(said.placed("o1", "2021-03-01", told, contract="con-1"))
    kept = order_after(kept, said.delivered("o1", "2021-03-03", [(1, 1)]))
    kept = order_after(kept, said.paid("o1", "2021-03-04", 55))
    kept = order_after(kept, said.returned("o1", "2021-03-05", [(1, 1, 5)]))
    assert read_order(kept.order_id, kept.account_id, order_bytes(kept)) == kept
