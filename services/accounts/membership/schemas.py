"""Shapes of membership and tiers over HTTP."""

from datetime import date

from pydantic import AwareDatetime, BaseModel, Field

from services.accounts.ratings.schemas import Request, Text
from shared.http.moments import Day


class NewEnrolment(Request):
    enrolled_on: Day | None = Field(None, description="today or earlier; today where left out")


class Departure(Request):
    left_on: Day = Field(description="first day without membership, today or later", examples=["2021-07-01"])
    reason: Text = Field(examples=["closed its shops"])


class MembershipOut(BaseModel):
    account_id: str
    enrolled_on: date
    left_on: date | None
    left_because: str | None
    recorded_at: AwareDatetime


class TierSpan(BaseModel):
    tier: str | None = Field(description="none from the day on which the account left", examples=["gold"])
    valid_from: date
    recorded_at: AwareDatetime
    as_of: date
    policy: str | None = Field(examples=["membership-tier@1"])


class TierOut(BaseModel):
    account_id: str
    as_of: date
    known_at: AwareDatetime
    enrolled: bool
    tier: str | None
    valid_from: date | None
    planned: TierSpan | None = Field(description="a fall on its way, unless the tier is reached again before its day")
    history: list[TierSpan]
