"""Requests as rows: loaded whole, saved by what changed, never two of one subject's revision."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, false, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, array, insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.requests.domain import Assigned, Choice, Decided, Evidence, Request, Subject
from services.approvals.requests.mails import Mail
from services.approvals.requests.models import CopyRow, DeciderRow, DecisionRow, RequestRow, StepRow, WithdrawnAsk
from services.approvals.requests.states import State, StepState
from services.approvals.routing.domain import Added, Chain, Wanted, capacity, wanted
from shared.auth.principal import Reach
from shared.auth.scope import within
from shared.canonical import plain, restored
from shared.db.mechanisms import role_holding
from shared.errors import NotFound, Words
from shared.ids import new_id
from shared.policy.route import FrozenStep

PERMISSION_TO_READ = "requests.read"


@dataclass(frozen=True, slots=True)
class Filing:
    """What is kept of a request beside its walk: what it is about, where it belongs, and why its route is as it is."""

    content: dict[str, Any]
    title: Words
    branch: str | None
    owner: str | None
    reasons: dict[str, Any]
    branch_scoped: frozenset[str]


def request_of(row: RequestRow) -> Request:
    """The domain's view of a row."""
    return Request(
        subject=Subject(row.subject_type, row.subject_id, row.revision),
        content_hash=row.content_hash,
        route=restored(Chain, row.route),
        initiator=row.initiator,
        requester=row.requester,
        beneficiaries=frozenset(row.beneficiaries),
        account_id=row.account_id,
        state=State(row.state),
        steps={step.step: StepState(step.state) for step in row.steps},
        opened={step.step: step.opened_at for step in row.steps if step.opened_at is not None},
        decisions=tuple(_decided(decision) for decision in row.decisions),
        terms=row.terms,
        granted_at=row.granted_at,
        asked=row.content,
        added=restored(tuple[Added, ...], row.added),
        rounds={step.step: step.round for step in row.steps},
        assigned={step.step: Assigned(step.assigned_to, step.assigned_by) for step in row.steps if step.assigned_to},
    )


def _decided(row: DecisionRow) -> Decided:
    evidence = None
    if row.evidence_channel and row.evidence_received_at:
        evidence = Evidence(
            row.evidence_channel,
            row.evidence_reference or "",
            row.evidence_received_at,
            row.evidence_file_hash,
            restored(Mail, row.evidence_mail) if row.evidence_mail else None,
        )
    return Decided(
        step=row.step,
        role=row.role,
        choice=Choice(row.choice),
        by=row.decided_by,
        at=row.decided_at,
        comment=row.comment,
        evidence=evidence,
        on_behalf_of=row.on_behalf_of,
        round=row.round,
    )


def excluded_from(request: Request) -> list[str]:
    """Whom C11 keeps from every deciding step of a request."""
    return sorted({request.initiator, request.requester, *request.beneficiaries})


async def add_request(session: AsyncSession, request: Request, *, filing: Filing, row: RequestRow) -> RequestRow:
    """File a request for the first time; `row` brings its id and moment."""
    row.subject_type, row.subject_id, row.revision = request.subject.type, request.subject.id, request.subject.revision
    row.content_hash, row.content, row.title = request.content_hash, filing.content, filing.title
    row.account_id, row.branch, row.owner = request.account_id, filing.branch, filing.owner
    row.initiator, row.requester = request.initiator, request.requester
    row.beneficiaries, row.excluded = sorted(request.beneficiaries), excluded_from(request)
    row.policy, row.route, row.reasons = request.route.policy, plain(request.route), filing.reasons
    row.steps = [_step_row(turn, place, filing) for place, turn in enumerate(request.turns())]
    _show_walk(row, request)
    session.add(row)
    await session.flush()
    for place, decided in enumerate(request.decisions):
        await _file_decision(session, row, place, decided)
    await session.flush()
    await session.refresh(row, ["decisions"])
    return row


def _step_row(turn: FrozenStep, place: int, filing: Filing) -> StepRow:
    sought = wanted(turn, branch=filing.branch, owner=filing.owner, branch_scoped=filing.branch_scoped)
    return StepRow(
        step=turn.id,
        position=place,
        kind=turn.kind,
        role=sought.role,
        branch=sought.branch,
        department=sought.department,
        capacity=capacity(turn),
    )


