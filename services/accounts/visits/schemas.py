"""Shapes of visits and receptions over HTTP."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field

from services.accounts.contacts.schemas import FileHash, Note
from services.accounts.dossiers.schemas import MoneyText, Request
from services.accounts.visits.domain import VisitKind, VisitMove, VisitState
from shared.http.moments import Day


class PlanChange(Request):
    plan: Note = Field(examples=["show the new radios to the fleet manager, dinner for four"])
    planned_on: Day = Field(description="the local day it is to happen", examples=["2021-03-18"])
    budget: MoneyText


class NewVisit(PlanChange):
    account_id: str


class Commitment(Request):
    amount: MoneyText = Field(description="at most the approved budget")


class Gift(Request):
    what: Note = Field(examples=["a desk calendar"])
    quantity: int = Field(ge=1, le=10_000)


class VisitReport(Request):
    """What came of it."""

    happened_on: Day = Field(examples=["2021-03-18"])
    needs: Note = Field(examples=["wants a service contract beside the radios"])
    objections: Note = Field(examples=["price of spare batteries; shown the bundle"])
    gifts: Annotated[list[Gift], Field(max_length=50)] = Field(default_factory=list)
    next_visit_on: Day | None = Field(None, description="as agreed with the customer")
    form_hash: FileHash | None = Field(None, description="the record form, uploaded before")


class CheckNote(Request):
    note: Note


class Claim(Request):
    amount: MoneyText = Field(description="what was really spent, the receipts added up")
    receipts: Annotated[list[FileHash], Field(min_length=1, max_length=50)]


class Reason(Request):
    reason: Note


class VisitOut(BaseModel):
    id: str
    kind: VisitKind
    account_id: str
    state: VisitState
    allowed: list[VisitMove] = Field(description="the moves from here, those of approvals included")
    plan: str
    planned_on: date
    planned_by: str
    planned_at: AwareDatetime
    budget: MoneyText
    committed: MoneyText | None
    committed_by: str | None
    committed_on: date | None
    report: VisitReport | None
    reported_by: str | None
    contact_id: str | None = Field(description="the visit in the contact log")
    checked_by: str | None
    check_note: str | None
    claimed: MoneyText | None
    claimed_by: str | None
    receipts: list[str]
    extra_granted: MoneyText | None = Field(description="the claim that a new approval covers")
    reimbursed_by: str | None
    reimbursed_on: date | None
