"""Planning, approving, committing, reporting, checking and reimbursing visits and receptions (A8)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.asked_facts import FactsOf
from services.accounts.contacts.domain import ContactKind
from services.accounts.contacts.schemas import NewContact
from services.accounts.contacts.service import log_contact
from services.accounts.dossiers.models import Account
from services.accounts.dossiers.schemas import MoneyText
from services.accounts.dossiers.service import Whereabouts
from services.accounts.happened import check_happened
from services.accounts.moves import moved
from services.accounts.ratings.repository import exchange_rates
from services.accounts.visits import repository
from services.accounts.visits.domain import (
    ASKING,
    MOVES,
    OtherCurrency,
    ReceiptUsed,
    VisitKind,
    VisitMove,
    VisitState,
    check_commitment,
    check_not_before,
    check_not_own,
    repeated,
)
from services.accounts.visits.facts import FUNCTIONS, ClaimedVisit
from services.accounts.visits.models import Visit
from services.accounts.visits.schemas import Claim, NewVisit, PlanChange, VisitReport
from shared import audit
from shared.asking import sought
from shared.events.asks import ApprovalAskWithdrawn
from shared.ids import new_id
from shared.money import Money
from shared.outbox import record
from shared.policy.conditions import Finding
from shared.policy.evaluation import Case, Grant
from shared.policy.rulebook import Rulebook
from shared.trace import Decision, Subject

REIMBURSING, SUBJECT = "visit.reimbursing", "visit"
IN_CHINESE = {VisitKind.visit: "拜访", VisitKind.reception: "接待"}
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


@dataclass(frozen=True, slots=True)
class Asked:
    """An ask about a visit: the route, who asks, what exactly is to be approved, and who would get the money."""

    route: str
    requester: str
    content: dict[str, object]
    title: tuple[str, str]
    beneficiaries: tuple[str, ...] = ()


def ask(session: AsyncSession, *, visit: Visit, branch: str, asked: Asked, who: Whereabouts) -> None:
    """One more revision of the visit before its approvers."""
    visit.revision += 1
    record(
        session,
        sought(
            occurred_at=who.now,
            subject=(SUBJECT, visit.id),
            revision=visit.revision,
            content=asked.content,
            route=asked.route,
            requester=asked.requester,
            beneficiaries=asked.beneficiaries,
            account_id=visit.account_id,
            branch=branch,
            title=asked.title,
        ),
    )


async def submit_plan(session: AsyncSession, *, visit: Visit, branch: str, rules: Rulebook, who: Whereabouts) -> Visit:
    """Ask the manager and the director for this account, plan and budget; raises MoveNotAllowed, NotGoverned."""
    step(visit, VisitMove.submit)
    budget = Money(visit.budget_minor, visit.currency)
    asked = Asked(
        route=rules.route(visit.kind).document.id,
        requester=who.user_id,
        content={
            "account": visit.account_id,
            "plan": visit.plan,
            "planned_on": visit.planned_on.isoformat(),
            "budget": {"amount": str(budget), "currency": budget.currency},
        },
        title=(
            f"{visit.kind.capitalize()}, {budget} {budget.currency}",
            f"{IN_CHINESE[VisitKind(visit.kind)]}，{budget} {budget.currency}",
        ),
    )
    ask(session, visit=visit, branch=branch, asked=asked, who=who)
    await session.flush()
    return visit


async def commit_budget(session: AsyncSession, *, visit: Visit, amount: MoneyText, who: Whereabouts) -> Visit:
    """A8: finance commits, at most what was approved; raises MoveNotAllowed, OwnPaper, AboveBudget."""
    check_not_own(who.user_id, visit.planned_by)
    step(visit, VisitMove.commit)
    committed = money_of(amount)
    check_commitment(committed, Money(visit.budget_minor, visit.currency))
    visit.committed_minor, visit.committed_by, visit.committed_on = committed.amount_minor, who.user_id, who.today
    await note(session, visit, "visit.committed", who, amount=f"{committed} {committed.currency}")
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


async def claim_expense(session: AsyncSession, *, visit: Visit, request: Claim, who: Whereabouts) -> Visit:
    """What was really spent, with its receipts; a new claim leaves an earlier extra approval behind.

    Raises MoveNotAllowed, OtherCurrency, ReceiptUsed.
    """
    claimed = money_of(request.amount)
    if claimed.currency != visit.currency:
        raise OtherCurrency("/amount/currency", visit.currency)
    step(visit, VisitMove.claim)
    if places := repeated(request.receipts):
        raise ReceiptUsed(places)
    taken = await repository.take_receipts(session, visit_id=visit.id, receipts=request.receipts)
    if taken:
        raise ReceiptUsed({request.receipts.index(receipt) for receipt in taken})
    visit.claimed_minor, visit.claimed_by, visit.claimed_on = claimed.amount_minor, who.user_id, who.today
    visit.receipts = list(request.receipts)
    visit.extra_request = visit.extra_route = visit.extra_minor = visit.extra_granted_at = None
    await session.flush()
    return visit


async def reimburse(session: AsyncSession, *, visit: Visit, branch: str, rules: Rulebook, who: Whereabouts) -> bool:
    """A8: finance pays what was claimed; False where the documents ask for an approval first, which is asked now.

    Raises MoveNotAllowed before the report is checked and the expense claimed, OwnPaper, PolicyRefuses.
    """
    check_not_own(who.user_id, visit.claimed_by)
    moved(MOVES, VisitState(visit.state), VisitMove.reimburse)
    known = ClaimedVisit(
        report_checked=visit.checked_by is not None,
        committed=Money(visit.committed_minor or 0, visit.currency),
        claimed=Money(visit.claimed_minor or 0, visit.currency),
        claimed_on=visit.claimed_on,
        rates=await exchange_rates(session),
    )
    facts = FactsOf(FUNCTIONS, known, who.zone)
    subject = Subject(SUBJECT, visit.id, Subject("account", visit.account_id))
    decisions = rules.ask(REIMBURSING, Case(facts, subject, who.now, grants_of(visit)), subject=SUBJECT)
    blocking = next((one for one in decisions if not one.outcome.lets_pass), None)
    shown = blocking or next(iter(decisions), None)
    visit.decision = shown.to_plain() if shown else None
    if blocking is not None:
        seek_extra(session, visit=visit, branch=branch, blocking=blocking, who=who)
    else:
        step(visit, VisitMove.reimburse)
        visit.reimbursed_by, visit.reimbursed_on = who.user_id, who.today
        await note(session, visit, "visit.reimbursed", who, amount=f"{known.claimed} {visit.currency}")
    await session.flush()
    return blocking is None


def grants_of(visit: Visit) -> tuple[Grant, ...]:
    """The extra approval, as far as it is of exactly this claim."""
    if visit.extra_request is None or visit.extra_granted_at is None or visit.extra_minor != visit.claimed_minor:
        return ()
    return (Grant(visit.extra_request, visit.extra_route or "", visit.id, visit.extra_granted_at),)


def seek_extra(
    session: AsyncSession, *, visit: Visit, branch: str, blocking: Decision[Finding], who: Whereabouts
) -> None:
    """Ask the route the document names for exactly this claim; who claimed gets the money (C11)."""
    step(visit, VisitMove.ask_extra)
    claimed = Money(visit.claimed_minor or 0, visit.currency)
    committed = Money(visit.committed_minor or 0, visit.currency)
    content: dict[str, object] = {
        "visit": visit.id,
        "committed": {"amount": str(committed), "currency": visit.currency},
        "amount": {"amount": str(claimed), "currency": visit.currency},
        "receipts": visit.receipts,
    }
    title = (
        f"Expense of {claimed}, committed {committed} {visit.currency}",
        f"费用{claimed}，核定{committed} {visit.currency}",
    )
    claimant = visit.claimed_by or visit.planned_by
    visit.extra_route = blocking.outcome.code
    asked = Asked(visit.extra_route, claimant, content, title, (claimant,))
    ask(session, visit=visit, branch=branch, asked=asked, who=who)


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


async def answer_visit(
    session: AsyncSession,
    *,
    visit_id: str,
    revision: int,
    moves: Collection[VisitMove],
    request_id: str,
    answered_at: datetime,
) -> None:
    """What approvals said: of the plan or of extra expense, whichever is asked; an older answer changes nothing."""
    visit = await repository.locked_visit(session, visit_id=visit_id)
    if visit is None or visit.revision != revision:
        return
    possible = [move for move in moves if (VisitState(visit.state), move) in MOVES]
    for move in possible[:1]:
        step(visit, move)
        if move is VisitMove.grant_extra:
            visit.extra_request, visit.extra_granted_at = request_id, answered_at
            visit.extra_minor = visit.claimed_minor
    await session.flush()
