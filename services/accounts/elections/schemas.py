"""Shapes of elections over HTTP (A12)."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.http.field_errors import not_valid
from shared.http.moments import Day

Text = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]


class NewElection(BaseModel):
    """A12: what an account chooses of a programme, by a named person, for the days `[valid_from, valid_until)`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account_id: str
    programme: str = Field(pattern=r"^p4$", examples=["p4"])
    choice: str = Field(pattern=r"^(subsidy|discount)$", examples=["subsidy"])
    valid_from: Day | None = Field(
        None,
        description="its first day; left out, the first one allowed: the next day, for a switch the first of a month",
        examples=["2021-01-01"],
    )
    valid_until: Day = Field(description="first day no longer covered", examples=["2022-01-01"])
    elected_by: Text = Field(examples=["Ms Chen Li, purchasing director"])

    @model_validator(mode="after")
    def has_a_day(self) -> "NewElection":
        if self.valid_from is not None and self.valid_until <= self.valid_from:
            raise not_valid({"en": "valid_until lies after valid_from", "zh": "结束日须晚于开始日"})
        return self


class ElectionOut(BaseModel):
    id: str
    account_id: str
    programme: str
    choice: str
    valid_from: date
    valid_until: date
    elected_by: str
    recorded_at: AwareDatetime
    replaces: str | None


class Elections(BaseModel):
    items: list[ElectionOut]
