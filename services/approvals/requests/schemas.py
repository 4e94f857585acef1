"""What a client sends to a request, and what it is shown of one."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.http.moments import Moment

Text = Annotated[str, Field(max_length=2000)]


class Words(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"en": "Contract", "zh": "合同"}]})

    en: str
    zh: str


class EvidenceGiven(BaseModel):
    """How the approval was given: a signed paper or an e-mail, with where it is kept."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"channel": "email", "reference": "mail of 3 March", "received_at": "2021-03-03T08:00:00Z"}]
        },
    )

    channel: Literal["signature", "email"]
    reference: str = Field(min_length=1, max_length=500, description="where the paper or the mail is found")
    received_at: Moment
    file_id: str | None = Field(None, pattern=r"^[0-9a-f]{64}$", description="the uploaded file's id: its SHA-256")


class MailShown(BaseModel):
    """As the headers of the mail say."""

    sender: str
    recipients: list[str]
    subject: str
    sent_at: datetime


class EvidenceShown(BaseModel):
    """What an approval rests on; `mail` is read from the EML that was kept."""

    channel: Literal["signature", "email"]
    reference: str
    received_at: datetime
    file_id: str | None
    mail: MailShown | None


class DecisionGiven(BaseModel):
    """A decision on a step; the step may be left out where only one is open."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"step": "legal", "decision": "approve", "comment": "read on 3 March"}]},
    )

    step: str | None = Field(None, max_length=100)
    decision: Literal["approve", "reject", "done"] = Field(description="done is for steps that only act")
    comment: Text = Field("", description="needed for a rejection: why")
    evidence: EvidenceGiven | None = Field(None, description="needed to approve where the route says so")
    terms: dict[str, Any] | None = Field(None, description="what the route asks of its last approver")


class ReturnGiven(BaseModel):
    """Back to an earlier step, or to the requester where none is named."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"step": "marketing", "to_step": "first", "then": "returner", "comment": "the term is missing"}
            ]
        },
    )

    step: str | None = Field(None, max_length=100, description="one's own open step, where several are open")
    to_step: str | None = Field(None, max_length=100, description="an approved step; the requester without it")
    then: Literal["returner", "all"] = Field(
        "returner", description="after the repair: straight back to who returned it, or every step from there again"
    )
    comment: Text = Field(min_length=1, description="what is to be repaired")


class TransferGiven(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"step": "legal", "to_user": "u-17", "comment": "her field"}]},
    )

    step: str | None = Field(None, max_length=100)
    to_user: str = Field(min_length=1, max_length=100, description="who takes the turn; both names stay on it")
    comment: Text = ""


class ApproverAdded(BaseModel):
    """One more person who reviews; `before` holds the open step until he has agreed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"step": "finance", "place": "before", "to_user": "u-17"}]},
    )

    step: str | None = Field(None, max_length=100)
    place: Literal["before", "after", "beside"]
    to_user: str = Field(min_length=1, max_length=100)


class CopyGiven(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"to_users": ["u-17"], "note": "for your planning"}]}
    )

    to_users: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(min_length=1, max_length=50)
    note: Text = ""


class Resubmission(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"comment": "the term is in now"}]})

    comment: Text = ""


class ItemDecided(DecisionGiven):
    """One decision of a batch; `version` is the request's ETag without quotes."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"request_id": "0198a5b2-7c11-7000-8000-000000000001", "version": 1, "decision": "approve"},
            ]
        },
    )

    request_id: UUID
    version: int = Field(ge=1)


class BatchGiven(BaseModel):
    """Up to a hundred decisions; each stands or falls alone."""

    model_config = ConfigDict(extra="forbid")

    items: list[ItemDecided] = Field(min_length=1, max_length=100)


class ItemResult(BaseModel):
    """`refused` carries the problem as a single decision would have answered it; nothing of that item changed."""

    request_id: UUID
    result: Literal["decided", "refused"]
    state: str | None = Field(description="of the request after the decision")
    code: str | None = Field(None, description="why it was refused")
    detail: Words | None = None


