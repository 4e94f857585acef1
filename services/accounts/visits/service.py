"""Planning, reporting, checking and calling off visits and receptions (A8)."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.contacts.domain import ContactKind
from services.accounts.contacts.schemas import NewContact
from services.accounts.contacts.service import log_contact
from services.accounts.dossiers.models import Account
from services.accounts.dossiers.schemas import MoneyText
from services.accounts.dossiers.service import Whereabouts
from services.accounts.happened import check_happened
from services.accounts.moves import moved
from services.accounts.visits.domain import (
    ASKING,
    MOVES,
    VisitKind,
    VisitMove,
    VisitState,
    check_not_before,
    check_not_own,
)
from services.accounts.visits.models import Visit
from services.accounts.visits.schemas import NewVisit, PlanChange, VisitReport
from shared import audit
from shared.events.asks import ApprovalAskWithdrawn
from shared.ids import new_id
from shared.money import Money
from shared.outbox import record

SUBJECT = "visit"
LOGGED_AS = {VisitKind.visit: ContactKind.visit, VisitKind.reception: ContactKind.meeting}


def money_of(text: MoneyText) -> Money:
    return Money.parse(text.amount, text.currency)


def step(visit: Visit, move: VisitMove) -> None:
    """The visit at its next state; raises MoveNotAllowed."""
    visit.state = moved(MOVES, VisitState(visit.state), move)


async def plan_visit(
    session: AsyncSession, *, account: Account, kind: VisitKind, request: NewVisit, who: Whereabouts
) -> Visit:
    """A8: a visit or a reception is planned, with what it may cost; raises DayBehind."""
    check_not_before(request.planned_on, first=who.today, pointer="/planned_on")
    budget = money_of(request.budget)
    visit = Visit(
        id=str(new_id()),
        kind=kind,
        account_id=account.id,
        state=VisitState.planned,
        revision=0,
        plan=request.plan,
        planned_on=request.planned_on,
        planned_by=who.user_id,
        planned_at=who.now,
        currency=budget.currency,
        budget_minor=budget.amount_minor,
        receipts=[],
    )
    session.add(visit)
    await session.flush()
    return visit


async def revise_plan(session: AsyncSession, *, visit: Visit, request: PlanChange, who: Whereabouts) -> Visit:
    """Another plan, while nobody reviews it; raises MoveNotAllowed, DayBehind."""
    step(visit, VisitMove.revise)
    check_not_before(request.planned_on, first=who.today, pointer="/planned_on")
    budget = money_of(request.budget)
    visit.plan, visit.planned_on = request.plan, request.planned_on
    visit.currency, visit.budget_minor = budget.currency, budget.amount_minor
    await session.flush()
    return visit


async def report_visit(session: AsyncSession, *, visit: Visit, request: VisitReport, who: Whereabouts) -> Visit:
    """What came of it, also in the contact log, once: of a visit that its money was committed for (A8).

    Raises MoveNotAllowed, NotYetHappened, DayBehind.
    """
    check_happened(request.happened_on, today=who.today, pointer="/happened_on")
    step(visit, VisitMove.report)
    if visit.committed_on is not None:
        check_not_before(request.happened_on, first=visit.committed_on, pointer="/happened_on")
    if request.next_visit_on is not None:
        check_not_before(request.next_visit_on, first=request.happened_on, pointer="/next_visit_on")
    if visit.contact_id is None:
        contact = NewContact(
            kind=LOGGED_AS[VisitKind(visit.kind)],
            on_day=request.happened_on,
            note=request.needs,
            made_by=visit.planned_by,
            form_hash=request.form_hash,
        )
        row = await log_contact(session, account_id=visit.account_id, request=contact, who=who)
        visit.contact_id = row.id
    visit.happened_on, visit.reported_by = request.happened_on, who.user_id
    visit.report = request.model_dump(mode="json")
    await session.flush()
    return visit


async def check_report(session: AsyncSession, *, visit: Visit, note_text: str, who: Whereabouts) -> Visit:
    """The manager found the report good; raises MoveNotAllowed, OwnPaper."""
    check_not_own(who.user_id, visit.reported_by)
    step(visit, VisitMove.check)
    visit.checked_by, visit.check_note = who.user_id, note_text
    await session.flush()
    return visit


async def return_report(session: AsyncSession, *, visit: Visit, note_text: str, who: Whereabouts) -> Visit:
    """The manager wants another report; raises MoveNotAllowed, OwnPaper."""
    check_not_own(who.user_id, visit.reported_by)
    step(visit, VisitMove.return_report)
    visit.check_note = note_text
    await session.flush()
    return visit


async def call_off(session: AsyncSession, *, visit: Visit, reason: str, who: Whereabouts) -> Visit:
    """It will not happen: an ask that waits is taken back; raises MoveNotAllowed."""
    waiting = visit.state in ASKING
    step(visit, VisitMove.call_off)
    if waiting:
        withdrawn = ApprovalAskWithdrawn(
            occurred_at=who.now,
            subject_type=SUBJECT,
            subject_id=visit.id,
            revision=visit.revision,
            account_id=visit.account_id,
            reason=reason,
        )
        record(session, withdrawn)
    await note(session, visit, "visit.called_off", who, reason=reason)
    return visit


async def note(session: AsyncSession, visit: Visit, action: str, who: Whereabouts, **detail: str) -> None:
    await audit.append(session, audit.Entry(who.now, who.user_id, action, f"visit/{visit.id}", detail))
    await session.flush()
