"""Shapes of return visits and spot checks over HTTP."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, StrictInt, StringConstraints

from services.accounts.contacts.schemas import FileHash, Note
from services.accounts.dossiers.schemas import Request
from services.accounts.return_visits.domain import Finding
from shared.http.moments import Day

Month = Annotated[str, StringConstraints(pattern=r"^[12]\d{3}-(0[1-9]|1[0-2])$")]
Seed = Annotated[str, StringConstraints(min_length=1, max_length=100)]
MONTH = Field(examples=["2021-03"])


class Scores(Request):
    """Eight aspects of the month, each a mark of the scale."""

    quality: StrictInt = Field(examples=[5])
    schedule: StrictInt = Field(examples=[4])
    technical: StrictInt = Field(examples=[4])
    materials: StrictInt = Field(examples=[5])
    safety: StrictInt = Field(examples=[5])
    documentation: StrictInt = Field(examples=[3])
    conduct: StrictInt = Field(examples=[4])
    cooperation: StrictInt = Field(examples=[5])


class NewReturnVisit(Request):
    account_id: str
    month: Month = MONTH
    visited_on: Day = Field(examples=["2021-03-18"])
    form_hash: FileHash = Field(description="the scanned form, uploaded before")
    scores: Scores
    remarks: Note | None = None


class ReturnVisitOut(BaseModel):
    id: str
    account_id: str
    branch: str
    month: str
    visited_on: date
    form_hash: str
    scores: Scores
    remarks: str | None
    filed_by: str
    received_at: AwareDatetime
    received_on: date
    policy: str = Field(examples=["return-visit@1"])
    score: str | None = Field(description="two digits; compared unrounded", examples=["84.38"])
    grade: str | None = Field(examples=["fair"])
    warnings: list[str]


class NewMinutes(Request):
    contact_id: str = Field(description="the customer_meeting in the contact log")
    file_hash: FileHash = Field(description="the scanned minutes, uploaded before")


class MinutesOut(BaseModel):
    contact_id: str
    account_id: str
    file_hash: str
    filed_by: str
    received_at: AwareDatetime
    received_on: date


class NewReportedContact(Request):
    account_id: str
    month: Month = MONTH
    person_id: str = Field(description="a person of the account's dossier")


class ReportedContactOut(BaseModel):
    account_id: str
    month: str
    person_id: str
    reported_by: str
    reported_on: date


class DueOut(BaseModel):
    """Where a listed account stands in a month: `holds`, `not_yet` while there is time, else what is missing."""

    account_id: str
    branch: str
    answer: str = Field(examples=["not_yet"])
    lines: list[str]


class Dues(BaseModel):
    month: str
    due_on: date = Field(description="the last day on which everything is in time, whatever weekday it is")
    items: list[DueOut]


class NewSample(Request):
    month: Month = MONTH
    seed: Seed | None = Field(None, description="what the draw is made of; a random one where left out")


class SpotCheckOut(BaseModel):
    id: str
    sample_id: str
    return_visit_id: str
    branch: str
    month: str
    finding: Finding
    note: str | None
    checked_by: str | None
    checked_at: AwareDatetime | None


class SampleOut(BaseModel):
    """Sort the population by SHA-256 of `seed/id` in hexadecimal and take as many: the same checks again."""

    id: str
    month: str
    seed: str
    population: list[str]
    drawn_by: str
    drawn_at: AwareDatetime
    checks: list[SpotCheckOut]


class NewFinding(Request):
    truthful: bool
    note: Note = Field(examples=["called Ms Chen: nobody of the branch was there in March"])
