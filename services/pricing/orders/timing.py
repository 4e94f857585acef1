"""When something happened to an order: never later than now, and nothing is handed over before it was ordered."""

from datetime import datetime
from typing import ClassVar

from services.pricing.orders.domain import Order
from shared.errors import FieldError, ValidationProblem, Words


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
    """What moves goods moves those of an order that exists. Raises TimeNotPossible."""
    if at < order.placed_at:
        raise TimeNotPossible(field, "before_the_order", {"en": "before the order was placed", "zh": "早于下单时间"})
    return past(at, now=now, field=field)
