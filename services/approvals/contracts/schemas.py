"""What a client writes into a contract, and what it is shown of one."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.approvals.requests.schemas import EvidenceGiven
from shared.http.moments import Day

Decimals = Annotated[str, Field(pattern=r"^\d{1,13}(\.\d{1,4})?$", examples=["880.00"])]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["CNY"])]


class MoneyGiven(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"amount": "99.00", "currency": "USD"}]})

    amount: Decimals
    currency: Currency


class MoneyShown(BaseModel):
    amount: str
    currency: str


class LineGiven(BaseModel):
    """Of the quote's line, or of a SKU at a price."""

    model_config = ConfigDict(extra="forbid")

    quantity: int = Field(ge=1, le=1_000_000)
    quote_line: int | None = Field(None, ge=1)
    sku: str | None = Field(None, max_length=100)
    unit_price: Decimals | None = None


class PaymentTermsGiven(BaseModel):
    """P7: what is due before delivery, days of credit after it, in how many payments, or as consignment stock."""

    model_config = ConfigDict(extra="forbid")

    prepaid_share: Annotated[str, Field(pattern=r"^(0(\.\d{1,6})?|1(\.0{1,6})?)$", examples=["0.50"])] = "0"
    credit_days: int = Field(0, ge=0, le=3650)
    instalments: int = Field(1, ge=1, le=1000)
    consignment: bool = False


class PaperGiven(BaseModel):
    """A document of the account's dossier, by its type and number."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(max_length=100, examples=["business_licence"])
    number: str = Field(max_length=200, examples=["CD/KIN/RCCM/14-B-01234"])


class ContractFields(BaseModel):
    """What a draft may say; what is left out stays as it is, or empty in a new draft."""

    model_config = ConfigDict(extra="forbid")

    lines: list[LineGiven] | None = Field(None, max_length=1000)
    currency: Currency | None = Field(None, description="without a quote; the quote's otherwise")
    monthly_rent: MoneyGiven | None = None
    term: str | None = Field(
        None, pattern=r"^P(\d{1,2}Y(\d{1,3}M)?|\d{1,3}M)$", examples=["P12M"], description="open-ended without"
    )
    plan: Literal["vpn6", "vpn0", "vpn9", "none"] | None = None
    payee: dict[str, Annotated[str, Field(max_length=500)]] | None = Field(None, max_length=20)
    payment_terms: PaymentTermsGiven | None = None
    documents: list[PaperGiven] | None = Field(None, max_length=100)
    first_responsible: str | None = Field(None, max_length=200, description="who answers for it first (C3, C4)")
    valid_from: Day | None = None
    valid_until: Day | None = Field(None, description="the first day no longer covered")
    backdating_reason: str | None = Field(None, max_length=2000, description="why it begins before it is submitted")


class ContractDrafted(ContractFields):
    """A new draft, from an accepted quote or from lines."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "account_id": "01890c5e-7a51-7c1d-9f5e-000000000001",
                    "quote_id": "01890c5e-7a51-7c1d-9f5e-000000000002",
                    "lines": [{"quote_line": 1, "quantity": 600}],
                    "documents": [{"type": "business_licence", "number": "CD/KIN/RCCM/14-B-01234"}],
                    "first_responsible": "01890c5e-7a51-7c1d-9f5e-000000000003",
                    "valid_from": "2021-03-08",
                    "valid_until": "2022-03-08",
                }
            ]
        },
    )

    account_id: str = Field(max_length=100)
    quote_id: str | None = Field(None, max_length=100)
    valid_from: Day


class SignatureGiven(BaseModel):
    model_config = ConfigDict(extra="forbid")

    signed_on: Day
    evidence: EvidenceGiven


class ActivationGiven(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"active_on": "2021-03-08"}]})

    active_on: Day


class LineShown(BaseModel):
    line: int
    sku: str
    quantity: int
    unit_price: MoneyShown
    net_amount: MoneyShown
    new_brand: bool
    below_floor: bool


class RateShown(BaseModel):
    base: str
    quote: str
    rate: str
    date: date
    source: str


class ContractShown(BaseModel):
    """A contract with its present revision; the ETag is its version."""

    id: UUID
    number: str
    account_id: str
    branch: str
    state: str
    revision: int
    initiator: str
    first_responsible: str
    quote_id: str | None
    currency: str
    lines: list[LineShown]
    monthly_rent: MoneyShown | None
    term: str | None
    plan: str
    payment_terms: PaymentTermsGiven
    documents: list[PaperGiven]
    payee: dict[str, str] | None
    amount: MoneyShown = Field(description="one-off amounts plus rent for the term, without tax")
    valid_from: date
    valid_until: date | None
    backdating_reason: str
    request_id: UUID | None = Field(description="the request of this revision, once submitted")
    route: str | None
    routing_amount: MoneyShown | None = Field(description="what decided the route, at the rates of submission")
    rates: list[RateShown]
    submitted_at: datetime | None
    approved_at: datetime | None
    approval_lasts_until: datetime | None
    signed_on: date | None
    active_on: date | None


class MoveShown(BaseModel):
    """A line of a contract's history."""

    at: datetime
    revision: int
    move: str
    state: str
    by: str
    changed: list[str]


class HistoryShown(BaseModel):
    moves: list[MoveShown]
    revisions: list[dict[str, Any]] = Field(description="what each revision says")


def decimal_or_none(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
