"""Days and instants as clients may write them: of years in which every zone, window and column has room around them."""

from datetime import date
from typing import Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, Field
from pydantic_core import PydanticCustomError

from shared.calendar import FIRST_YEAR, LAST_YEAR, is_of_our_times

Given = TypeVar("Given", bound=date)


def _of_our_times(given: Given) -> Given:
    if not is_of_our_times(given):
        raise PydanticCustomError(
            "not_of_our_times",
            "a time between the years {first} and {last}",
            {"first": FIRST_YEAR, "last": LAST_YEAR, "zh": f"须在{FIRST_YEAR}年至{LAST_YEAR}年之间"},
        )
    return given


Day = Annotated[date, AfterValidator(_of_our_times), Field(examples=["2021-03-10"])]
Moment = Annotated[AwareDatetime, AfterValidator(_of_our_times), Field(examples=["2021-03-10T09:30:00+01:00"])]
