"""What one order puts into which windows of a policy: the same whether added as it comes or all at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from hashlib import blake2b
from typing import Final, NamedTuple, Self

from services.rewards.accrual.plans import Plan
from services.rewards.facts.accounts import Account
from services.rewards.facts.contracts import SAME, Rates
from services.rewards.facts.orders import Line, Order, delivered, still_ordered
from shared.calendar import local_day, period_of
from shared.money import rounded

DIGEST_RANGE: Final = 1 << 62
"""Digests of a window's orders are added up inside this range, so that their order cannot matter."""


class Piece(NamedTuple):
    """A part of a line as one basis sees it; the amount is in minor units of the order."""

    line: Line
    at: datetime
    delivery_id: str
    quantity: int
    amount_minor: int


class Counted(NamedTuple):
    """A piece that counts in a window, in minor units of the policy; None where no exchange rate is known."""

    window: str
    line: int
    at: datetime
    quantity: int
    amount_minor: int | None


class Tally(NamedTuple):
    """A window's running sum: whole minor units (or a count), lines, lines without a rate, and which orders."""

    amount_minor: int = 0
    lines: int = 0
    unrated: int = 0
    digest: int = 0

    def plus(self, other: Self) -> "Tally":
        return Tally(
            self.amount_minor + other.amount_minor,
            self.lines + other.lines,
            self.unrated + other.unrated,
            (self.digest + other.digest) % DIGEST_RANGE,
        )

    def minus(self, other: Self) -> "Tally":
        return Tally(
            self.amount_minor - other.amount_minor,
            self.lines - other.lines,
            self.unrated - other.unrated,
            (self.digest - other.digest) % DIGEST_RANGE,
        )


NOTHING: Final = Tally()
Scope = Callable[[Plan, Account, date, Line], bool]


@dataclass
class Sight:
    """One account as a policy's scope sees it, each day and kind of line asked once."""

    account: Account
    rates: Rates
    scope: Scope
    _admitted: dict[tuple[str, date, bool, bool], bool] = field(default_factory=dict)

    def admits(self, plan: Plan, day: date, line: Line) -> bool:
        """Whether the line, on its own day, is inside the scope."""
        asked = (plan.name, day, line.new_brand, line.p4_discount)
        if asked not in self._admitted:
            self._admitted[asked] = plan.valid.covers(day) and self.scope(plan, self.account, day, line)
        return self._admitted[asked]


def contribution(plan: Plan, order: Order, sight: Sight) -> dict[str, Tally]:
    """What the order puts into each window of the plan."""
    if not _can_count(plan, order):
        return {}
    windows: dict[str, tuple[int, int, int]] = {}
    for counted in counted_lines(plan, order, sight):
        amount, count, unrated = windows.get(counted.window, (0, 0, 0))
        known = counted.amount_minor is not None
        windows[counted.window] = (amount + (counted.amount_minor or 0), count + 1, unrated + (not known))
    if plan.counts_orders:
        windows = dict.fromkeys(windows, (1, 1, 0))
    return {window: Tally(*sums, _digest(order.order_id, *sums)) for window, sums in windows.items()}


def scratch(plan: Plan, orders: Iterable[Order], sight: Sight) -> dict[str, Tally]:
    """Every window of the plan from all orders of the subject: what running sums must equal."""
    total: dict[str, Tally] = {}
    for order in orders:
        for window, part in contribution(plan, order, sight).items():
            total[window] = total.get(window, NOTHING).plus(part)
    return total


def counted_lines(plan: Plan, order: Order, sight: Sight) -> Iterator[Counted]:
    """The order's pieces that count, each in its window; what is wholly brought back counts no more."""
    held = order.currency
    days: dict[tuple[datetime, str], tuple[date, str, Fraction | None]] = {}
    for line, at, delivery_id, quantity, amount_minor in _BASES[plan.basis](order, plan):
        found = days.get((at, delivery_id))
        if found is None:
            day = local_day(at, plan.zone)
            ratio = sight.rates.ratio(held, plan.currency, day) if plan.currency else SAME
            found = days[at, delivery_id] = (day, _window(plan, order, delivery_id, day), ratio)
        day, window, ratio = found
        if sight.admits(plan, day, line):
            yield Counted(window, line.line, at, quantity, _converted(amount_minor, ratio))


def _can_count(plan: Plan, order: Order) -> bool:
    """Whether anything of the order happened on a day of the plan: most policies are of another year."""
    moments = [order.placed_at] if plan.basis == "placed" else [delivery.at for delivery in order.deliveries]
    return any(plan.valid.covers(local_day(moment, plan.zone)) for moment in moments)


def _converted(amount_minor: int, ratio: Fraction | None) -> int | None:
    if ratio is None or ratio is SAME:
        return amount_minor if ratio else None
    return rounded(amount_minor * ratio, "half_up")


def _window(plan: Plan, order: Order, delivery_id: str, day: date) -> str:
    if plan.per == "order":
        return f"order:{order.order_id}"
    if plan.per == "delivery":
        return f"delivery:{delivery_id}"
    return period_of(plan.window_kind or "month", day).key


def _placed(order: Order, plan: Plan) -> Iterator[Piece]:
    if plan.less_returns:
        parts = still_ordered(order)
    else:
        parts = [(line, line.quantity, line.net_minor) for line in order.lines if order.cancelled_at is None]
    for line, quantity, net_minor in parts:
        if quantity and not (plan.less_gifts and line.gift):
            yield Piece(line, order.placed_at, "", quantity, _priced(plan, line, net_minor))


def _delivered(order: Order, plan: Plan) -> Iterator[Piece]:
    for atom in delivered(order):
        quantity, net_minor = (atom.held, atom.held_minor) if plan.less_returns else (atom.quantity, atom.net_minor)
        if quantity and not (plan.less_gifts and atom.line.gift):
            yield Piece(atom.line, atom.at, atom.delivery_id, quantity, _priced(plan, atom.line, net_minor))


def _paid(order: Order, plan: Plan) -> Iterator[Piece]:
    if not order.payments:
        return
    for atom in delivered(order):
        if atom.paid_minor and atom.held and not (plan.less_gifts and atom.line.gift):
            yield Piece(atom.line, atom.at, atom.delivery_id, atom.held, _priced(plan, atom.line, atom.paid_minor))


def _priced(plan: Plan, line: Line, net_minor: int) -> int:
    """At purchase price; a measure that leaves discounts in sees the list price in proportion."""
    if plan.less_discounts or line.list_minor == line.net_minor or not line.net_minor:
        return net_minor
    return rounded(Fraction(net_minor * line.list_minor, line.net_minor), "half_up")


def _digest(order_id: str, amount: int, count: int, unrated: int) -> int:
    told = blake2b(f"{order_id}:{amount}:{count}:{unrated}".encode(), digest_size=8).digest()
    return int.from_bytes(told, "big") % DIGEST_RANGE


_BASES: Final[Mapping[str, Callable[[Order, Plan], Iterator[Piece]]]] = {
    "placed": _placed,
    "delivered": _delivered,
    "paid": _paid,
}
