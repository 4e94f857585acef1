"""Complaints opened, acknowledged, resolved, escalated; feedback answered: all against the service standards (A10)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.complaints import repository
from services.accounts.complaints.domain import (
    MOVES,
    STANDARD_OF,
    AnsweredAlready,
    ComplaintMove,
    ComplaintState,
    MomentAhead,
    Standard,
    UnknownOwner,
)
from services.accounts.complaints.models import Complaint, Escalation, Feedback
from services.accounts.complaints.schemas import FeedbackAnswer, NewComplaint, NewFeedback, Resolution
from services.accounts.dossiers.domain import TeamDuty
from services.accounts.dossiers.models import Account
from services.accounts.dossiers.service import Whereabouts
from services.accounts.merges.repository import families_of
from services.accounts.moves import moved
from shared import audit
from shared.calendar import local_day
from shared.errors import FieldError, ValidationProblem, Words
from shared.events.accounts import ComplaintOpened, ComplaintResolved
from shared.ids import new_id
from shared.office_hours import due_at, office_hours
from shared.outbox import record
from shared.policy.rulebook import NotGoverned, Rulebook

STANDARDS = "service-standards"
ESCALATE_AT_MOST = 200


def due_by(rules: Rulebook, standard: Standard, *, since: datetime, branch: str) -> datetime:
    """When a standard's time is over, in office hours of the branch; raises NotGoverned without table or calendar."""
    row = next((row for row in rules.table(STANDARDS) if row["kind"] == standard), None)
    hours = office_hours(rules.plans, calendar=str(row["calendar"]), branch=branch) if row else None
    if row is None or hours is None or not hours.weekdays:
        raise NotGoverned(
            {"en": f"No standard in force times {standard}.", "zh": f"没有生效的时限标准适用于{standard}。"}
        )
    return due_at(since, str(row["within"]), hours)


async def open_complaint(
    session: AsyncSession, *, account: Account, request: NewComplaint, rules: Rulebook, who: Whereabouts
) -> Complaint:
    """A10: a complaint with an owner and its due times.

    Raises MomentAhead, UnknownOwner, NotGoverned, and ValidationProblem of the order.
    """
    if request.order_id is not None:
        await require_order(session, order_id=request.order_id, account=account)
    opened_at = past(request.opened_at, now=who.now, pointer="/opened_at")
    opened_on = local_day(opened_at, who.zone)
    row = Complaint(
        id=str(new_id()),
        account_id=account.id,
        about=request.about,
        order_id=request.order_id,
        state=ComplaintState.open,
        owner=await owner_of(session, account=account, wanted=request.owner, who=who),
        opened_at=opened_at,
        opened_on=opened_on,
        opened_by=who.user_id,
        acknowledge_by=due_by(rules, Standard.complaint_acknowledged, since=opened_at, branch=account.branch),
        resolve_by=due_by(rules, Standard.complaint_resolved, since=opened_at, branch=account.branch),
    )
    session.add(row)
    await session.flush()
    told = ComplaintOpened(
        occurred_at=opened_at,
        account_id=account.id,
        complaint_id=row.id,
        branch=account.branch,
        owner=row.owner,
        resolve_by=row.resolve_by,
        order_id=row.order_id,
    )
    record(session, told)
    return row


async def require_order(session: AsyncSession, *, order_id: str, account: Account) -> None:
    """An order of this account, or of one it goes on for. Raises ValidationProblem."""
    [family] = (await families_of(session, account_ids=[account.id])).values()
    if await repository.buyer_of(session, order_id=order_id) not in family:
        wrong: Words = {"en": "no order of this account is known here", "zh": "本服务未收到该客户的此订单"}
        raise ValidationProblem(errors=[FieldError("/order_id", "unknown_order", wrong)])


def past(moment: datetime | None, *, now: datetime, pointer: str) -> datetime:
    """The moment, now where none is given; raises MomentAhead for one to come."""
    if moment is not None and moment > now:
        raise MomentAhead(pointer)
    return moment or now


async def owner_of(session: AsyncSession, *, account: Account, wanted: str | None, who: Whereabouts) -> str:
    """Who was named, else the account's rep, else its manager, else who writes it down; raises UnknownOwner."""
    if wanted is not None:
        if not await repository.is_active(session, user_id=wanted):
            raise UnknownOwner
        return wanted
    for duty in (TeamDuty.account_rep, TeamDuty.key_account_manager, TeamDuty.branch_manager):
        found = await repository.on_duty(session, account_id=account.id, duty=duty, on=who.today)
        if found is not None:
            return found
    return who.user_id


