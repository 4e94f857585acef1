"""Who has to sign, who signed, and what was granted on which terms."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from shared.events.envelope import Contents, Event, Instant


class RequestEvent(Event):
    topic = "approvals.v1"
    aggregate = "request"

    request_id: str
    subject_type: str
    subject_id: str
    revision: int
    account_id: str | None = None

    def aggregate_id(self) -> str:
        return self.request_id

    def partition_key(self) -> str:
        return self.account_id or self.request_id


class RouteStep(Contents):
    id: str
    role: str
    kind: str


class ApprovalRequested(RequestEvent):
    """`route` is "id@version", frozen for this request."""

    route: str
    steps: tuple[RouteStep, ...]


class StepDecided(RequestEvent):
    step: str
    decision: Literal["approve", "reject", "return"]
    decided_by: str
    on_behalf_of: str | None = None


class StepReminded(RequestEvent):
    """The route's time for a reminder is over: those who may take the step were reminded."""

    step: str


class StepEscalated(RequestEvent):
    """The step is late, or nobody may take it; `escalated_to` are the people told, nobody where none was found."""

    step: str
    escalated_to: tuple[str, ...] = ()


class ApprovalGranted(RequestEvent):
    """The approval is of this content hash only, on these terms."""

    content_hash: str
    terms: dict[str, Any] = Field(default_factory=dict)
    granted_at: Instant
    lasts_until: Instant | None = None


class ApprovalRejected(RequestEvent):
    reason: str


class ApprovalReturned(RequestEvent):
    reason: str


class ApprovalWithdrawn(RequestEvent):
    reason: str


EVENTS = (
    ApprovalRequested,
    StepDecided,
    StepReminded,
    StepEscalated,
    ApprovalGranted,
    ApprovalRejected,
    ApprovalReturned,
    ApprovalWithdrawn,
)
