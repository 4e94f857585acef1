"""Shapes of growth plans over HTTP (A13)."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.accounts.growth.domain import ActivityKind
from shared.http.field_errors import not_valid
from shared.http.moments import Day

Text = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
Figure = Annotated[str, StringConstraints(min_length=1, max_length=30)]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Activity(Request):
    kind: ActivityKind
    timetable: Text = Field(examples=["the second Tuesday of every month"])


class BoundMeasure(Request):
    """The fact an objective is measured by, over the objective's own days."""

    fact: str = Field(max_length=100, examples=["purchases"])
    basis: str | None = Field(None, max_length=20, description="of facts that have bases", examples=["delivered"])
    currency: str | None = Field(None, pattern=r"^[A-Z]{3}$", description="of money", examples=["CNY"])


class NewObjective(Request):
    """What is aimed at; whatever is not settled yet may be left out and is reported as missing."""

    title: Text = Field(examples=["Sell the new line in every shop"])
    measure: BoundMeasure | None = None
    target: Figure | None = Field(None, examples=["3000000.00"])
    owner: str | None = Field(None, max_length=100, description="the user who answers for it")
    starts_on: Day | None = None
    due_on: Day | None = Field(None, description="its last day")

    @model_validator(mode="after")
    def has_a_day(self) -> "NewObjective":
        if self.starts_on and self.due_on and self.due_on < self.starts_on:
            raise not_valid({"en": "due_on lies before starts_on", "zh": "截止日早于起始日"})
        return self


class NewPlan(Request):
    account_id: str
    title: Text = Field(examples=["Two shops in Matadi"])
    valid_from: Day
    valid_until: Day = Field(description="first day no longer covered")
    activities: Annotated[list[Activity], Field(max_length=100)] = Field(default_factory=list)
    objectives: Annotated[list[NewObjective], Field(max_length=50)] = Field(default_factory=list)

    @model_validator(mode="after")
    def has_a_day(self) -> "NewPlan":
        if self.valid_until <= self.valid_from:
            raise not_valid({"en": "valid_until lies after valid_from", "zh": "结束日须晚于起始日"})
        return self


class ProgressOut(BaseModel):
    """What was measured up to the day; all empty where nothing is known."""

    value: str | None = Field(examples=["2211000.00"])
    share: str | None = Field(description="of the target, four digits; compared unrounded", examples=["0.7370"])
    reached: bool
    short_by: str | None = Field(examples=["789000.00"])
    no_evidence: str | None = Field(description="what is not known")


class ObjectiveOut(NewObjective):
    id: str
    complete: bool = Field(description="it has measure, target, owner and dates")
    progress: ProgressOut | None = Field(description="null where it has no measure, target or dates yet")


class PlanOut(BaseModel):
    id: str
    account_id: str
    title: str
    valid_from: date
    valid_until: date
    activities: list[Activity]
    activity_kinds_missing: list[ActivityKind]
    made_by: str
    made_at: AwareDatetime


class WholePlan(PlanOut):
    """A plan with its objectives as of a day."""

    as_of: date
    objectives: list[ObjectiveOut]
