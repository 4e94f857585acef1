"""The worker's look at open steps: reminds, escalates, says when nobody may decide, and never decides (C10, S-G4)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances, branch_scoped_roles
from services.approvals.deadlines import repository
from services.approvals.deadlines.domain import Deadline, Due, looked_at_next, what_is_due
from services.approvals.deadlines.models import StepWatch
from services.approvals.notices.domain import Kind, Matter
from services.approvals.notices.repository import tell
from services.approvals.requests import announcements
from services.approvals.requests.acting import acting_on
from services.approvals.requests.models import RequestRow, StepRow
from services.approvals.requests.repository import request_of, wish_of
from services.approvals.requests.states import State, StepState
from services.approvals.routing.domain import Chain, Wanted
from services.approvals.routing.repository import people_for
from services.approvals.routing.service import remind_at
from shared import audit

AT_ONCE = 200
LINE_MANAGER = "line_manager"

LATE = Gauge("mainstay_late_steps", "Open approval steps past their time, at the last look")

__all__ = ["Looked", "look_at_open_steps"]


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look did: steps seen open for the first time, reminded of and escalated."""

    opened: int = 0
    reminded: int = 0
    escalated: int = 0


async def look_at_open_steps(
    session: AsyncSession, *, at: Circumstances, mailing: bool = False, at_most: int = AT_ONCE
) -> Looked:
    """One run of the worker; what is more than `at_most` of new and of due steps waits for the next one.

    Where `mailing`, those it concerns are told by mail. A clock that jumps over thousands of deadlines floods nobody:
    each late step is escalated once, not reminded of.
    """
    fresh = await repository.not_watched(session, at_most=at_most)
    rows = await repository.requests_of(session, {step.request_id for step in fresh})
    session.add_all([_watch(step, rows[step.request_id], at=at) for step in fresh])
    await session.flush()
    known = await repository.to_look_at(session, now=at.now, at_most=at_most)
    rows |= await repository.requests_of(session, {watch.request_id for watch in known})
    told = _Told(session, at.now) if mailing else None
    done = [await _look(session, watch, rows[watch.request_id], at=at, told=told) for watch in known]
    LATE.set(await repository.count_late(session, now=at.now))
    await session.flush()
    return Looked(len(fresh), done.count(Due.REMINDER), done.count(Due.ESCALATION))


def _watch(step: StepRow, row: RequestRow, *, at: Circumstances) -> StepWatch:
    opened_at = step.opened_at or at.now
    return StepWatch(
        request_id=step.request_id,
        step=step.step,
        opened_at=opened_at,
        remind_at=remind_at(request_of(row).route, opened_at, branch=step.branch, at=at),
        due_at=step.due_at,
        next_at=at.now,
        escalated_to=[],
    )


async def _look(
    session: AsyncSession, watch: StepWatch, row: RequestRow, *, at: Circumstances, told: "_Told | None"
) -> Due:
    step = open_step(row, watch.step, watch.opened_at)
    if step is None:
        watch.next_at = None
        return Due.NOTHING
    acting = await people_able(session, row, step, at=at)
    deadline = Deadline(watch.remind_at, watch.due_at, watch.reminded_at is not None, watch.escalated_at is not None)
    due = what_is_due(deadline, attended=bool(acting), now=at.now)
    if due is Due.ESCALATION:
        await _escalate(session, watch, row, step, at=at)
    elif due is Due.REMINDER:
        _remind(session, watch, row, at=at)
    watch.next_at = looked_at_next(deadline, now=at.now)
    if told is not None:
        await told.of(watch, row, due, acting=acting)
    return due


@dataclass(frozen=True, slots=True)
class _Told:
    """Who is mailed about what a look found; told twice of one matter is told once."""

    session: AsyncSession
    now: datetime

    async def of(self, watch: StepWatch, row: RequestRow, due: Due, *, acting: Sequence[str]) -> None:
        if due is Due.REMINDER:
            await self._tell(acting, watch, Kind.REMINDED)
            return
        await self._tell(acting, watch, Kind.OPENED)
        if due is Due.ESCALATION and acting:
            # Leads the escalation nowhere, it is one more reminder.
            await self._tell(watch.escalated_to, watch, Kind.ESCALATED)
            await self._tell(() if watch.escalated_to else acting, watch, Kind.REMINDED)
        elif due is Due.ESCALATION:
            await self._tell({*watch.escalated_to, row.requester}, watch, Kind.UNATTENDED)

    async def _tell(self, people: Collection[str], watch: StepWatch, kind: Kind) -> None:
        matter = Matter(watch.request_id, watch.step, watch.opened_at, kind)
        await tell(self.session, people, matter=matter, now=self.now)


def open_step(row: RequestRow, step: str, opened_at: datetime) -> StepRow | None:
    """The step while that opening of it still waits; a returned request waits for its requester, not for its steps."""
    if row.state != State.PENDING:
        return None
    found = (one for one in row.steps if one.step == step and one.opened_at == opened_at)
    return next((one for one in found if one.state == StepState.ACTIVE), None)


async def people_able(session: AsyncSession, row: RequestRow, step: StepRow, *, at: Circumstances) -> Sequence[str]:
    """Who may take an open step today."""
    request = request_of(row)
    return (await acting_on(session, step, at=at)).able(request, request.turn(step.step))


def _remind(session: AsyncSession, watch: StepWatch, row: RequestRow, *, at: Circumstances) -> None:
    watch.reminded_at = at.now
    announcements.step_reminded(session, row, step=watch.step, at=at.now)


async def _escalate(
    session: AsyncSession, watch: StepWatch, row: RequestRow, step: StepRow, *, at: Circumstances
) -> None:
    """To whom the route says; where that is nobody it is a reminder, and the request says that nobody was found."""
    to = await _escalation_of(session, request_of(row).route, step, at=at)
    watch.escalated_at, watch.escalated_to = at.now, sorted(to)
    announcements.step_escalated(session, row, step=watch.step, to=watch.escalated_to, at=at.now)
    detail = {"step": watch.step, "escalated_to": watch.escalated_to}
    await audit.append(session, audit.Entry(at.now, "system", "approval.escalated", f"request/{row.id}", detail))


async def _escalation_of(session: AsyncSession, chain: Chain, step: StepRow, *, at: Circumstances) -> frozenset[str]:
    wish = wish_of(step)
    if chain.clock.escalate_to == LINE_MANAGER:
        holders = (await people_for(session, [wish], on=at.today))[wish]
        return await repository.managers_of(session, holders, on=at.today)
    role = chain.clock.escalate_to
    above = Wanted(role, step.branch if role in branch_scoped_roles() else None, None)
    return (await people_for(session, [above], on=at.today))[above]
