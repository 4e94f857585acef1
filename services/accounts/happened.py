"""What is told as having happened lies behind us."""

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

from shared.errors import FieldError, ValidationProblem, Words


class NotYetHappened(ValidationProblem):
    """422 at the day of something that lies ahead."""

    code = "day_in_the_future"
    title: ClassVar[Words] = {"en": "This day has not come yet", "zh": "该日期尚未到来"}

    def __init__(self, *pointers: str) -> None:
        super().__init__(errors=[FieldError(pointer, self.code, self.title) for pointer in pointers])


def check_happened(day: date, *, today: date, pointer: str) -> None:
    """Raises NotYetHappened for a day to come."""
    check_all_happened({pointer: day}, today=today)


def check_all_happened(days: Mapping[str, date | None], *, today: date) -> None:
    """The same for several days by their pointers, those that are given. Raises NotYetHappened."""
    ahead = [pointer for pointer, day in days.items() if day is not None and day > today]
    if ahead:
        raise NotYetHappened(*ahead)
