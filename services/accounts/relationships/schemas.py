"""Shapes of relationship plans over HTTP (A10)."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, model_validator

from services.accounts.contacts.schemas import Note
from services.accounts.dossiers.schemas import Request, UserId
from services.accounts.relationships.domain import StepState
from shared.http.field_errors import not_valid
from shared.http.moments import Day

Goal = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]


class NewStep(Request):
    """Something to do for the relationship, by whom and until when."""

    what: Goal = Field(examples=["introduce the new service manager"])
    owner: UserId | None = Field(None, description="who does it; the plan's owner where left out")
    due_on: Day = Field(description="its last day, inside the plan", examples=["2021-03-15"])


class NewRelationshipPlan(Request):
    """What is aimed at with one contact of an account."""

    account_id: str
    person_id: str = Field(description="the contact, a person of the dossier")
    goals: Annotated[list[Goal], Field(min_length=1, max_length=20)] = Field(
        examples=[["is asked first when a van is bought"]]
    )
    owner: UserId | None = Field(None, description="who answers for it; the caller where left out")
    valid_from: Day = Field(examples=["2021-01-01"])
    valid_until: Day = Field(description="first day no longer covered", examples=["2022-01-01"])
    steps: Annotated[list[NewStep], Field(max_length=100)] = Field(default_factory=list)

    @model_validator(mode="after")
    def has_a_day(self) -> "NewRelationshipPlan":
        if self.valid_until <= self.valid_from:
            raise not_valid({"en": "valid_until lies after valid_from", "zh": "结束日须晚于起始日"})
        return self


class StepDone(Request):
    done_on: Day | None = Field(None, description="the local day it was done; today where left out")
    outcome: Note | None = Field(None, description="what came of it", examples=["they meet again in May"])


class StepOut(BaseModel):
    id: str
    plan_id: str
    what: str
    owner: str
    due_on: date
    state: StepState = Field(description="as of today")
    done_on: date | None
    done_by: str | None
    outcome: str | None


class RelationshipPlanOut(BaseModel):
    id: str
    account_id: str
    person_id: str
    goals: list[str]
    owner: str
    valid_from: date
    valid_until: date
    made_by: str
    made_at: AwareDatetime


class WholeRelationshipPlan(RelationshipPlanOut):
    steps: list[StepOut] = Field(description="by the day they are due")


class StepReminderOut(BaseModel):
    """Said once to a step's owner for each lead of the table `relationship-reminders`."""

    step_id: str
    plan_id: str
    account_id: str
    what: str
    owner: str
    due_on: date
    lead: str = Field(description="how long before the day, or `overdue`", examples=["P3D"])
    reminded_at: AwareDatetime
