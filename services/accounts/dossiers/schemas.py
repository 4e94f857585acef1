"""Shapes of dossiers over HTTP."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from services.accounts.dossiers.domain import Channel, PersonRole, SalesClass, TeamDuty
from shared.errors import Words
from shared.http.field_errors import not_valid
from shared.http.moments import Day, DayOfRecord
from shared.money import Money

Text = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
MailAddress = Annotated[Text, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
# Six places: fifty shares of them are summed exactly, so that a whole is one and nothing beside it (S-I1).
Share = Annotated[Decimal, Field(gt=0, le=1, max_digits=7, decimal_places=6)]
UserId = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MoneyText(Request):
    amount: str = Field(pattern=r"^\d{1,15}(\.\d{1,4})?$", examples=["500000.00"])
    currency: str = Field(pattern=r"^[A-Z]{3}$", examples=["USD"])

    @model_validator(mode="after")
    def _is_an_amount_of_its_currency(self) -> Self:
        Money.parse(self.amount, self.currency)
        return self


class DossierFields(Request):
    """A1: what a dossier holds beside people and documents; whatever is left out counts as missing."""

    nature: Text | None = Field(None, examples=["limited company"])
    address: Text | None = Field(None, examples=["12 avenue du Commerce, Gombe, Kinshasa"])
    postcode: Text | None = None
    phone: Text | None = Field(None, examples=["+243 81 000 0000"])
    fax: Text | None = None
    email: MailAddress | None = Field(None, examples=["purchasing@ngaliema.example"])
    founded_on: DayOfRecord | None = Field(None, examples=["2012-05-14"])
    registered_capital: MoneyText | None = None
    shareholders: Text | None = Field(None, examples=["J. Mbuyi 60 %, C. Chen 40 %"])
    head_count_local: int | None = Field(None, ge=0, le=10_000_000)
    head_count_foreign: int | None = Field(None, ge=0, le=10_000_000)
    industry: Text | None = Field(None, examples=["telecom retail"])
    size: Text | None = Field(None, examples=["medium: 3 shops, 40 people"])
    developer: UserId | None = Field(
        None, description="user id of the salesperson who developed the customer himself (R3)"
    )


class NewAccount(DossierFields):
    number: Text | None = Field(None, description="given by the caller, else the next free one")
    filed_on: Day | None = Field(None, description="the local day of filing; today where left out")
    legal_name: Text = Field(examples=["Ngaliema Mobile Trading SARL"])
    branch: Text = Field(examples=["kinshasa"])
    channel: Channel
    sales_class: SalesClass
    industrial: bool = Field(False, description="an industrial customer: its first order is prepaid by half (P7)")


def never_emptied(value: Any) -> Any:
    """For a change of what has to stand in the row: left out it stays, null is no value of it."""
    if value is None:
        raise not_valid({"en": "leave it out, or name another", "zh": "不修改时请省略，否则请填写新值"})
    return value


class AccountChange(DossierFields):
    """Only the fields that are sent change."""

    legal_name: Text | None = None
    channel: Channel | None = None
    sales_class: SalesClass | None = None
    industrial: bool | None = None

    _stay = field_validator("legal_name", "channel", "sales_class", "industrial")(never_emptied)


class AccountOut(BaseModel):
    id: str
    number: str
    filed_on: date
    legal_name: str
    branch: str
    channel: Channel
    sales_class: SalesClass
    industrial: bool
    frozen: bool
    merged_into: str | None = Field(description="the account that goes on for this one")
    developer: str | None
    nature: str | None
    address: str | None
    postcode: str | None
    phone: str | None
    fax: str | None
    email: str | None
    founded_on: date | None
    registered_capital: MoneyText | None
    shareholders: str | None
    head_count_local: int | None
    head_count_foreign: int | None
    industry: str | None
    size: str | None
    opened_at: AwareDatetime


class NewPerson(Request):
    role: PersonRole
    name: Text = Field(examples=["Chen Li"])
    title: Text | None = Field(None, examples=["purchasing director"])
    email: MailAddress | None = Field(
        None, description="where surveys to this person go", examples=["li@ngaliema.example"]
    )
    education: Text | None = None
    birth_date: DayOfRecord | None = None
    interests: Text | None = None
    family_notes: Text | None = Field(None, description="personal; stored, and shown masked")


class PersonChange(Request):
    """Only the fields that are sent change."""

    role: PersonRole | None = None
    name: Text | None = None
    title: Text | None = None
    email: MailAddress | None = Field(None, examples=["li@ngaliema.example"])
    education: Text | None = None
    birth_date: DayOfRecord | None = None
    interests: Text | None = None
    family_notes: Text | None = None
    left_on: Day | None = Field(None, description="first day the person is no longer with the customer")

    _stay = field_validator("role", "name")(never_emptied)


class Purpose(Request):
    """Why something personal is read in clear."""

    purpose: Text = Field(min_length=5, description="kept in the audit trail", examples=["payout of March 2021"])


class FamilyNotes(BaseModel):
    """In clear; the reading was audited."""

    id: str
    family_notes: str | None


class PersonOut(BaseModel):
    id: str
    role: PersonRole
    name: str
    title: str | None
    email: str | None
    education: str | None
    birth_date: date | None
    interests: str | None
    family_notes: str | None = Field(description="masked")
    left_on: date | None


class NewDocument(Request):
    type: Text = Field(examples=["business_licence"])
    number: Text = Field(examples=["CD/KIN/RCCM/12-B-0417"])
    issued_on: DayOfRecord | None = Field(None, examples=["2012-06-01"])
    expires_on: Day | None = Field(None, description="its last good day", examples=["2024-06-01"])
    file_reference: Text | None = Field(None, description="where the paper lies", examples=["cabinet 4, folder 17"])
    file_hash: str | None = Field(None, pattern=r"^[0-9a-f]{64}$", description="of a file sent to POST /files")

    @field_validator("expires_on")
    @classmethod
    def _lasts_a_day(cls, value: date | None, info: ValidationInfo) -> date | None:
        issued = info.data.get("issued_on")
        if value is not None and issued is not None and value < issued:
            good: Words = {"en": "a document is good on the day it was issued", "zh": "证件在签发当日须有效"}
            raise not_valid(good)
        return value


class DocumentOut(BaseModel):
    id: str
    type: str
    number: str
    issued_on: date | None
    expires_on: date | None
    expired: bool = Field(description="on the day asked; an expired document counts as missing")
    file_reference: str | None
    file_hash: str | None


class Member(Request):
    user_id: UserId = Field(description="one of the house's people")
    duty: TeamDuty
    share: Share = Field(Decimal(1), description="of the reps' credit; the reps of a day sum to one", examples=["1"])
    valid_from: Day
    valid_until: Day | None = Field(None, description="first day no longer covered")

    @field_validator("valid_until")
    @classmethod
    def _covers_a_day(cls, value: date | None, info: ValidationInfo) -> date | None:
        first = info.data.get("valid_from")
        if value is not None and first is not None and value <= first:
            raise not_valid({"en": "valid_until lies after valid_from", "zh": "结束日须晚于开始日"})
        return value


class Team(Request):
    members: Annotated[list[Member], Field(min_length=1, max_length=50)]
    developer: UserId | None = None


class TeamOut(BaseModel):
    members: list[Member]
    developer: str | None


class Reason(Request):
    reason: Text = Field(examples=["licence under review"])


class Title(BaseModel):
    en: str
    zh: str


class MissingField(BaseModel):
    field: str = Field(examples=["business_licence"])
    group: str = Field(examples=["documents"])
    title: Title


class BankAccountOut(BaseModel):
    id: str
    bank: str
    currency: str | None
    number: str = Field(description="masked", examples=["••• 0172"])
    in_use: bool
    recorded_at: AwareDatetime


class Dossier(BaseModel):
    """The whole file with its completeness, a share of one rounded down to four digits for show."""

    account: AccountOut
    people: list[PersonOut]
    documents: list[DocumentOut]
    bank_accounts: list[BankAccountOut]
    team: list[Member]
    completeness: str = Field(examples=["0.9655"])
    missing: list[MissingField]


class AccountPage(BaseModel):
    items: list[AccountOut]
    next: str | None
