"""Shapes of development cases over HTTP."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field

from services.accounts.cases.domain import CaseMove, Fit, Stage
from services.accounts.contacts.schemas import Note
from services.accounts.dossiers.schemas import MoneyText, Request, Text, UserId


class NewCase(Request):
    candidate: Text = Field(description="the company to be won", examples=["Matadi Port Services SA"])
    branch: Text = Field(examples=["kinshasa"])
    reason: Note = Field(examples=["runs 40 vehicles, buys radios from two others"])


class CandidateSurvey(Request):
    """How well the candidate fits, in the words of `development-screening`."""

    cost_fit: Fit
    technology_fit: Fit
    environment_fit: Fit
    expected_purchases: MoneyText = Field(description="expected purchases a year")


class Application(Request):
    plan: Note = Field(examples=["three demonstrations, a trial of ten sets, an offer by June"])
    budget: MoneyText


class Advance(Request):
    """One move with what it brings: survey, apply, form_group, open_dossier, report and lose bring something."""

    move: CaseMove = Field(description="manager_agrees, director_agrees and send_back come from approvals alone")
    survey: CandidateSurvey | None = None
    application: Application | None = None
    group: Annotated[list[UserId], Field(min_length=1, max_length=20)] | None = None
    account_id: str | None = Field(None, description="the dossier that was opened for the candidate")
    report: Note | None = None
    reason: Note | None = None


class CaseStepOut(BaseModel):
    move: CaseMove
    stage: Stage
    made_by: str
    made_at: AwareDatetime
    note: str | None


class CaseOut(BaseModel):
    id: str
    branch: str
    candidate: str
    reason: str
    stage: Stage
    allowed: list[CaseMove] = Field(description="the moves from here")
    picked_by: str
    picked_on: date
    survey: CandidateSurvey | None
    score: str | None = Field(description="of the screening, two digits; compared unrounded", examples=["77.50"])
    grade: str | None = Field(examples=["pass"])
    plan: str | None
    budget: MoneyText | None
    group: list[str]
    account_id: str | None
    closed_on: date | None
    lost_because: str | None


class CaseWhole(CaseOut):
    steps: list[CaseStepOut] = Field(description="every move, oldest first")
