"""When something happened to an order: never later than now, and in the order in which such things can happen."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Protocol

from services.pricing.orders.domain import Order
from shared.errors import FieldError, ValidationProblem, Words

BEFORE_THE_DELIVERY: Words = {"en": "before it was delivered", "zh": "早于交付时间"}


class Moved(Protocol):
    """A recorded fact that moved goods; without lines it is of every line in full."""

    @property
    def kind(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def lines(self) -> Sequence[dict[str, Any]] | None: ...


class TimeNotPossible(ValidationProblem):
    code = "time_not_possible"
    title: ClassVar[Words] = {"en": "It cannot have happened then", "zh": "时间不可能成立"}

    def __init__(self, field: str, code: str, why: Words) -> None:
        super().__init__(errors=[FieldError(f"/{field}", code, why)])


def past(at: datetime, *, now: datetime, field: str) -> datetime:
    """A fact has happened: one dated ahead would be a purchase of a month to come (§6.1). Raises TimeNotPossible."""
    if at > now:
        raise TimeNotPossible(field, "in_the_future", {"en": "later than now", "zh": "晚于当前时间"})
    return at


def since_placed(order: Order, at: datetime, *, now: datetime, field: str) -> datetime:
    """What moves goods or money moves those of an order that exists. Raises TimeNotPossible."""
    if at < order.placed_at:
        raise TimeNotPossible(field, "before_the_order", {"en": "before the order was placed", "zh": "早于下单时间"})
    return past(at, now=now, field=field)


def since_delivered(moved: Sequence[Moved], lines: Collection[int], at: datetime, *, field: str) -> datetime:
    """Nobody accepts in full what is still to come; no lines are all. Raises TimeNotPossible."""
    if any(one.occurred_at > at for one in moved if one.kind == "delivered" and _is_of(one, lines)):
        raise TimeNotPossible(field, "before_the_delivery", BEFORE_THE_DELIVERY)
    return at


def _is_of(moved: Moved, lines: Collection[int]) -> bool:
    return not lines or moved.lines is None or any(entry["line"] in lines for entry in moved.lines)


def while_held(
    order: Order, moved: Sequence[Moved], returned: Mapping[int, int], at: datetime, *, field: str
) -> datetime:
    """Quantities by line come back from what was delivered by then and not sent back. Raises TimeNotPossible."""
    for line in order.lines:
        if returned.get(line.line, 0) > min(_held_since(moved, line.line, line.quantity, at)):
            raise TimeNotPossible(field, "before_the_delivery", BEFORE_THE_DELIVERY)
    return at


def _held_since(moved: Sequence[Moved], line: int, whole: int, at: datetime) -> Iterator[int]:
    """What the customer held of a line at that time and after each later movement."""
    times = {at, *(one.occurred_at for one in moved if one.occurred_at > at)}
    for time in times:
        yield sum(_pieces(one, line, whole) for one in moved if one.occurred_at <= time)


def _pieces(moved: Moved, line: int, whole: int) -> int:
    sign = {"delivered": 1, "returned": -1}.get(moved.kind, 0)
    if not sign or moved.lines is None:
        return sign * whole
    return sign * sum(int(entry["quantity"]) for entry in moved.lines if entry["line"] == line)
