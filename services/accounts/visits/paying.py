"""The money of a visit: committed by finance, claimed with receipts, reimbursed as far as it may be (A8)."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.asked_facts import FactsOf
from services.accounts.dossiers.schemas import MoneyText
from services.accounts.dossiers.service import Whereabouts
from services.accounts.moves import moved
from services.accounts.ratings.repository import exchange_rates
from services.accounts.visits import repository
from services.accounts.visits.asking import seek_extra
from services.accounts.visits.domain import (
    MOVES,
    OtherCurrency,
    ReceiptUsed,
    VisitMove,
    VisitState,
    check_commitment,
    check_not_own,
    repeated,
)
from services.accounts.visits.facts import FUNCTIONS, ClaimedVisit
from services.accounts.visits.models import Visit
from services.accounts.visits.schemas import Claim
from services.accounts.visits.service import SUBJECT, money_of, note, step
from shared.money import Money
from shared.policy.evaluation import Case, Grant
from shared.policy.rulebook import Rulebook
from shared.trace import Subject

REIMBURSING = "visit.reimbursing"


async def commit_budget(session: AsyncSession, *, visit: Visit, amount: MoneyText, who: Whereabouts) -> Visit:
    """A8: finance commits, at most what was approved; raises MoveNotAllowed, OwnPaper, AboveBudget."""
    check_not_own(who.user_id, visit.planned_by)
    step(visit, VisitMove.commit)
    committed = money_of(amount)
    check_commitment(committed, Money(visit.budget_minor, visit.currency))
    visit.committed_minor, visit.committed_by, visit.committed_on = committed.amount_minor, who.user_id, who.today
    await note(session, visit, "visit.committed", who, amount=f"{committed} {committed.currency}")
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
