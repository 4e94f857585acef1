"""An order to be priced and what came out, line by line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from shared.money import Money
from shared.policy.evaluation import Facts, Grant
from shared.trace import Subject


class MoreThanOneInForce(ValueError):
    """Two documents, by `id@version`, of a group of which only one may be in force apply to the same line."""

    def __init__(self, one: str, other: str, line: str) -> None:
        super().__init__(f"{one} and {other} on line {line}")
        self.one, self.other, self.line = one, other, line


class OrderFacts(Facts, Protocol):
    """Facts of an order while it's being priced; `alike` are those that answer the same for every line of a day."""

    @property
    def alike(self) -> frozenset[str]: ...

    def priced_so_far(self, nets: Mapping[str, Money]) -> Facts:
        """The facts with these lines at these amounts: what `order.amount_so_far` and P4's measure go by."""
        ...


class OrderLine(NamedTuple):
    """A line at list price; its scopes are asked at `asked_at`, the day it counts for (its delivery)."""

    subject: Subject
    quantity: int
    unit_price: Money
    asked_at: datetime

    @property
    def id(self) -> str:
        return self.subject.id

    @property
    def at_list(self) -> Money:
        return Money(self.unit_price.amount_minor * self.quantity, self.unit_price.currency)


@dataclass(frozen=True, slots=True)
class Taken:
    """What one rule took off a line; less than nothing where a price above the list replaced it."""

    policy: str
    group: str
    amount: Money


@dataclass(frozen=True, slots=True)
class PricedLine:
    """`net` is the list price less everything taken."""

    id: str
    at_list: Money
    net: Money
    taken: tuple[Taken, ...] = ()


@dataclass(frozen=True, slots=True)
class PricedGift:
    policy: str
    sku: str
    quantity: int
    coupon: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class AskedRoute:
    policy: str
    route: str


@dataclass(frozen=True, slots=True)
class ToPrice:
    """An order to be priced: its lines, the facts, what was granted, and the pricing instant.

    `exhausted` names the documents whose budget does not hold what they would give.
    """

    subject: Subject
    lines: tuple[OrderLine, ...]
    facts: OrderFacts
    as_of: datetime
    grants: tuple[Grant, ...] = ()
    exhausted: frozenset[str] = frozenset()
