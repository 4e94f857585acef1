"""Head office checks a sample of the month's forms; a falsified one stands against its branch (A9)."""

from secrets import token_hex

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.asked_facts import FactsOf
from services.accounts.dossiers.service import Whereabouts
from services.accounts.flags.service import Flagged, raise_flag
from services.accounts.moves import moved
from services.accounts.programmes.repository import is_key_account
from services.accounts.return_visits import repository
from services.accounts.return_visits.domain import (
    FINDINGS,
    DrawnAlready,
    Finding,
    FindingMove,
    NothingToCheck,
    NotTheChecker,
    drawn,
    sample_size,
)
from services.accounts.return_visits.facts import MONTH_FUNCTIONS
from services.accounts.return_visits.models import ReturnVisit, SpotCheck, SpotCheckSample
from services.accounts.return_visits.schemas import NewFinding, NewSample
from services.accounts.return_visits.service import reported_months
from services.accounts.return_visits.terms import Terms, due_day, end_of, terms_of
from shared import audit
from shared.auth.principal import Principal
from shared.calendar import period
from shared.ids import new_id
from shared.policy.rulebook import Rulebook
from shared.trace import Subject

SPOT_CHECKED = "return_visit.spot_checked"


async def draw_sample(
    session: AsyncSession, *, request: NewSample, caller: Principal, rules: Rulebook, who: Whereabouts
) -> SpotCheckSample:
    """A9: the month's forms to check, drawn once; raises NotTheChecker, DrawnAlready, NothingToCheck."""
    terms = terms_of(rules)
    require_checker(caller, terms)
    if await repository.sample_of_month(session, month=request.month) is not None:
        raise DrawnAlready
    population = await repository.ids_of_month(session, month=request.month)
    if not population:
        raise NothingToCheck
    row = SpotCheckSample(
        id=str(new_id()),
        month=request.month,
        seed=request.seed or token_hex(16),
        population=list(population),
        drawn_by=who.user_id,
        drawn_at=who.now,
    )
    session.add(row)
    await session.flush()
    size = sample_size(len(population), share=terms.share, least=terms.least)
    visits = await repository.visits_by_id(session, visit_ids=drawn(population, seed=row.seed, size=size))
    session.add_all(pending_check(row, visit) for visit in visits.values())
    await session.flush()
    return row


def pending_check(sample: SpotCheckSample, visit: ReturnVisit) -> SpotCheck:
    return SpotCheck(
        id=str(new_id()),
        sample_id=sample.id,
        return_visit_id=visit.id,
        branch=visit.branch,
        month=visit.month,
        finding=Finding.pending,
    )


def require_checker(caller: Principal, terms: Terms) -> None:
    """Raises NotTheChecker for anybody but the department that spot-checks."""
    if terms.department not in {holding.department for holding in caller.holdings}:
        raise NotTheChecker


async def record_finding(
    session: AsyncSession, *, check: SpotCheck, request: NewFinding, rules: Rulebook, who: Whereabouts
) -> SpotCheck:
    """A9: what the check found, once; a falsified form stands against its branch. Raises MoveNotAllowed."""
    move = FindingMove.confirm if request.truthful else FindingMove.falsify
    check.finding = moved(FINDINGS, Finding(check.finding), move)
    check.note, check.checked_by, check.checked_at = request.note, who.user_id, who.now
    await session.flush()
    detail = {"branch": check.branch, "month": check.month, "finding": check.finding}
    await audit.append(
        session, audit.Entry(who.now, who.user_id, "return_visit.spot_checked", f"spot_check/{check.id}", detail)
    )
    await ask_again(session, check=check, rules=rules, who=who)
    return check


async def ask_again(session: AsyncSession, *, check: SpotCheck, rules: Rulebook, who: Whereabouts) -> None:
    """The month is asked about once more, as of its due day, with what the check found."""
    visits = await repository.visits_by_id(session, visit_ids=[check.return_visit_id])
    account_id, month = visits[check.return_visit_id].account_id, period(check.month)
    due = due_day(rules, month)
    if not await is_key_account(session, account_id=account_id, on=due):
        return
    known = await reported_months(session, account_ids=[account_id], month=month)
    facts = FactsOf(MONTH_FUNCTIONS, known[account_id], who.zone)
    as_of = min(who.now, end_of(due, who.zone))
    for decision in facts.ask(rules, SPOT_CHECKED, Subject("account", account_id), as_of):
        if check.finding == Finding.falsified:
            await raise_flag(session, flagged=Flagged(decision, account_id, month.key), now=who.now)
