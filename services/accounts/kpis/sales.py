"""What was sold by whom and when, delivery by delivery, so that any past day's figure can be asked again; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from shared.money import allocate, share_of

WHOLE = 1_000_000  # a share of one as a whole weight
NOBODY = ""


@dataclass(slots=True)
class Delivered:
    """What is left of one delivery of a line after returns."""

    day: date
    quantity: int
    net_minor: int


@dataclass(slots=True)
class OrderedLine:
    """A line as ordered, who sold it (user id and share of one), and what was delivered of it."""

    quantity: int
    net_minor: int
    sellers: tuple[tuple[str, str], ...]
    delivered: list[Delivered] = field(default_factory=list)

    def deliver(self, day: date, quantity: int) -> int:
        """Its worth: the share of the line, the last part takes what is left."""
        gone = sum(part.quantity for part in self.delivered)
        if gone + quantity == self.quantity:
            net = self.net_minor - sum(part.net_minor for part in self.delivered)
        else:
            net = share_of(self.net_minor, Decimal(quantity) / self.quantity, "half_up")
        self.delivered.append(Delivered(day, quantity, net))
        return net


@dataclass(frozen=True, slots=True)
class Sale:
    """An amount that counts in the period of `counts_on`, a delivery's day, and is known since `occurred_on`."""

    line: str
    counts_on: date
    occurred_on: date
    net_minor: int


@dataclass(slots=True)
class SoldOrder:
    """One order as far as the board needs it; amounts in minor units of its currency."""

    account_id: str
    branch: str
    currency: str
    placed_on: date
    lines: dict[str, OrderedLine]
    recorded_at: datetime
    cancelled_on: date | None = None
    cancel_recorded_at: datetime | None = None

    def deliver(self, day: date, parts: Iterable[tuple[str, int]]) -> list[Sale]:
        return [Sale(line, day, day, self.lines[line].deliver(day, quantity)) for line, quantity in parts]

    def take_back(self, day: date, parts: Iterable[tuple[str, int, int]]) -> list[Sale]:
        """A return lowers the period of the delivery it came from (§6.9), first in first out, from its own day on."""
        return [sale for line, quantity, net in parts for sale in self._returned(day, line, quantity, net)]

    def amend(self, reversed_lines: Iterable[str], applied: Mapping[str, OrderedLine]) -> None:
        """Other lines in place of those taken back; what was delivered of a line stays what it was worth then."""
        before = {line: self.lines.pop(line) for line in reversed_lines if line in self.lines}
        for name, line in applied.items():
            known = before.get(name)
            self.lines[name] = (
                OrderedLine(line.quantity, line.net_minor, known.sellers, known.delivered) if known else line
            )

    def _returned(self, day: date, line: str, quantity: int, net_minor: int) -> list[Sale]:
        held, taken, left = [part for part in self.lines[line].delivered if part.quantity], list[int](), quantity
        for part in held:
            taken.append(min(left, part.quantity))
            left -= taken[-1]
        if not held:
            return []
        sales = []
        for part, pieces, net in zip(held, taken, allocate(net_minor, taken), strict=True):
            part.quantity -= pieces
            if net:
                sales.append(Sale(line, part.day, day, -net))
        return sales


def credited(sale: Sale, sellers: Sequence[tuple[str, str]]) -> list[tuple[str, int]]:
    """`(user id, minor units)` by the frozen shares, largest remainder; what nobody sold is nobody's."""
    if not sellers:
        return [(NOBODY, sale.net_minor)]
    weights = [int(Decimal(share) * WHOLE) for _, share in sellers]
    return [(user, part) for (user, _), part in zip(sellers, allocate(sale.net_minor, weights), strict=True) if part]


def to_plain(lines: Mapping[str, OrderedLine]) -> dict[str, Any]:
    return {
        name: [
            line.quantity,
            line.net_minor,
            [list(seller) for seller in line.sellers],
            [[part.day.isoformat(), part.quantity, part.net_minor] for part in line.delivered],
        ]
        for name, line in lines.items()
    }


def from_plain(plain: Mapping[str, Any]) -> dict[str, OrderedLine]:
    return {name: _line(*parts) for name, parts in plain.items()}


def _line(quantity: int, net_minor: int, sellers: Sequence[Any], delivered: Sequence[Any]) -> OrderedLine:
    parts = [Delivered(date.fromisoformat(day), pieces, net) for day, pieces, net in delivered]
    return OrderedLine(quantity, net_minor, tuple((user, share) for user, share in sellers), parts)
