"""How a request is shown: its chain with reasons, who may act now, and which step is late."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances
from services.approvals.deadlines.models import StepWatch
from services.approvals.deadlines.repository import watches_of
from services.approvals.requests import repository
from services.approvals.requests.acting import acting_on
from services.approvals.requests.domain import Request
from services.approvals.requests.mails import Mail
from services.approvals.requests.models import DecisionRow, RequestRow, StepRow
from services.approvals.requests.schemas import (
    DecisionShown,
    EvidenceShown,
    MailShown,
    Person,
    RequestShown,
    RequestSummary,
    SideBySide,
    StepShown,
    Words,
)
from services.approvals.requests.states import StepState
from services.approvals.routing.domain import Stage, turns
from services.approvals.routing.reasons import ALWAYS
from services.approvals.routing.repository import names_of
from shared.canonical import restored
from shared.policy.route import FrozenGroup

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
    acting = {step.step: await acting_on(session, step, at=at) for step in row.steps if step.state == StepState.ACTIVE}
    may = {step: who.able(request, request.turn(step)) for step, who in acting.items()}
    copies = await repository.copied_to(session, row.id)
    named = {user for able in may.values() for user in able} | {*copies}
    named |= {user for step in row.steps for user in (step.assigned_to, step.assigned_by) if user}
    named |= {user for one in row.decisions for user in (one.decided_by, one.on_behalf_of) if user}
    watches = await watches_of(session, row.id)
    named |= {user for watch in watches.values() for user in watch.escalated_to}
    names = await names_of(session, named)
    return RequestShown(
        **_summary(row),
        initiator=row.initiator,
        beneficiaries=row.beneficiaries,
        content=row.content,
        content_hash=row.content_hash,
        steps=[_step(row, step, seen=Seen(request, may, names, watches, at.now)) for step in row.steps],
        terms=row.terms,
        granted_at=row.granted_at,
        lasts_until=row.lasts_until,
        closed_because=Words(**row.closed_because) if row.closed_because else None,
        copied_to=[Person(user_id=user, name=names[user]) for user in copies],
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """What showing the steps of one request needs: who fills which turn, what people are called, what the clock did."""

    request: Request
    may: Mapping[str, list[str]]
    names: Names
    watches: Mapping[tuple[str, datetime], StepWatch]
    now: datetime


def _step(row: RequestRow, step: StepRow, *, seen: Seen) -> StepShown:
    request, names = seen.request, seen.names
    turn = request.turn(step.step)
    active = step.state == StepState.ACTIVE
    may = seen.may.get(step.step, [])
    decided = [one for one in row.decisions if one.step == step.step]
    stands = next((one for one in decided if one.round == step.round), None)
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
        decision=_decision(stands, names) if stands else None,
        earlier=[_decision(one, names) for one in decided if one is not stands],
        round=step.round,
        assigned_to=_person(step.assigned_to, names),
        assigned_by=_person(step.assigned_by, names),
        side_by_side=side_by_side(request.stages, step.step),
    )


def side_by_side(stages: Iterable[Stage], step: str) -> SideBySide | None:
    """The innermost group a step stands in; none for a step alone."""
    for stage in stages:
        if isinstance(stage, FrozenGroup) and any(turn.id == step for turn in turns([stage])):
            own = SideBySide(group=stage.id, needed=stage.needed, of=len(stage.steps), on_no=stage.on_no)
            return side_by_side(stage.steps, step) or own
    return None


def mail_shown(kept: dict[str, Any] | None) -> MailShown | None:
    """The mail of an evidence as its decision keeps it."""
    mail = restored(Mail, kept) if kept else None
    return MailShown.model_validate(mail, from_attributes=True) if mail else None


def _person(user_id: str | None, names: Names) -> Person | None:
    return Person(user_id=user_id, name=names.get(user_id, user_id)) if user_id else None


def _decision(row: DecisionRow, names: Names) -> DecisionShown:
    evidence = None
    if row.evidence_channel is not None:
        evidence = EvidenceShown.model_validate(
            {
                "channel": row.evidence_channel,
                "reference": row.evidence_reference,
                "received_at": row.evidence_received_at,
                "file_id": row.evidence_file_hash,
                "mail": mail_shown(row.evidence_mail),
            }
        )
    return DecisionShown(
        decision=row.choice,
        by=Person(user_id=row.decided_by, name=names.get(row.decided_by, row.decided_by)),
        on_behalf_of=_person(row.on_behalf_of, names),
        at=row.decided_at,
        comment=row.comment,
        evidence=evidence,
    )
