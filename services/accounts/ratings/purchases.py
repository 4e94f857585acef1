"""What an account bought, folded from its orders' events as far as a rating needs it; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from shared.money import rounded


@dataclass(slots=True)
class BoughtLine:
    """What is left of an order's line: amounts in minor units for `quantity` pieces; no cost is None.

    Of a delivery's part, `brought` is how many pieces came, returned ones too.
    """

    quantity: int
    net_minor: int
    cost_minor: int | None
    brought: int = 0


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

    `credit_days` after a delivery its payment is due; none where nobody said so. `returns` are `(line, quantity, net)`
    as they were told: an amendment shares its lines out anew, and takes them back again.
    """

    account_id: str
    currency: str
    placed_on: date
    lines: dict[str, BoughtLine]
    deliveries: list[Delivered] = field(default_factory=list)
    returns: list[tuple[str, int, int]] = field(default_factory=list)
    paid_minor: int = 0
    cancelled: bool = False
    cancelled_on: date | None = None
    credit_days: int | None = None

    def deliver(self, day: date, quantities: Iterable[tuple[str, int]]) -> None:
        """Each delivered part is worth its share of the line; the shares of all parts sum to the line (S-C2)."""
        parts = {line: self._part(line, quantity) for line, quantity in quantities}
        self.deliveries.append(Delivered(day, parts))

    def take_back(self, returned: Iterable[tuple[str, int, int]]) -> None:
        """`(line, quantity, net_minor)`: a return shrinks the line's deliveries, first in first out (S-C4)."""
        for line, quantity, net_minor in returned:
            self.returns.append((line, quantity, net_minor))
            self._shrink(line, quantity, net_minor)

    def amend(self, reversed_lines: Iterable[str], applied: Mapping[str, BoughtLine]) -> None:
        """Other lines in place of those taken back; what was delivered and returned is shared out anew (S-E4)."""
        for line in reversed_lines:
            self.lines.pop(line, None)
        self.lines.update(applied)
        brought, back = self.deliveries, self.returns
        self.deliveries, self.returns = [], []
        for one in brought:
            self.deliver(one.day, [(line, part.brought) for line, part in one.lines.items()])
        self.take_back(back)

    def _part(self, line: str, quantity: int) -> BoughtLine:
        whole = self.lines[line]
        before = sum(delivery.lines[line].brought for delivery in self.deliveries if line in delivery.lines)
        cost = None if whole.cost_minor is None else _share(whole.cost_minor, whole.quantity, before, quantity)
        return BoughtLine(quantity, _share(whole.net_minor, whole.quantity, before, quantity), cost, quantity)

    def _shrink(self, line: str, quantity: int, net_minor: int) -> None:
        """A part taken whole gives all it is worth, the last one touched gives the rest."""
        for part in (delivery.lines[line] for delivery in self.deliveries if line in delivery.lines):
            taken = min(quantity, part.quantity)
            if not taken:
                continue
            worth = part.net_minor if taken == part.quantity else max(0, min(net_minor, part.net_minor))
            if part.cost_minor is not None:
                part.cost_minor -= _share(part.cost_minor, part.quantity, 0, taken)
            part.quantity -= taken
            part.net_minor -= worth
            quantity -= taken
            net_minor -= worth


def _share(amount_minor: int, pieces: int, before: int, quantity: int) -> int:
    """What `quantity` pieces after the first `before` of so many are worth: rounded up to there, less what was before.

    Rewards shares out the same way (`one fact, one definition`: tests/contract holds the two against each other).
    """
    first, last = (rounded(Fraction(amount_minor * count, pieces), "half_up") for count in (before, before + quantity))
    return last - first


def to_plain(order: Bought) -> dict[str, object]:
    """As it is stored: small, and the same for the same events."""
    return {
        "lines": {line: [part.quantity, part.net_minor, part.cost_minor] for line, part in order.lines.items()},
        "returns": [list(one) for one in order.returns],
        "deliveries": [
            [
                delivery.day.isoformat(),
                {
                    line: [part.quantity, part.net_minor, part.cost_minor, part.brought]
                    for line, part in delivery.lines.items()
                },
            ]
            for delivery in order.deliveries
        ],
    }


def from_plain(lines: Mapping[str, Sequence[int | None]]) -> dict[str, BoughtLine]:
    """Parts stored before `brought` was kept count the pieces still held."""
    return {
        line: BoughtLine(part[0] or 0, part[1] or 0, part[2], (part[3] if len(part) > 3 else part[0]) or 0)
        for line, part in lines.items()
    }