async def save_walk(session: AsyncSession, row: RequestRow, request: Request) -> None:
    """Write how far a request has been walked, and the decisions that are new; its version goes up."""
    known = len(row.decisions)
    _add_steps(row, request)
    _show_walk(row, request)
    row.version += 1
    await session.flush()
    for place, decided in enumerate(request.decisions[known:], start=known):
        await _file_decision(session, row, place, decided)
    await session.flush()
    await session.refresh(row, ["decisions"])


def _add_steps(row: RequestRow, request: Request) -> None:
    """Rows for the approvers added since, each in its place in the chain."""
    known = {step.step: step for step in row.steps}
    for place, turn in enumerate(request.turns()):
        if turn.id in known:
            known[turn.id].position = place
        else:
            own = {"role": turn.role, "capacity": capacity(turn), "kind": turn.kind}
            row.steps.append(StepRow(step=turn.id, position=place, **own))


def _show_walk(row: RequestRow, request: Request) -> None:
    row.state, row.terms, row.granted_at = request.state, dict(request.terms), request.granted_at
    row.added = [plain(one) for one in request.added]
    for step in row.steps:
        opened_at, handed = request.opened.get(step.step), request.assigned.get(step.step)
        if opened_at != step.opened_at:
            step.due_at = None
        step.state, step.opened_at, step.round = request.steps[step.step], opened_at, request.round(step.step)
        step.assigned_to, step.assigned_by = (handed.to, handed.by) if handed else (None, None)


async def _file_decision(session: AsyncSession, row: RequestRow, place: int, decided: Decided) -> None:
    for person in filter(None, (decided.by, decided.on_behalf_of)):
        decider = {"request_id": row.id, "user_id": person, "role": decided.role}
        await session.execute(insert(DeciderRow).values(decider).on_conflict_do_nothing())
    proof = decided.evidence
    session.add(
        DecisionRow(
            id=str(new_id()),
            request_id=row.id,
            place=place,
            step=decided.step,
            round=decided.round,
            role=decided.role,
            choice=decided.choice,
            decided_by=decided.by,
            on_behalf_of=decided.on_behalf_of,
            excluded=row.excluded,
            decided_at=decided.at,
            comment=decided.comment,
            evidence_channel=proof.channel if proof else None,
            evidence_reference=proof.reference if proof else None,
            evidence_received_at=proof.received_at if proof else None,
            evidence_file_hash=proof.file_hash if proof else None,
            evidence_mail=plain(proof.mail) if proof and proof.mail else None,
        )
    )


async def request_for_update(
    session: AsyncSession, request_id: str, *, reach: Reach | None = None, behind: Iterable[str] = ()
) -> RequestRow:
    """The request, locked until the commit; raises NotFound also for one outside the reach.

    `behind` are the people for whom the caller may decide: what waits for them is within his reach.
    """
    query = select(RequestRow).where(RequestRow.id == request_id).with_for_update(of=RequestRow)
    return await _one(session, query, reach, behind)


async def request_to_read(
    session: AsyncSession, request_id: str, *, reach: Reach, behind: Iterable[str] = ()
) -> RequestRow:
    """The request; raises NotFound also for one outside the reach."""
    return await _one(session, select(RequestRow).where(RequestRow.id == request_id), reach, behind)


