"""What an account bought, folded from its orders' events as far as a rating needs it; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from shared.money import allocate, share_of


@dataclass(slots=True)
class BoughtLine:
    """What is left of an order's line: amounts in minor units for `quantity` pieces; no cost is None."""

    quantity: int
    net_minor: int
    cost_minor: int | None


@dataclass(slots=True)
class Delivered:
    """What one delivery brought of each line, as far as it was not returned: {line: [quantity, net, cost or None]}."""

    day: date
    lines: dict[str, BoughtLine]

    @property
    def net_minor(self) -> int:
        return sum(part.net_minor for part in self.lines.values())


@dataclass(slots=True)
class Bought:
    """One order: its lines as ordered, its deliveries in their order, and the money that came for it.

    `credit_days` after a delivery its payment is due; none where nobody said so.
    """

    account_id: str
    currency: str
    placed_on: date
    lines: dict[str, BoughtLine]
    deliveries: list[Delivered] = field(default_factory=list)
    paid_minor: int = 0
    cancelled: bool = False
    cancelled_on: date | None = None
    credit_days: int | None = None

    def deliver(self, day: date, quantities: Iterable[tuple[str, int]]) -> None:
        """Each delivered part is worth its share of the line; the last part takes what is left."""
        parts = {line: self._part(line, quantity) for line, quantity in quantities}
        self.deliveries.append(Delivered(day, parts))

    def take_back(self, returned: Iterable[tuple[str, int, int]]) -> None:
        """`(line, quantity, net_minor)`: a return shrinks the line's deliveries, first in first out."""
        for line, quantity, net_minor in returned:
            self._shrink(line, quantity, net_minor)

    def _part(self, line: str, quantity: int) -> BoughtLine:
        whole = self.lines[line]
        before = [d.lines[line] for d in self.deliveries if line in d.lines]
        left = whole.quantity - sum(part.quantity for part in before)
        if quantity == left:
            net = whole.net_minor - sum(part.net_minor for part in before)
            cost = None if whole.cost_minor is None else whole.cost_minor - sum(p.cost_minor or 0 for p in before)
            return BoughtLine(quantity, net, cost)
        rate = Decimal(quantity) / whole.quantity
        cost = None if whole.cost_minor is None else share_of(whole.cost_minor, rate, "half_up")
        return BoughtLine(quantity, share_of(whole.net_minor, rate, "half_up"), cost)

    def _shrink(self, line: str, quantity: int, net_minor: int) -> None:
        held = [d.lines[line] for d in self.deliveries if line in d.lines and d.lines[line].quantity]
        taken, left = [], quantity
        for part in held:
            taken.append(min(left, part.quantity))
            left -= taken[-1]
        for part, pieces, net in zip(held, taken, allocate(net_minor, taken), strict=True):
            if part.cost_minor is not None and part.quantity:
                part.cost_minor -= share_of(part.cost_minor, Decimal(pieces) / part.quantity, "half_up")
            part.quantity -= pieces
            part.net_minor -= net


def to_plain(order: Bought) -> dict[str, object]:
    """As it is stored: small, and the same for the same events."""
    return {
        "lines": {line: [part.quantity, part.net_minor, part.cost_minor] for line, part in order.lines.items()},
        "deliveries": [
            [
                delivery.day.isoformat(),
                {line: [part.quantity, part.net_minor, part.cost_minor] for line, part in delivery.lines.items()},
            ]
            for delivery in order.deliveries
        ],
    }


def from_plain(lines: Mapping[str, Sequence[int | None]]) -> dict[str, BoughtLine]:
    return {line: BoughtLine(part[0] or 0, part[1] or 0, part[2]) for line, part in lines.items()}
