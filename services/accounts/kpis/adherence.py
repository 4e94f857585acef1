"""What was checked against the service standard: complaints, feedback and return visits (KPI, A9, A10)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.complaints.domain import on_time
from services.accounts.complaints.models import Complaint, Feedback
from services.accounts.kpis.customers import Whose
from services.accounts.kpis.material import Due
from services.accounts.kpis.vantage import Day
from services.accounts.return_visits.models import ReturnVisit
from services.accounts.targets.domain import ScopeKind
from shared.calendar import Period, period


async def services_checked(
    session: AsyncSession, *, whose: Whose, span: Period, day: Day, asked: Sequence[Feedback], falsified: set[str]
) -> tuple[Due, ...]:
    """Each thing of the span that the house times or lets the customer score, once it can be judged."""
    complaints = await complaints_of(session, whose=whose, span=span, day=day)
    forms = await forms_of(session, whose=whose, months=months_of(span), day=day)
    return (
        *(found for row in complaints for found in complaint_checks(row, day.known_at)),
        *(found for row in asked for found in feedback_checks(row, day.known_at)),
        *(form_check(row, falsified) for row in forms),
    )


def complaint_checks(row: Complaint, now: datetime) -> Iterator[Due]:
    """Acknowledged in time, and resolved in time: a standard each."""
    yield from _timed(row.opened_on, row.acknowledged_at, row.acknowledge_by, now)
    yield from _timed(row.opened_on, row.resolved_at, row.resolve_by, now)


def feedback_checks(row: Feedback, now: datetime) -> Iterator[Due]:
    yield from _timed(row.received_on, row.answered_at, row.answer_by, now)


def form_check(row: ReturnVisit, falsified: set[str]) -> Due:
    """A form is followed service where it is honest and the customer's scores raise no warning; due with its month."""
    outcome: Mapping[str, Any] = row.decision.get("outcome") or {}
    last = period(row.month).last
    return Due(min(row.received_on, last), row.id not in falsified and not outcome.get("warnings"))


def _timed(on: Any, done_at: datetime | None, due_at: datetime, now: datetime) -> Iterator[Due]:
    followed = on_time(done_at if done_at and done_at <= now else None, due_at, now)
    if followed is not None:
        yield Due(on, followed)


async def complaints_of(session: AsyncSession, *, whose: Whose, span: Period, day: Day) -> Sequence[Complaint]:
    """Complaints opened inside the span and by then."""
    query = select(Complaint).where(
        Complaint.account_id.in_(whose.customers.every),
        Complaint.opened_on >= span.first,
        Complaint.opened_on < span.until,
        Complaint.opened_at <= day.known_at,
    )
    return (await session.scalars(query.order_by(Complaint.id))).all()


async def forms_of(session: AsyncSession, *, whose: Whose, months: Sequence[str], day: Day) -> Sequence[ReturnVisit]:
    """The months' forms: a branch answers for those it sent in, people for those of their accounts."""
    theirs = (
        ReturnVisit.branch == whose.scope.id
        if whose.scope.kind is ScopeKind.branch
        else ReturnVisit.account_id.in_(whose.customers.every)
    )
    query = select(ReturnVisit).where(
        theirs,
        ReturnVisit.month.in_(months),
        ReturnVisit.received_on <= day.known_on,
        ReturnVisit.received_at <= day.known_at,
    )
    return (await session.scalars(query.order_by(ReturnVisit.id))).all()


def months_of(span: Period) -> list[str]:
    """The keys of the span's months."""
    days = (span.first.replace(month=month, day=1) for month in range(span.first.month, span.last.month + 1))
    return [f"{day:%Y-%m}" for day in days]
