"""How a request is shown: its chain with reasons, who may act now, and which step is late."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances
from services.approvals.deadlines.models import StepWatch
from services.approvals.deadlines.repository import watches_of
from services.approvals.requests import repository
from services.approvals.requests.domain import Request, able_to_act
from services.approvals.requests.models import DecisionRow, RequestRow, StepRow
from services.approvals.requests.schemas import (
    DecisionShown,
    EvidenceGiven,
    Person,
    RequestShown,
    RequestSummary,
    StepShown,
    Words,
)
from services.approvals.requests.states import StepState
from services.approvals.routing.domain import Wanted, turns
from services.approvals.routing.reasons import ALWAYS
from services.approvals.routing.repository import names_of, people_for

Names = Mapping[str, str]


def summary(row: RequestRow) -> RequestSummary:
    return RequestSummary(**_summary(row))


def _summary(row: RequestRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "subject_type": row.subject_type,
        "subject_id": row.subject_id,
        "revision": row.revision,
        "title": Words(**row.title),
        "state": row.state,
        "account_id": row.account_id,
        "branch": row.branch,
        "route": row.policy,
        "requester": row.requester,
        "requested_at": row.requested_at,
        "open_steps": [step.step for step in row.steps if step.state == StepState.ACTIVE],
        "due_at": min(
            (step.due_at for step in row.steps if step.state == StepState.ACTIVE and step.due_at), default=None
        ),
    }


async def show_request(session: AsyncSession, row: RequestRow, *, at: Circumstances) -> RequestShown:
    """The whole request as of now."""
    request = repository.request_of(row)
    wishes = [repository.wish_of(step) for step in row.steps if step.state == StepState.ACTIVE]
    people = await people_for(session, wishes, on=at.today)
    named = {user for holders in people.values() for user in holders}
    named |= {decision.decided_by for decision in row.decisions}
    watches = await watches_of(session, row.id)
    named |= {user for watch in watches.values() for user in watch.escalated_to}
    names = await names_of(session, named)
    return RequestShown(
        **_summary(row),
        initiator=row.initiator,
        beneficiaries=row.beneficiaries,
        content=row.content,
        content_hash=row.content_hash,
        steps=[_step(row, step, seen=Seen(request, people, names, watches, at.now)) for step in row.steps],
        terms=row.terms,
        granted_at=row.granted_at,
        lasts_until=row.lasts_until,
        closed_because=Words(**row.closed_because) if row.closed_because else None,
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """What showing the steps of one request needs: who fills which turn, what people are called, what the clock did."""

    request: Request
    people: Mapping[Wanted, frozenset[str]]
    names: Names
    watches: Mapping[tuple[str, datetime], StepWatch]
    now: datetime


def _step(row: RequestRow, step: StepRow, *, seen: Seen) -> StepShown:
    request, names = seen.request, seen.names
    turn = next(turn for turn in turns(request.route.stages) if turn.id == step.step)
    active = step.state == StepState.ACTIVE
    holders = seen.people.get(repository.wish_of(step), frozenset()) if active else frozenset()
    may = able_to_act(request, turn, holders)
    decision = next((one for one in row.decisions if one.step == step.step), None)
    watch = seen.watches.get((step.step, step.opened_at)) if step.opened_at else None
    return StepShown(
        id=step.step,
        role=step.capacity,
        kind=turn.kind,
        state=step.state,
        evidence=list(turn.evidence),
        why=Words(**row.reasons.get("why", {}).get(step.step, ALWAYS)),
        opened_at=step.opened_at,
        due_at=step.due_at,
        late=active and step.due_at is not None and step.due_at <= seen.now,
        reminded_at=watch.reminded_at if watch else None,
        escalated_at=watch.escalated_at if watch else None,
        escalated_to=[Person(user_id=user, name=names[user]) for user in watch.escalated_to] if watch else [],
        waiting=("open" if may else "no_holder") if active else None,
        acting=[Person(user_id=user, name=names[user]) for user in may],
        decision=_decision(decision, names) if decision else None,
    )


def _decision(row: DecisionRow, names: Names) -> DecisionShown:
    evidence = None
    if row.evidence_channel is not None:
        evidence = EvidenceGiven.model_validate(
            {
                "channel": row.evidence_channel,
                "reference": row.evidence_reference,
                "received_at": row.evidence_received_at,
                "file_id": row.evidence_file_hash,
            }
        )
    return DecisionShown(
        decision=row.choice,
        by=Person(user_id=row.decided_by, name=names.get(row.decided_by, row.decided_by)),
        on_behalf_of=None,
        at=row.decided_at,
        comment=row.comment,
        evidence=evidence,
    )
