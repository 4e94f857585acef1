"""What the pieces that came back had earned (R14): their line's part of the window's total, as it stood before."""

from collections.abc import Iterable

from services.rewards.accrual.books import Books
from services.rewards.accrual.counting import Counted, counted_lines
from services.rewards.accrual.domain import TakenBack, Weight, clawed_back, shares, taken_back
from services.rewards.accrual.plans import Plan
from services.rewards.accrual.windows import Window
from services.rewards.facts.orders import Order


def clawbacks(books: Books, plan: Plan, window: Window, before: Order, after: Order) -> list[tuple[TakenBack, int]]:
    """Each line of the order that lost pieces in the window, with what these had earned."""
    name, sight = window.key.window, books.sight(after.account_id)
    held = list(_in(name, counted_lines(plan, before, sight)))
    lost = taken_back(before.order_id, held, _in(name, counted_lines(plan, after, sight)))
    if not lost:
        return []
    others = [
        _weight(order, counted)
        for order in books.orders_of(after.account_id)
        if order.order_id != after.order_id and name in books.part(plan, order)
        for counted in _in(name, counted_lines(plan, order, sight))
    ]
    own = [_weight(before, counted) for counted in held]
    parts = shares(window.posted.total, [*others, *own])
    known = [
        taken._replace(
            measure_minor=sum(weight.amount_minor for weight in own if weight.line == taken.line),
            share_minor=parts.get((taken.order_id, taken.line), 0),
        )
        for taken in lost
    ]
    return [(taken, clawed_back(taken)) for taken in known]


def _in(name: str, counted: Iterable[Counted]) -> Iterable[Counted]:
    return (one for one in counted if one.window == name)


def _weight(order: Order, counted: Counted) -> Weight:
    return Weight(counted.at, order.order_id, counted.line, counted.amount_minor or 0)
