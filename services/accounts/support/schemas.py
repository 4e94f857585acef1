"""Shapes of programmes over HTTP (A11)."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.accounts.evidence import HASH
from services.accounts.support.domain import Standing, Verdict
from shared.http.moments import Day

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BothTexts(BaseModel):
    en: str
    zh: str


class NewEvidence(Request):
    """Something that was seen of an account on a day, and what shows it."""

    account_id: str
    fact: str = Field(pattern=r"^programme\.[a-z_]+$", examples=["programme.promoters"])
    item: str | None = Field(
        None, description="of equipment: place and item of the checklist", examples=["shop/computer"]
    )
    value: Annotated[str, StringConstraints(min_length=1, max_length=40)] = Field(
        description="as the fact has it: true or false, a word, a number, an amount; of equipment how many",
        examples=["16"],
    )
    currency: str | None = Field(None, pattern=r"^[A-Z]{3}$", description="of money")
    seen_on: Day = Field(examples=["2021-03-10"])
    evidence: Text = Field(examples=["inspection report 2021/14"])
    file_hash: str | None = Field(None, pattern=HASH, description="an uploaded file that shows it")


class EvidenceOut(NewEvidence):
    id: str
    programme: str
    recorded_by: str
    recorded_at: AwareDatetime


class NewEvaluation(Request):
    account_id: str
    as_of: Day | None = Field(None, description="as of the end of this local day; today where left out")
    starts_on: Day | None = Field(
        None, description="for whom is no member: the first day to be judged for; 1 January of the year where left out"
    )


class MissingOut(BaseModel):
    """What a condition still lacks: the fact (or document), and how much where that is a figure."""

    fact: str = Field(examples=["programme.promoters"])
    title: BothTexts
    verdict: Verdict
    short_by: str | None = Field(description="null where nothing is known, or a yes is missing", examples=["3"])
    currency: str | None = Field(examples=["CNY"])


class ConditionOut(BaseModel):
    """One condition as it stands on the day."""

    id: str = Field(examples=["unit"])
    title: BothTexts
    answer: Verdict
    deadline: date | None = Field(description="where it is not met: the last day on which it still may be")
    missing: list[MissingOut]


class EvaluationOut(BaseModel):
    id: str
    programme: str
    account_id: str
    starts_on: date
    as_of: date
    answer: Standing = Field(description="open: what is not met still may be")
    policy: str = Field(examples=["support-programme@1"])
    conditions: list[ConditionOut]
    evaluated_by: str
    evaluated_at: AwareDatetime


class NewMembership(Request):
    account_id: str
    starts_on: Day | None = Field(None, description="1 January of this year where left out; years count from it")


class MembershipOut(BaseModel):
    id: str
    programme: str
    account_id: str
    starts_on: date
    leaves_on: date | None = Field(description="first day no longer covered")
    left_because: str | None
    evaluation_id: str
    admitted_by: str
    admitted_at: AwareDatetime


class Exit(Request):
    reason: Text = Field(examples=["sells another brand since May"])
    leaves_on: Day | None = Field(None, description="first day no longer covered; today where left out")


class TargetYear(BaseModel):
    """One year of membership with what was bought in it so far."""

    year: int = Field(examples=[1])
    first: date
    last: date
    currency: str
    target: str
    purchases: str
    attainment: str = Field(description="share of the target, four digits; compared unrounded", examples=["0.7370"])
    reached: bool
    short_by: str


class Targets(BaseModel):
    membership_id: str
    as_of: date
    years: list[TargetYear]


class ReminderOut(BaseModel):
    id: str
    membership_id: str
    account_id: str
    condition: str
    deadline: date
    before: str = Field(examples=["P30D"])
    missing: list[MissingOut]
    reminded_at: AwareDatetime
