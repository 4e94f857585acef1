"""Shapes of complaints and feedback over HTTP."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from services.accounts.complaints.domain import ComplaintState, FeedbackKind, Standard
from services.accounts.contacts.schemas import Note
from services.accounts.dossiers.schemas import Request, UserId
from shared.http.moments import Moment

OrderId = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class NewComplaint(Request):
    account_id: str
    about: Note = Field(examples=["two of the handsets delivered on Monday do not charge"])
    order_id: OrderId | None = Field(None, description="the order complained about")
    owner: UserId | None = Field(None, description="who answers for it; the account's rep where left out")
    opened_at: Moment | None = Field(None, description="when the customer complained; now where left out")


class NewOwner(Request):
    owner: UserId


class Resolution(Request):
    resolution: Note = Field(examples=["both handsets replaced, the charger lot is blocked"])
    caused_by_us: bool = Field(description="whether the house caused it: such complaints count against us")


class EscalationOut(BaseModel):
    standard: Standard
    due_at: AwareDatetime
    owner: str
    told_to: str | None = Field(description="the owner's line manager, else the account's manager; null: nobody above")
    escalated_at: AwareDatetime


class ComplaintOut(BaseModel):
    id: str
    account_id: str
    about: str
    order_id: str | None
    state: ComplaintState
    owner: str
    opened_at: AwareDatetime
    opened_by: str
    acknowledge_by: AwareDatetime = Field(description="in business hours of the branch, by `service-standards`")
    resolve_by: AwareDatetime
    acknowledged_at: AwareDatetime | None
    resolved_at: AwareDatetime | None
    resolved_by: str | None
    resolution: str | None
    caused_by_us: bool | None
    escalations: list[EscalationOut]


class NewFeedback(Request):
    account_id: str
    kind: FeedbackKind
    text: Note = Field(examples=["could deliveries come before ten?"])
    received_at: Moment | None = Field(None, description="when it came in; now where left out")


class FeedbackAnswer(Request):
    answer: Note = Field(examples=["from March on the van leaves at eight"])


class FeedbackOut(BaseModel):
    id: str
    account_id: str
    kind: FeedbackKind
    text: str
    received_at: AwareDatetime
    logged_by: str
    answer_by: AwareDatetime = Field(description="in business hours of the branch, by `service-standards`")
    answered_at: AwareDatetime | None
    answered_by: str | None
    answer: str | None
    on_time: bool | None = Field(description="within the standard; null while there is still time")
