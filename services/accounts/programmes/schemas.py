"""Shapes of nominations, lists and elections over HTTP."""

from datetime import date
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.accounts.programmes.domain import ListState

Text = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NominationReason(Request):
    """One of the five qualifying criteria as a department sees it, with what shows it."""

    fact: str = Field(examples=["account.develops_market"])
    value: bool | str = Field(examples=[True])
    evidence: Text = Field(examples=["opened 14 shops in two provinces in 2020"])


class NewNomination(Request):
    half_year: str = Field(pattern=r"^\d{4}-H[12]$", examples=["2021-H1"])
    account_id: str
    department: Text = Field(examples=["market_development"])
    reasons: Annotated[list[NominationReason], Field(min_length=1, max_length=20)]


class NominationOut(BaseModel):
    id: str
    half_year: str
    account_id: str
    department: str
    reasons: list[NominationReason]
    nominated_by: str
    nominated_at: AwareDatetime


class Proposal(Request):
    """Nothing but the wish: the list is made of the nominations."""


class KeyAccountListOut(BaseModel):
    half_year: str
    state: ListState
    valid_from: date
    valid_until: date
    accounts: list[str]
    agreed_at: AwareDatetime | None
    nominations: list[NominationOut]


class NewElection(Request):
    """A12: what an account chooses of a programme, by a named person, for the days `[valid_from, valid_until)`."""

    account_id: str
    programme: str = Field(pattern=r"^p4$", examples=["p4"])
    choice: str = Field(pattern=r"^(subsidy|discount)$", examples=["subsidy"])
    valid_from: date = Field(examples=["2021-01-01"])
    valid_until: date = Field(description="first day no longer covered", examples=["2022-01-01"])
    elected_by: Text = Field(examples=["Ms Chen Li, purchasing director"])

    @model_validator(mode="after")
    def has_a_day(self) -> "NewElection":
        if self.valid_until <= self.valid_from:
            raise ValueError("valid_until lies after valid_from")
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


class Explained(BaseModel):
    """A decision's trace and its rendering in the language asked for."""

    lines: list[str]
    trace: dict[str, Any]
