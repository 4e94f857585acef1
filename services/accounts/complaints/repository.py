"""Queries over complaints and feedback; a person's reach is part of the query."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.complaints.domain import ComplaintState, Standard
from services.accounts.complaints.models import Complaint, Escalation, Feedback
from services.accounts.dossiers.models import Account, TeamRow
from services.accounts.dossiers.repository import seen_by, team_known
from services.accounts.ratings.models import PurchaseOrder
from shared.auth.principal import Reach
from shared.db.mechanisms import person
from shared.errors import NotFound


def complaints_within(reach: Reach) -> Select[Complaint]:
    return select(Complaint).join(Account, Account.id == Complaint.account_id).where(seen_by(reach))


def feedback_within(reach: Reach) -> Select[Feedback]:
    return select(Feedback).join(Account, Account.id == Feedback.account_id).where(seen_by(reach))


async def complaint(session: AsyncSession, *, complaint_id: str, reach: Reach, lock: bool = False) -> Complaint:
    """One complaint the caller may see, locked until the transaction ends where asked; raises NotFound."""
    query = complaints_within(reach).where(Complaint.id == complaint_id)
    found: Complaint | None = await session.scalar(query.with_for_update(of=Complaint) if lock else query)
    if found is None:
        raise NotFound({"en": f"There is no complaint {complaint_id}.", "zh": f"没有投诉{complaint_id}。"})
    return found


async def locked_feedback(session: AsyncSession, *, feedback_id: str, reach: Reach) -> Feedback:
    query = feedback_within(reach).where(Feedback.id == feedback_id).with_for_update(of=Feedback)
    found: Feedback | None = await session.scalar(query)
    if found is None:
        raise NotFound({"en": f"There is no feedback {feedback_id}.", "zh": f"没有意见{feedback_id}。"})
    return found


async def overdue_complaints(session: AsyncSession, *, now: datetime, at_most: int) -> Sequence[Complaint]:
    """Complaints with a missed standard that was not escalated yet, the earliest due first."""

    def not_told(standard: Standard) -> Select[tuple[bool]]:
        told = exists().where(Escalation.complaint_id == Complaint.id, Escalation.standard == standard)
        return select(~told.correlate(Complaint))

    late = or_(
        and_(
            Complaint.state == ComplaintState.open,
            Complaint.acknowledge_by < now,
            not_told(Standard.complaint_acknowledged).scalar_subquery(),
        ),
        and_(
            Complaint.state != ComplaintState.resolved,
            Complaint.resolve_by < now,
            not_told(Standard.complaint_resolved).scalar_subquery(),
        ),
    )
    query = select(Complaint).where(late).order_by(Complaint.acknowledge_by, Complaint.id).limit(at_most)
    return (await session.scalars(query.with_for_update(skip_locked=True, of=Complaint))).all()


async def add_escalation(session: AsyncSession, *, escalation: Escalation) -> bool:
    """Keep an escalation; False where that standard was told before."""
    values = {column.key: getattr(escalation, column.key) for column in Escalation.__table__.columns}
    statement = insert(Escalation).values(values).on_conflict_do_nothing().returning(Escalation.complaint_id)
    return await session.scalar(statement) is not None


async def escalations_of(session: AsyncSession, *, complaint_ids: Collection[str]) -> dict[str, list[Escalation]]:
    query = select(Escalation).where(Escalation.complaint_id.in_(complaint_ids)).order_by(Escalation.due_at)
    found: dict[str, list[Escalation]] = {}
    for row in await session.scalars(query):
        found.setdefault(row.complaint_id, []).append(row)
    return found


async def on_duty(session: AsyncSession, *, account_id: str, duty: str, on: date) -> str | None:
    """Who does a duty for the account on a day; the first where several do."""
    query = select(TeamRow.user_id).where(
        team_known(),
        TeamRow.account_id == account_id,
        TeamRow.duty == duty,
        TeamRow.valid_from <= on,
        or_(TeamRow.valid_until.is_(None), TeamRow.valid_until > on),
    )
    return await session.scalar(query.order_by(TeamRow.share.desc(), TeamRow.id).limit(1))


async def buyer_of(session: AsyncSession, *, order_id: str) -> str | None:
    """The account that placed an order known here."""
    return await session.scalar(select(PurchaseOrder.account_id).where(PurchaseOrder.order_id == order_id))


async def line_manager(session: AsyncSession, *, user_id: str) -> str | None:
    return await session.scalar(select(person.c.manager_id).where(person.c.user_id == user_id))


async def is_active(session: AsyncSession, *, user_id: str) -> bool:
    """Whether somebody of the house: neither a machine nor a customer answers for anything."""
    house = (person.c.kind == "person", person.c.account_id.is_(None))
    return bool(await session.scalar(select(person.c.active).where(person.c.user_id == user_id, *house)))


async def complaints_caused_by_us(
    session: AsyncSession, *, account_ids: Collection[str], first: date, until: date
) -> dict[str, list[Complaint]]:
    """Complaints opened on the days `[first, until)` and resolved as caused by us, by account (A10, KPI)."""
    query = select(Complaint).where(
        Complaint.account_id.in_(account_ids),
        Complaint.opened_on >= first,
        Complaint.opened_on < until,
        Complaint.caused_by_us.is_(True),
    )
    found: dict[str, list[Complaint]] = {}
    for row in await session.scalars(query.order_by(Complaint.id)):
        found.setdefault(row.account_id, []).append(row)
    return found
