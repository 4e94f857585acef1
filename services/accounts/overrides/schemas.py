"""Shapes of classes set by hand over HTTP."""

from datetime import date

from pydantic import AwareDatetime, BaseModel, Field

from services.accounts.overrides.domain import OverrideState
from services.accounts.ratings.schemas import Request, Text
from shared.http.moments import Day


class NewOverride(Request):
    """A5: a class set by hand, with its reason and its end."""

    account_id: str
    grade: str = Field(pattern=r"^[A-Za-z0-9_-]{1,20}$", examples=["A"])
    reason: Text = Field(examples=["takes over the orders of a class A account it has bought"])
    valid_from: Day | None = Field(None, description="today or later; from the approval where left out")
    valid_until: Day = Field(description="first day on which it no longer holds", examples=["2021-07-01"])


class OverrideOut(BaseModel):
    id: str
    account_id: str
    grade: str
    reason: str
    valid_from: date = Field(description="once granted, not before the day of the approval")
    valid_until: date
    state: OverrideState
    requested_by: str
    requested_at: AwareDatetime
    answered_at: AwareDatetime | None
