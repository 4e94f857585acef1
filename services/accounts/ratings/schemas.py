"""Shapes of assessments, ratings and classes over HTTP."""

from datetime import date
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.accounts.ratings.domain import ProposalState
from shared.http.moments import Day

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewAssessment(Request):
    """A dated judgement about the account, under the name of the fact it is evidence for."""

    fact: str = Field(pattern=r"^account\.[a-z_]+$", examples=["account.credit"])
    value: Text = Field(examples=["high"])
    assessed_on: Day = Field(examples=["2020-12-10"])
    expires_on: Day | None = Field(None, description="its last good day; none where it stays good")
    evidence: Text = Field(examples=["bank reference of 2020-11-30"])


class AssessmentOut(NewAssessment):
    id: str
    account_id: str
    assessed_by: str
    recorded_at: AwareDatetime


class NewRun(Request):
    accounts: Annotated[list[str], Field(min_length=1, max_length=1000)] | None = Field(
        None, description="ids; left out, every account the caller reaches"
    )
    as_of: Day = Field(description="rated as of the end of this local day", examples=["2020-12-31"])
    preview: bool = Field(False, description="only look: no proposal, no ask")


class RatingOut(BaseModel):
    account_id: str
    number: str
    score: str | None = Field(description="two digits; compared unrounded", examples=["91.11"])
    grade: str | None = Field(examples=["A"])
    proposal_id: str | None


class RunOut(BaseModel):
    run_id: str
    as_of: date
    preview: bool
    policy: str | None = Field(examples=["account-class@1"])
    grades: dict[str, int] = Field(description="how many accounts got each grade", examples=[{"A": 1}])
    results: list[RatingOut]


class RatingRunOut(BaseModel):
    """A run that was kept; `period` where the half year's end started it."""

    id: str
    as_of: date
    period: str | None = Field(examples=["2021-H1"])
    started_by: str
    started_at: AwareDatetime
    policies: list[str] = Field(examples=[["account-class@1"]])
    rated: int = Field(description="accounts")
    proposed: int = Field(description="of these, with a grade")
    ended_at: AwareDatetime | None = Field(description="none while accounts are left to rate")


class LateFact(BaseModel):
    """Counted here although it came too late for the rating before."""

    kind: str = Field(description="order or assessment", examples=["order"])
    id: str
    happened_on: date
    recorded_at: AwareDatetime
    net: dict[str, str] | None = Field(None, description="what it adds to deliveries, less returns")
    paid: dict[str, str] | None = None
    fact: str | None = None
    value: str | None = None


class ProposalOut(BaseModel):
    id: str
    run_id: str
    account_id: str
    as_of: date
    grade: str
    score: str
    state: ProposalState
    policy: str
    takes_effect: str
    proposed_at: AwareDatetime
    late: list[LateFact] = Field(description="what came too late for the rating before, the first fifty")
    decision: dict[str, Any] = Field(description="the whole trace: every criterion with its evidence")


class ClassOut(BaseModel):
    account_id: str
    as_of: date
    known_at: AwareDatetime
    grade: str | None
    valid_from: date | None
    valid_until: date | None = Field(description="only a class set by hand has an end")
    proposal_id: str | None
    override_id: str | None
    history: list["ClassSpan"]


class ClassSpan(BaseModel):
    grade: str
    valid_from: date
    valid_until: date | None
    recorded_at: AwareDatetime
    proposal_id: str | None
    override_id: str | None


class ExplanationOut(BaseModel):
    """A decision in words, in the language asked for, and its trace."""

    language: str
    lines: list[str]
    trace: dict[str, Any]
