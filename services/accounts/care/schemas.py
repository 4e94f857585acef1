"""Shapes of care over HTTP."""

from datetime import date

from pydantic import AwareDatetime, BaseModel, Field

from services.accounts.care.domain import InvitationMove, InvitationState
from services.accounts.dossiers.schemas import Request, Text
from shared.http.moments import Day


class NewCareEvent(Request):
    branch: Text = Field(examples=["kinshasa"])
    name: Text = Field(examples=["Evening of the key accounts"])
    place: Text = Field(examples=["Gombe, the river hall"])
    on_day: Day = Field(examples=["2021-06-12"])


class NewInvitation(Request):
    account_id: str
    person_id: str = Field(description="a person of the account's dossier")


class InvitationAnswer(Request):
    move: InvitationMove


class InvitationOut(BaseModel):
    id: str
    event_id: str
    account_id: str
    person_id: str
    state: InvitationState
    invited_by: str
    invited_at: AwareDatetime


class CareEventOut(BaseModel):
    id: str
    branch: str
    name: str
    place: str
    on_day: date
    planned_by: str


class CareEventWhole(CareEventOut):
    invitations: list[InvitationOut]


class PriorityOut(BaseModel):
    """Whether the account is answered first and its deliveries are secured, and by which document."""

    account_id: str
    priority: bool
    policies: list[str] = Field(examples=[["priority-service@1"]])
    lines: list[str]
