"""Days and instants as clients may write them: of years in which every zone, window and column has room around them."""

from datetime import date
from typing import Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, Field
from pydantic_core import PydanticCustomError

from shared.calendar import FIRST_YEAR, LAST_YEAR, is_of_our_times

FIRST_RECORDED_YEAR = 1800
Given = TypeVar("Given", bound=date)


def of_our_times(given: Given) -> Given:
    if not is_of_our_times(given):
        raise _out_of_years(FIRST_YEAR)
    return given


def of_recorded_times(given: Given) -> Given:
    if not FIRST_RECORDED_YEAR <= given.year <= LAST_YEAR:
        raise _out_of_years(FIRST_RECORDED_YEAR)
    return given


def _out_of_years(first: int) -> PydanticCustomError:
    said = {"first": first, "last": LAST_YEAR, "zh": f"须在{first}年至{LAST_YEAR}年之间"}
    return PydanticCustomError("out_of_years", "a time between the years {first} and {last}", said)


Day = Annotated[date, AfterValidator(of_our_times), Field(examples=["2021-03-10"])]
Moment = Annotated[AwareDatetime, AfterValidator(of_our_times), Field(examples=["2021-03-10T09:30:00+01:00"])]
# People are born, and companies founded, before anything else we write down.
DayOfRecord = Annotated[date, AfterValidator(of_recorded_times), Field(examples=["1962-07-01"])]
