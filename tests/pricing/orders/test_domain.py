"""An order's moves and what each returned piece is worth, without any I/O."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pricing.orders.domain import (
    MOVES,
    Move,
    Order,
    OrderLine,
    OrderMoveNotAllowed,
    OrderState,
    OverDelivery,
    Overpayment,
    OverReturn,
    UnknownOrderLine,
    accept,
    cancel,
    confirm,
    deliver,
    part_of,
    pay,
    take_back,
)

NOON = datetime(2021, 3, 10, 12, tzinfo=UTC)


def an_order(*lines: OrderLine, state: OrderState = OrderState.CONFIRMED) -> Order:
    """Each line in that state."""
    return Order(
        id=UUID(int=1),
        account_id=UUID(int=2),
        number="O-1",
        branch="kinshasa",
        currency="CNY",
        placed_at=NOON,
        priced_at=NOON,
        lines=tuple(replace(line, state=state) for line in lines or (a_line(),)),
    )


def a_line(line: int = 1, quantity: int = 400, net_minor: int = 35_200_000, **more: int) -> OrderLine:
    return OrderLine(line, "HANDSET", quantity, net_minor, net_minor, net_minor, **more)


def test_an_order_goes_from_placed_to_accepted_and_paid() -> None:
    order = accept(deliver(confirm(an_order(state=OrderState.PLACED)), {1: 400}))
    assert pay(order, 35_200_000).owed_minor == 0
    assert order.state is OrderState.ACCEPTED


def test_a_line_is_delivered_in_parts_until_it_is_complete() -> None:
    part = deliver(an_order(), {1: 150})
    assert (part.state, part.lines[0].delivered) == (OrderState.PARTLY_DELIVERED, 150)
    assert deliver(part, {1: 250}).state is OrderState.DELIVERED


def test_a_delivery_beyond_the_ordered_quantity_is_refused() -> None:
    with pytest.raises(OverDelivery):
        deliver(deliver(an_order(), {1: 150}), {1: 251})


def test_a_payment_may_come_before_the_delivery_and_in_parts() -> None:
    paid = pay(pay(an_order(), 10_000_000), 25_200_000)
    assert (paid.paid_minor, paid.state) == (35_200_000, OrderState.CONFIRMED)


def test_an_overpayment_by_one_minor_unit_is_refused() -> None:
    with pytest.raises(Overpayment):
        pay(an_order(), 35_200_001)


def test_what_was_returned_is_no_longer_owed() -> None:
    order, _ = take_back(deliver(an_order(), {1: 400}), {1: 100})
    assert order.owed_minor == 26_400_000
    with pytest.raises(Overpayment):
        pay(order, 26_400_001)


def test_a_return_beyond_what_was_delivered_is_refused() -> None:
    with pytest.raises(OverReturn):
        take_back(deliver(an_order(), {1: 100}), {1: 101})


def test_a_second_return_counts_the_first() -> None:
    order, _ = take_back(deliver(an_order(), {1: 400}), {1: 350})
    with pytest.raises(OverReturn):
        take_back(order, {1: 51})
    assert take_back(order, {1: 50})[0].state is OrderState.RETURNED


@pytest.mark.parametrize(
    "quantities",
    [
        pytest.param({}, id="no line"),
        pytest.param({2: 1}, id="a line it has not"),
        pytest.param({1: 0}, id="a quantity of zero"),
    ],
)
def test_a_move_names_lines_of_the_order(quantities: dict[int, int]) -> None:
    with pytest.raises(UnknownOrderLine):
        deliver(an_order(), quantities)


MOVES_OF = {
    Move.CONFIRM: confirm,
    Move.DELIVER_PART: lambda order: deliver(order, {1: 1}),
    Move.ACCEPT: accept,
    Move.PAY: lambda order: pay(order, 1),
    Move.CANCEL: cancel,
}


@pytest.mark.parametrize(("state", "move"), [(state, move) for state in OrderState for move in MOVES_OF])
def test_p8_every_wrong_move_raises_and_every_right_one_follows_the_table(state: OrderState, move: Move) -> None:
    order = an_order(a_line(), state=state)
    if move in MOVES[state]:
        assert MOVES_OF[move](order).state is MOVES[state][move]
    else:
        with pytest.raises(OrderMoveNotAllowed):
            MOVES_OF[move](order)


def test_every_state_says_what_may_follow() -> None:
    assert set(MOVES) == set(OrderState)


def test_s_f1_three_returns_of_ten_pounds_over_three_pieces_leave_nothing() -> None:
    order = deliver(an_order(a_line(quantity=3, net_minor=1000)), {1: 3})
    worth = []
    for _ in range(3):
        order, pieces = take_back(order, {1: 1})
        worth.append(pieces[0].net_minor)
    assert worth == [333, 334, 333]


def test_a_return_takes_its_part_of_the_amount_before_the_volume_discount_too() -> None:
    line = replace(a_line(quantity=3, net_minor=900), list_minor=1000, before_p4_minor=1000)
    order, pieces = take_back(deliver(an_order(line), {1: 3}), {1: 1})
    assert (pieces[0].net_minor, pieces[0].before_p4_minor) == (300, 333)
    assert order.lines[0].returned_before_p4_minor == 333


@given(
    amount=st.integers(0, 10**9),
    quantities=st.lists(st.integers(1, 50), min_size=1, max_size=8),
)
def test_s_c4_the_pieces_of_a_line_always_sum_to_the_line(amount: int, quantities: list[int]) -> None:
    held, left, worth = sum(quantities), amount, []
    for quantity in quantities:
        worth.append(part_of(left, quantity, held))
        left -= worth[-1]
        held -= quantity
    assert sum(worth) == amount
    assert min(worth) >= 0