class BatchResult(BaseModel):
    items: list[ItemResult] = Field(description="in the order given")


class Withdrawal(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "the price changed"}]})

    reason: Text = Field(min_length=1)


class Person(BaseModel):
    user_id: str
    name: str


class DecisionShown(BaseModel):
    decision: str
    by: Person
    on_behalf_of: Person | None = None
    at: datetime
    comment: str
    evidence: EvidenceShown | None = None


class SideBySide(BaseModel):
    """The innermost group of parallel steps a step stands in."""

    group: str
    needed: int
    of: int
    on_no: Literal["when_impossible", "stop"] = Field(description="what one refusal does (S-G6)")


class StepShown(BaseModel):
    """A turn of the chain; `waiting` is `no_holder` where nobody may take it: it never passes by itself."""

    id: str
    role: str = Field(description="the role or duty the route names")
    kind: Literal["review", "approve", "act", "copy"]
    state: str
    evidence: list[str]
    why: Words = Field(description="why the step is on this route")
    opened_at: datetime | None
    due_at: datetime | None = Field(description="in business time of the route's calendar")
    late: bool
    reminded_at: datetime | None = Field(description="when the worker reminded those who may take it")
    escalated_at: datetime | None = Field(description="when it was late, or nobody could take it")
    escalated_to: list[Person] = Field(description="who was told of it; empty: the route's escalation leads to nobody")
    waiting: Literal["open", "no_holder"] | None = Field(description="for a step whose turn it is")
    acting: list[Person] = Field(description="who may take the step now")
    decision: DecisionShown | None = Field(description="what stands; none while it is to be asked again")
    earlier: list[DecisionShown] = Field(description="what was decided before the step was asked again")
    round: int = Field(description="how many times the step has been asked")
    assigned_to: Person | None = Field(description="the one person it waits for: handed over, or added on the way")
    assigned_by: Person | None = Field(description="who handed it over")
    side_by_side: SideBySide | None


class RequestSummary(BaseModel):
    id: UUID
    subject_type: str
    subject_id: str
    revision: int
    title: Words
    state: str
    account_id: str | None
    branch: str | None
    route: str = Field(description="id@version, frozen at submission")
    requester: str
    requested_at: datetime
    open_steps: list[str]
    due_at: datetime | None = Field(description="when the first of its open steps is late, in business time")


class RequestShown(RequestSummary):
    """A request with its chain; the ETag is its version."""

    initiator: str
    beneficiaries: list[str]
    content: dict[str, Any]
    content_hash: str
    steps: list[StepShown]
    terms: dict[str, Any]
    granted_at: datetime | None
    lasts_until: datetime | None
    closed_because: Words | None
    copied_to: list[Person] = Field(description="people told of it by name")


class RouteExplained(BaseModel):
    """The frozen route in words, and the trace that a stranger can check."""

    language: Literal["en", "zh"]
    lines: list[str]
    trace: dict[str, Any]


class RouteAsked(BaseModel):
    """Either a contract, or a route with the facts its conditions ask for."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "route": "contract-route",
                    "branch": "kinshasa",
                    "inputs": {"contract.routing_amount": {"amount": "2000.01", "currency": "USD"}},
                }
            ]
        },
    )

    contract_id: UUID | None = None
    route: str | None = Field(None, max_length=100)
    branch: str | None = Field(None, max_length=100)
    inputs: dict[str, Any] = Field(default_factory=dict)


class StepPreviewed(BaseModel):
    id: str
    role: str
    kind: str
    why: Words
    resolved: list[Person] = Field(description="who would be asked today")
    side_by_side: SideBySide | None


class RoutePreviewed(BaseModel):
    """The route as a submission now would freeze it."""

    route: str
    steps: list[StepPreviewed]
    left_out: dict[str, Words] = Field(description="steps whose condition does not hold, and why")
    expected_days: int | None = Field(description="calendar days until the last step is due")