async def acknowledge(session: AsyncSession, *, complaint: Complaint, who: Whereabouts) -> Complaint:
    """The customer was told that we are on it; raises MoveNotAllowed."""
    complaint.state = moved(MOVES, ComplaintState(complaint.state), ComplaintMove.acknowledge)
    complaint.acknowledged_at = who.now
    await session.flush()
    return complaint


async def reassign(session: AsyncSession, *, complaint: Complaint, owner: str, who: Whereabouts) -> Complaint:
    """Another owner; the due times stay. Raises MoveNotAllowed, UnknownOwner."""
    complaint.state = moved(MOVES, ComplaintState(complaint.state), ComplaintMove.reassign)
    if not await repository.is_active(session, user_id=owner):
        raise UnknownOwner
    detail = {"from": complaint.owner, "to": owner}
    await audit.append(
        session, audit.Entry(who.now, who.user_id, "complaint.reassigned", f"complaint/{complaint.id}", detail)
    )
    complaint.owner = owner
    await session.flush()
    return complaint


async def resolve(session: AsyncSession, *, complaint: Complaint, request: Resolution, who: Whereabouts) -> Complaint:
    """A10: how it ended and whether we caused it; raises MoveNotAllowed."""
    complaint.state = moved(MOVES, ComplaintState(complaint.state), ComplaintMove.resolve)
    complaint.acknowledged_at = complaint.acknowledged_at or who.now
    complaint.resolved_at, complaint.resolved_by = who.now, who.user_id
    complaint.resolution, complaint.caused_by_us = request.resolution, request.caused_by_us
    await session.flush()
    told = ComplaintResolved(
        occurred_at=who.now,
        account_id=complaint.account_id,
        complaint_id=complaint.id,
        owner=complaint.owner,
        caused_by_us=request.caused_by_us,
        opened_on=complaint.opened_on,
        on_time=who.now <= complaint.resolve_by,
    )
    record(session, told)
    return complaint


async def escalate_overdue(session: AsyncSession, *, now: datetime, zone: str) -> int:
    """Tell whoever stands above the owner of each missed standard, once; returns how many were told."""
    told = 0
    for complaint in await repository.overdue_complaints(session, now=now, at_most=ESCALATE_AT_MOST):
        above = await stands_above(session, complaint=complaint, now=now, zone=zone)
        for standard, due in complaint.clocks.overdue(now):
            escalation = Escalation(
                complaint_id=complaint.id,
                standard=standard,
                due_at=due,
                owner=complaint.owner,
                told_to=above,
                escalated_at=now,
            )
            told += await repository.add_escalation(session, escalation=escalation)
    return told


async def stands_above(session: AsyncSession, *, complaint: Complaint, now: datetime, zone: str) -> str | None:
    """The owner's line manager, else the account's manager; None where that is the owner himself or nobody."""
    above = await repository.line_manager(session, user_id=complaint.owner)
    if above is None:
        above = await repository.on_duty(
            session,
            account_id=complaint.account_id,
            duty=TeamDuty.key_account_manager,
            on=local_day(now, zone),
        )
    return None if above == complaint.owner else above


async def log_feedback(
    session: AsyncSession, *, account: Account, request: NewFeedback, rules: Rulebook, who: Whereabouts
) -> Feedback:
    """A10: what the customer says or asks, to be answered within its standard; raises MomentAhead, NotGoverned."""
    received_at = past(request.received_at, now=who.now, pointer="/received_at")
    row = Feedback(
        id=str(new_id()),
        account_id=account.id,
        kind=request.kind,
        text=request.text,
        received_at=received_at,
        received_on=local_day(received_at, who.zone),
        logged_by=who.user_id,
        answer_by=due_by(rules, STANDARD_OF[request.kind], since=received_at, branch=account.branch),
    )
    session.add(row)
    await session.flush()
    return row


async def answer_feedback(
    session: AsyncSession, *, feedback: Feedback, request: FeedbackAnswer, who: Whereabouts
) -> Feedback:
    """What we answered, once; raises AnsweredAlready."""
    if feedback.answered_at is not None:
        raise AnsweredAlready
    feedback.answered_at, feedback.answered_by, feedback.answer = who.now, who.user_id, request.answer
    await session.flush()
    return feedback
