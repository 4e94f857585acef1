"""Open steps as the clock sees them: not looked at yet, due for a look, late; never more than asked for."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.deadlines.models import StepWatch
from services.approvals.requests.models import RequestRow, StepRow
from services.approvals.requests.states import StepState
from shared.db.mechanisms import person

_OPEN = StepRow.state == StepState.ACTIVE
_SAME_OPENING = and_(
    StepWatch.request_id == StepRow.request_id,
    StepWatch.step == StepRow.step,
    StepWatch.opened_at == StepRow.opened_at,
)


async def not_watched(session: AsyncSession, *, at_most: int) -> Sequence[StepRow]:
    """Open steps nobody has looked at since they opened, oldest first."""
    query = select(StepRow).where(_OPEN, StepRow.opened_at.is_not(None), ~exists().where(_SAME_OPENING))
    return (await session.scalars(query.order_by(StepRow.opened_at, StepRow.request_id).limit(at_most))).all()


async def to_look_at(session: AsyncSession, *, now: datetime, at_most: int) -> Sequence[StepWatch]:
    """Watches whose moment has come, the longest overdue first."""
    query = select(StepWatch).where(StepWatch.next_at <= now).order_by(StepWatch.next_at, StepWatch.request_id)
    return (await session.scalars(query.limit(at_most))).all()


async def requests_of(session: AsyncSession, request_ids: Collection[str]) -> dict[str, RequestRow]:
    """The requests by id, with their steps and decisions."""
    query = select(RequestRow).where(RequestRow.id.in_(request_ids)).execution_options(populate_existing=True)
    return {row.id: row for row in await session.scalars(query)}


async def watches_of(session: AsyncSession, request_id: str) -> dict[tuple[str, datetime], StepWatch]:
    """What the clock did about a request's steps, by step and opening."""
    rows = await session.scalars(select(StepWatch).where(StepWatch.request_id == request_id))
    return {(row.step, row.opened_at): row for row in rows}


async def managers_of(session: AsyncSession, user_ids: Collection[str], *, on: date) -> frozenset[str]:
    """The line managers of people who work here on a day; none of those people themselves."""
    managers = select(person.c.manager_id).where(person.c.user_id.in_(user_ids))
    here = and_(person.c.active, or_(person.c.left_on.is_(None), person.c.left_on > on))
    found = await session.scalars(select(person.c.user_id).where(person.c.user_id.in_(managers), here))
    return frozenset(found) - frozenset(user_ids)


async def count_late(session: AsyncSession, *, now: datetime) -> int:
    """Open steps past their time."""
    return await session.scalar(select(func.count()).where(_OPEN, StepRow.due_at <= now)) or 0
