"""What the others hear of a request, on `approvals.v1`, and what the worker is to tell by mail."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.notices.models import DecidedRequest
from services.approvals.requests.domain import Choice, Decided, Request
from services.approvals.requests.models import RequestRow
from services.approvals.requests.states import State
from services.approvals.routing.domain import capacity
from shared import outbox
from shared.errors import Words
from shared.events.approvals import (
    ApprovalGranted,
    ApprovalRejected,
    ApprovalRequested,
    ApprovalReturned,
    ApprovalWithdrawn,
    RouteStep,
    StepDecided,
    StepEscalated,
    StepReminded,
)
from shared.ids import new_id

SAID: Mapping[Choice, Literal["reject", "return"]] = {Choice.REJECT: "reject", Choice.RETURN: "return"}
CLOSINGS = {
    State.REJECTED: ApprovalRejected,
    State.RETURNED: ApprovalReturned,
    State.WITHDRAWN: ApprovalWithdrawn,
}


def requested(session: AsyncSession, row: RequestRow, request: Request, *, at: datetime) -> None:
    steps = tuple(RouteStep(id=turn.id, role=capacity(turn), kind=turn.kind) for turn in request.turns())
    outbox.record(session, ApprovalRequested(**_about(row), occurred_at=at, route=row.policy, steps=steps))


def step_decided(session: AsyncSession, row: RequestRow, decided: Decided) -> None:
    outbox.record(
        session,
        StepDecided(
            **_about(row),
            occurred_at=decided.at,
            step=decided.step,
            decision=SAID.get(decided.choice, "approve"),
            decided_by=decided.by,
            on_behalf_of=decided.on_behalf_of,
        ),
    )


def step_reminded(session: AsyncSession, row: RequestRow, *, step: str, at: datetime) -> None:
    outbox.record(session, StepReminded(**_about(row), occurred_at=at, step=step))


def step_escalated(session: AsyncSession, row: RequestRow, *, step: str, to: Sequence[str], at: datetime) -> None:
    outbox.record(session, StepEscalated(**_about(row), occurred_at=at, step=step, escalated_to=tuple(to)))


def granted(session: AsyncSession, row: RequestRow, *, at: datetime) -> None:
    _to_be_told(session, row, at=at)
    outbox.record(
        session,
        ApprovalGranted(
            **_about(row),
            occurred_at=at,
            content_hash=row.content_hash,
            terms=row.terms,
            granted_at=at,
            lasts_until=row.lasts_until,
        ),
    )


def closed(session: AsyncSession, row: RequestRow, because: Words, *, at: datetime) -> None:
    """Rejected, returned or withdrawn, with the reason as it was said."""
    _to_be_told(session, row, at=at)
    closing = CLOSINGS[State(row.state)]
    outbox.record(session, closing(**_about(row), occurred_at=at, reason=because["en"]))


def _to_be_told(session: AsyncSession, row: RequestRow, *, at: datetime) -> None:
    """The worker tells the requester and those copied, when it comes to it."""
    session.add(DecidedRequest(id=str(new_id()), request_id=row.id, decided_at=at))


def _about(row: RequestRow) -> dict[str, object]:
    return {
        "request_id": row.id,
        "subject_type": row.subject_type,
        "subject_id": row.subject_id,
        "revision": row.revision,
        "account_id": row.account_id,
    }
