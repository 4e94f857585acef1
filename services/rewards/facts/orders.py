"""An order as its events left it, the same in whatever order they came: ordered, delivered, paid, brought back."""

from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from shared.money import rounded


class Line(NamedTuple):
    """One ordered line with its frozen figures; amounts are of the whole line, in minor units of the order."""

    line: int
    quantity: int
    net_minor: int
    list_minor: int
    cost_minor: int | None = None
    new_brand: bool = False
    gift: bool = False
    p4_discount: bool = False
    salespeople: tuple[tuple[str, str], ...] = ()


class Delivery(NamedTuple):
    """Pieces handed over at one time; `lines` is None where it was the whole order."""

    delivery_id: str
    at: datetime
    lines: tuple[tuple[int, int], ...] | None = None


class Payment(NamedTuple):
    payment_id: str
    at: datetime
    amount_minor: int


class Return(NamedTuple):
    """Pieces brought back: (line, quantity, the part of the line's stored amount that goes back with them)."""

    return_id: str
    at: datetime
    lines: tuple[tuple[int, int, int], ...]


class Order(NamedTuple):
    """Facts only, each kept once by its own id; what follows from them is derived below."""

    order_id: str
    account_id: str
    currency: str
    placed_at: datetime
    lines: tuple[Line, ...]
    contract_id: str | None = None
    cancelled_at: datetime | None = None
    deliveries: tuple[Delivery, ...] = ()
    payments: tuple[Payment, ...] = ()
    returns: tuple[Return, ...] = ()


class Atom(NamedTuple):
    """The part of one line that came with one delivery: what it was worth, what is still held, what is paid of it."""

    line: Line
    at: datetime
    delivery_id: str
    quantity: int
    net_minor: int
    held: int
    held_minor: int
    paid_minor: int


class PaidInOtherCurrency(ValueError):
    """A payment must be in the order's currency."""


class UnknownOrderLine(ValueError):
    """A delivery or return names a line that was never ordered."""


def with_delivery(order: Order, delivery: Delivery) -> Order:
    """The order with one more delivery, kept in the order of their times; a known one changes nothing."""
    if any(known.delivery_id == delivery.delivery_id for known in order.deliveries):
        return order
    ordered = {line.line: line.quantity for line in order.lines}
    _only_ordered(ordered, (line for line, _ in delivery.lines or ()))
    if delivery.lines is not None and dict(delivery.lines) == ordered:
        delivery = delivery._replace(lines=None)
    found = sorted((*order.deliveries, delivery), key=lambda one: (one.at, one.delivery_id))
    return order._replace(deliveries=tuple(found))


def with_payment(order: Order, payment: Payment, currency: str) -> Order:
    """The order with one more payment; raises PaidInOtherCurrency."""
    if currency != order.currency:
        raise PaidInOtherCurrency(f"order {order.order_id} is in {order.currency}, the payment in {currency}")
    if any(known.payment_id == payment.payment_id for known in order.payments):
        return order
    return order._replace(payments=tuple(sorted((*order.payments, payment), key=lambda one: (one.at, one.payment_id))))


def with_return(order: Order, returned: Return) -> Order:
    if any(known.return_id == returned.return_id for known in order.returns):
        return order
    _only_ordered({line.line for line in order.lines}, (line for line, _, _ in returned.lines))
    return order._replace(returns=tuple(sorted((*order.returns, returned), key=lambda one: (one.at, one.return_id))))


def amended(order: Order, reversed_lines: Container[int], applied: Iterable[Line]) -> Order:
    """Other lines in place of those taken back; a delivery of the whole order stays of what the order was then."""
    whole = tuple((line.line, line.quantity) for line in order.lines)
    kept = {line.line: line for line in order.lines if line.line not in reversed_lines}
    lines = kept | {line.line: line for line in applied}
    return order._replace(
        lines=tuple(lines[number] for number in sorted(lines)),
        deliveries=tuple(one if one.lines is not None else one._replace(lines=whole) for one in order.deliveries),
    )