async def _one(
    session: AsyncSession, query: Select[RequestRow], reach: Reach | None, behind: Iterable[str]
) -> RequestRow:
    if reach is not None:
        query = query.where(or_(reached(reach), *([open_for(behind)] if behind else [])))
    row = (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if row is None:
        raise NotFound()
    return row


def reached(reach: Reach) -> ColumnElement[bool]:
    """The requests a permission reaches: of its branches, and one's own, assigned to one, told of, decided."""
    assigned = exists().where(StepRow.request_id == RequestRow.id, StepRow.assigned_to == reach.user_id)
    told = exists().where(CopyRow.request_id == RequestRow.id, CopyRow.user_id == reach.user_id)
    own = within(reach, branch=RequestRow.branch, account=RequestRow.account_id, user=RequestRow.requester)
    decided = exists().where(DeciderRow.request_id == RequestRow.id, DeciderRow.user_id == reach.user_id)
    return own if reach.everywhere else or_(own, assigned, told, decided)


def open_for(people: Iterable[str]) -> ColumnElement[bool]:
    """Requests with a step that waits for one of these people."""
    ids = sorted(people)
    held = role_holding.c
    fills = exists().where(
        StepRow.request_id == RequestRow.id,
        StepRow.state == StepState.ACTIVE,
        held.user_id.in_(ids),
        held.role == StepRow.role,
        or_(StepRow.branch.is_(None), StepRow.branch == held.branch),
        or_(StepRow.department.is_(None), StepRow.department == held.department),
    )
    assigned = exists().where(StepRow.request_id == RequestRow.id, StepRow.assigned_to.in_(ids))
    return or_(fills, assigned)


async def request_of_subject(session: AsyncSession, subject: Subject, *, lock: bool = False) -> RequestRow | None:
    """The request of exactly this revision."""
    query = select(RequestRow).where(
        RequestRow.subject_type == subject.type,
        RequestRow.subject_id == subject.id,
        RequestRow.revision == subject.revision,
    )
    locked = query.with_for_update(of=RequestRow) if lock else query
    return (await session.scalars(locked.execution_options(populate_existing=True))).one_or_none()


async def granted_for(session: AsyncSession, subject_id: str) -> RequestRow | None:
    """The newest granted request about a thing, whatever its type."""
    query = select(RequestRow).where(RequestRow.subject_id == subject_id, RequestRow.state == State.GRANTED)
    return (await session.scalars(query.order_by(RequestRow.revision.desc()).limit(1))).one_or_none()


async def other_revisions(session: AsyncSession, subject: Subject) -> Sequence[RequestRow]:
    """The subject's requests of other revisions, locked, oldest first."""
    query = select(RequestRow).where(
        RequestRow.subject_type == subject.type,
        RequestRow.subject_id == subject.id,
        RequestRow.revision != subject.revision,
    )
    rows = await session.scalars(query.order_by(RequestRow.revision).with_for_update(of=RequestRow))
    return rows.all()


async def copied_to(session: AsyncSession, request_id: str) -> Sequence[str]:
    """The people told of a request by name, in the order they were told."""
    query = select(CopyRow.user_id).where(CopyRow.request_id == request_id).order_by(CopyRow.told_at, CopyRow.user_id)
    return (await session.scalars(query)).all()


async def remember_withdrawn_ask(session: AsyncSession, subject: Subject, *, reason: str) -> None:
    """A tombstone for an ask that has not come yet (S-E3)."""
    stone = {"subject_type": subject.type, "subject_id": subject.id, "revision": subject.revision, "reason": reason}
    await session.execute(insert(WithdrawnAsk).values(stone).on_conflict_do_nothing())


async def withdrawn_ask(session: AsyncSession, subject: Subject) -> WithdrawnAsk | None:
    return await session.get(WithdrawnAsk, (subject.type, subject.id, subject.revision))


@dataclass(frozen=True, slots=True)
class Seat:
    """A role somebody may take turns in today: his own, or that of a person who delegated it to him."""

    user_id: str
    role: str
    branch: str | None
    department: str | None


def waiting_for(user_id: str, seats: Iterable[Seat], *, masters: Iterable[str] = ()) -> Select[RequestRow]:
    """Requests with an open step somebody may take from one of his seats, and not kept from him by C11.

    `masters` are all whose delegate he is: what they asked or benefit from is kept from him too.
    """
    given = tuple(seats)
    sat = [and_(_fills(seat), or_(StepRow.kind == "act", ~_decided_otherwise(seat.user_id))) for seat in given]
    people = {user_id, *(seat.user_id for seat in given)}
    mine = or_(StepRow.assigned_to.in_(sorted(people)), and_(StepRow.assigned_to.is_(None), or_(false(), *sat)))
    aside = RequestRow.excluded.overlap(cast(array(sorted({user_id, *masters})), ARRAY(Text)))
    kept_from = or_(aside, _decided_otherwise(user_id))
    step = exists().where(
        StepRow.request_id == RequestRow.id,
        StepRow.state == StepState.ACTIVE,
        mine,
        or_(StepRow.kind == "act", ~kept_from),
    )
    return select(RequestRow).where(step)


def _decided_otherwise(user_id: str) -> ColumnElement[bool]:
    """Whether somebody has decided on a request in another role than the step's."""
    return exists().where(
        DeciderRow.request_id == StepRow.request_id, DeciderRow.user_id == user_id, DeciderRow.role != StepRow.capacity
    )


def _fills(seat: Seat) -> ColumnElement[bool]:
    return and_(
        StepRow.role == seat.role,
        or_(StepRow.branch.is_(None), StepRow.branch == seat.branch),
        or_(StepRow.department.is_(None), StepRow.department == seat.department),
    )


def wish_of(step: StepRow) -> Wanted:
    """Whom a step waits for."""
    return Wanted(step.role, step.branch, step.department)
