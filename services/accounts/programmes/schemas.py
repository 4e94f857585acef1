"""Shapes of nominations and key-account lists over HTTP (A4)."""

from datetime import date
from typing import Annotated

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    field_validator,
    model_validator,
)

from services.accounts.programmes.domain import ListState
from services.accounts.programmes.facts import CONTINUOUS_CONTRACTS, NOMINATED
from shared.calendar import Duration
from shared.errors import Words
from shared.http.field_errors import not_valid

LONGEST_YEARS = 100  # beyond it no calendar counts back
TOO_LONG: Words = {
    "en": f"years, months or days, {LONGEST_YEARS} years at most",
    "zh": f"应为年、月或日，最长{LONGEST_YEARS}年",
}
Text = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NominationReason(Request):
    """One of the qualifying criteria as a department sees it, with what shows it."""

    fact: str = Field(
        json_schema_extra={"enum": [*sorted(NOMINATED)]},
        description="what is said of the account",
        examples=["account.develops_market"],
    )
    value: StrictBool | Annotated[str, StringConstraints(max_length=40)] = Field(
        description="true or false; of contracts how long they have run, such as P2Y", examples=[True]
    )
    evidence: Text = Field(examples=["opened 14 shops in two provinces in 2020"])

    @field_validator("fact")
    @classmethod
    def can_be_nominated(cls, fact: str) -> str:
        if fact not in NOMINATED:
            names = ", ".join(sorted(NOMINATED))
            raise not_valid({"en": f"one of {names}", "zh": f"应为下列之一：{names}"})
        return fact

    @model_validator(mode="after")
    def value_is_of_the_fact(self) -> "NominationReason":
        if self.fact != CONTINUOUS_CONTRACTS:
            if not isinstance(self.value, bool):
                raise not_valid({"en": "true or false is said of this", "zh": "此项应为true或false"})
        elif isinstance(self.value, bool):
            raise not_valid({"en": "a duration such as P2Y is said of contracts", "zh": "合同年限应写作P2Y"})
        else:
            length = _length(self.value)
            if length is None or not length.is_calendar or length.in_months // 12 + length.days // 365 > LONGEST_YEARS:
                raise not_valid(TOO_LONG)
        return self


def _length(text: str) -> Duration | None:
    try:
        return Duration.parse(text)
    except ValueError:
        return None


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


class DepartmentOut(BaseModel):
    """A department that is asked to agree, and what its head said: nothing yet is null."""

    department: str
    decision: str | None = Field(examples=["approve"])
    decided_by: str | None


class KeyAccountListOut(BaseModel):
    """A half year's list; only accounts within the caller's reach are named."""

    half_year: str
    state: ListState
    valid_from: date
    valid_until: date
    accounts: list[str]
    agreed_at: AwareDatetime | None
    published_at: AwareDatetime | None
    published_by: str | None
    departments: list[DepartmentOut] = Field(description="who is asked to agree; empty until the list is proposed")
    nominations: list[NominationOut]


class ListedAccount(BaseModel):
    account_id: str
    number: str
    legal_name: str


class ListDifference(BaseModel):
    """Who joined, stayed and left against the last list."""

    half_year: str
    against: str | None = Field(description="the last half year with a list; null for the first one")
    joined: list[ListedAccount]
    stayed: list[ListedAccount]
    left: list[ListedAccount]