def cancelled(order: Order, at: datetime) -> Order:
    return order._replace(cancelled_at=at) if order.cancelled_at is None else order


def delivered(order: Order) -> list[Atom]:
    """What each delivery brought, in delivery order.

    A return takes from its line's earliest delivery first, so it lowers only the months it came from. Payments cover
    what is held, in delivery order: what was paid for goods that went back pays for the others, as it does in `owed`.
    """
    if order.cancelled_at is not None:
        return []
    atoms = list(_delivered_and_paid(order))
    return list(_paid_again(_less_returns(atoms, order.returns), order)) if order.returns else atoms


def still_ordered(order: Order) -> list[tuple[Line, int, int]]:
    """(line, quantity, net) of what was placed and not brought back; nothing of a cancelled order."""
    if order.cancelled_at is not None:
        return []
    back = {line.line: [0, 0] for line in order.lines}
    for returned in order.returns:
        for line, quantity, net_minor in returned.lines:
            back[line][0] += quantity
            back[line][1] += net_minor
    return [(line, line.quantity - back[line.line][0], line.net_minor - back[line.line][1]) for line in order.lines]


def share_of_line(line: Line, before: int, quantity: int) -> int:
    """What `quantity` pieces after the first `before` are worth; the shares of all pieces sum to the line's net."""
    if quantity == line.quantity:
        return line.net_minor
    return _worth_of_first(line, before + quantity) - _worth_of_first(line, before)


def _worth_of_first(line: Line, quantity: int) -> int:
    return rounded(Fraction(line.net_minor * quantity, line.quantity), "half_up")


def _delivered_and_paid(order: Order) -> Iterator[Atom]:
    unspent = _paid_in(order)
    by_number = {line.line: line for line in order.lines}
    already = dict.fromkeys(by_number, 0)
    for delivery in order.deliveries:
        parts = delivery.lines or [(line.line, line.quantity) for line in order.lines]
        for number, quantity in parts:
            line = by_number[number]
            net_minor = share_of_line(line, already[number], quantity)
            already[number] += quantity
            paid_minor = max(0, min(unspent, net_minor))
            unspent -= paid_minor
            yield Atom(line, delivery.at, delivery.delivery_id, quantity, net_minor, quantity, net_minor, paid_minor)


def _paid_again(atoms: Iterable[Atom], order: Order) -> Iterator[Atom]:
    unspent = _paid_in(order)
    for atom in atoms:
        paid_minor = max(0, min(unspent, atom.held_minor))
        unspent -= paid_minor
        yield atom._replace(paid_minor=paid_minor)


def _paid_in(order: Order) -> int:
    return sum(payment.amount_minor for payment in order.payments)


def _less_returns(atoms: list[Atom], returns: tuple[Return, ...]) -> list[Atom]:
    places: dict[int, list[int]] = {}
    for place, atom in enumerate(atoms):
        places.setdefault(atom.line.line, []).append(place)
    for returned in returns:
        for line, quantity, net_minor in returned.lines:
            _take_back(atoms, places.get(line, ()), quantity, net_minor)
    return atoms


def _take_back(atoms: list[Atom], places: Sequence[int], quantity: int, net_minor: int) -> None:
    """First in, first out: a part taken whole gives all it is worth, the last one touched gives the rest."""
    for place in places:
        atom = atoms[place]
        taken = min(quantity, atom.held)
        if taken == 0:
            continue
        worth = atom.held_minor if taken == atom.held else max(0, min(net_minor, atom.held_minor))
        atoms[place] = atom._replace(held=atom.held - taken, held_minor=atom.held_minor - worth)
        quantity -= taken
        net_minor -= worth


def _only_ordered(ordered: Container[int], named: Iterable[int]) -> None:
    unknown = [line for line in named if line not in ordered]
    if unknown:
        raise UnknownOrderLine(f"lines {unknown} were never ordered")
