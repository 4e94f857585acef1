"""Who gets short stock: open lines in the order that the ranking document says, and why each stands where it does."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Final, NamedTuple
from uuid import UUID

from shared.errors import Conflict, FieldError, NotFound, ValidationProblem, Words

RANKING: Final = "allocation-ranking"
EARLIEST: Final = "earliest"


class MoreThanOnHand(Conflict):
    code = "more_than_on_hand"
    title: ClassVar[Words] = {"en": "More than is on hand", "zh": "超过现有库存"}


class NotAllocated(Conflict):
    code = "not_allocated"
    title: ClassVar[Words] = {
        "en": "The stock is short and these pieces are not allocated to this order",
        "zh": "库存不足，未分配给该订单",
    }


class NothingToPromise(Conflict):
    code = "nothing_to_promise"
    title: ClassVar[Words] = {"en": "Nothing of this line is still to be delivered", "zh": "该行已无待交付数量"}


class PromiseInThePast(ValidationProblem):
    code = "promise_in_the_past"
    title: ClassVar[Words] = {"en": "A delivery is promised for a day to come", "zh": "承诺交付日不得早于今天"}

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("/promised_on", self.code, self.title)])


class UnknownPromise(NotFound):
    code = "unknown_promise"
    title: ClassVar[Words] = {"en": "Nothing is promised for this line", "zh": "该行没有交付承诺"}


class Place(NamedTuple):
    """Where stock lies."""

    sku: str
    branch: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A confirmed line with pieces still to deliver, and what the ranking may ask of it."""

    order_id: UUID
    line: int
    account_id: UUID
    wanted: int
    ordered_at: datetime
    promised_on: date | None = None
    account_class: str | None = None


class Ranked(NamedTuple):
    """One line in its place: how many pieces it gets, by which answers, and which of them put it behind the one before.

    `why` is by fact, in the order of the document, as text; an answer that is missing is None.
    """

    waiting: Waiting
    rank: int
    quantity: int
    why: tuple[tuple[str, str | None], ...]
    decided_by: str | None = None


FACTS: Final[Mapping[str, Callable[[Waiting], Any]]] = {
    "line.delivery_promised": lambda line: line.promised_on is not None,
    "line.promised_on": lambda line: line.promised_on,
    "account.class": lambda line: line.account_class,
    "line.ordered_at": lambda line: line.ordered_at,
}


class Criterion(NamedTuple):
    """A row of the document: one fact, and which of its values come first; none of them comes last."""

    fact: str
    first: tuple[Any, ...]

    def key(self, line: Waiting) -> tuple[int, Any]:
        value = FACTS[self.fact](line)
        if self.first == (EARLIEST,):
            return (1, 0) if value is None else (0, value)
        return self.first.index(value) if value in self.first else len(self.first), 0


def criteria(rows: Iterable[Mapping[str, Any]]) -> tuple[Criterion, ...]:
    """Of the table `allocation-ranking`, in its order."""
    ranked = sorted(rows, key=lambda row: int(row["rank"]))
    return tuple(Criterion(str(row["fact"]), tuple(row["first"])) for row in ranked)


def ranking(open_lines: Iterable[Waiting], by: Sequence[Criterion], on_hand: int) -> list[Ranked]:
    """Every open line in its place with what it gets: never together more than is on hand (P9)."""

    def key(line: Waiting) -> tuple[Any, ...]:
        return tuple(one.key(line) for one in by)

    left, found, before = on_hand, list[Ranked](), None
    # Two lines that no row tells apart keep one order, so that the same stock always goes to the same one.
    for rank, line in enumerate(sorted(open_lines, key=lambda one: (key(one), one.order_id, one.line)), start=1):
        quantity = min(left, line.wanted)
        left -= quantity
        why = tuple((one.fact, said(FACTS[one.fact](line))) for one in by)
        behind = [one.fact for one in by if before is not None and one.key(before) != one.key(line)]
        found.append(Ranked(line, rank, quantity, why, behind[0] if behind else None))
        before = line
    return found


def said(value: Any) -> str | None:
    """A fact's value as it is kept with the ranking."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | datetime):
        return value.isoformat()
    return None if value is None else str(value)
