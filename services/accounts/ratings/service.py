"""Rating accounts, asking for what a rating proposes, and the class that follows when it is granted (A2, A5)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.contacts.repository import contact_days_of
from services.accounts.dossiers.service import Whereabouts
from services.accounts.ratings import repository
from services.accounts.ratings.assessing import check_assessable
from services.accounts.ratings.domain import (
    AlreadyAnswered,
    Answer,
    ClassFact,
    DayAhead,
    ProposalState,
    answered,
    class_on,
    takes_effect_on,
)
from services.accounts.ratings.facts import RatedAccount, RatingFacts, margin_minor
from services.accounts.ratings.models import Assessment, ClassRow, RatingProposal
from services.accounts.ratings.schemas import NewAssessment
from shared.asking import sought
from shared.calendar import Duration, local_day, trailing
from shared.events.accounts import ClassChanged, ClassProposed
from shared.ids import new_id
from shared.outbox import record
from shared.policy.evaluation import Case
from shared.policy.forms import ByDirection, Scorecard
from shared.policy.registry import load_registry
from shared.policy.rulebook import Rulebook
from shared.policy.scorecard import Rating, ScorecardPlan
from shared.trace import Decision, Subject

RATING_ROW = "A2"
LOOK_BACK = Duration(years=2)  # growth compares a year with the year before it


@dataclass(frozen=True, slots=True)
class Rated:
    """One account's rating as of a day: the decision, and the proposal made of it (None in a preview)."""

    account_id: str
    number: str
    decision: Decision[Rating]
    proposal_id: str | None


async def assess(session: AsyncSession, *, account_id: str, request: NewAssessment, who: Whereabouts) -> Assessment:
    """A dated, evidenced judgement; later ones stand beside it, nothing is overwritten. Raises NotAssessable."""
    check_assessable(load_registry(), request.fact, request.value)
    row = Assessment(
        id=str(new_id()),
        account_id=account_id,
        assessed_by=who.user_id,
        recorded_at=who.now,
        **request.model_dump(),
    )
    session.add(row)
    await session.flush()
    return row


async def run_ratings(
    session: AsyncSession,
    *,
    account_ids: Collection[str] | None,
    as_of: date,
    preview: bool,
    rules: Rulebook,
    who: Whereabouts,
) -> tuple[str, list[Rated]]:
    """A2: rate the accounts as of the end of a day; unless it is a preview each rating becomes a proposal that asks.

    Returns the run's id and the ratings by account id; raises DayAhead for a day that lies ahead.
    """
    if as_of > who.today:
        raise DayAhead
    run_id = str(new_id())
    rows = await repository.accounts_to_rate(session, account_ids=account_ids, reach=who.reach)
    known = await what_is_known(
        session, account_ids=[row.id for row in rows], everybody=account_ids is None, as_of=as_of, who=who
    )
    card = rules.scorecard(row=RATING_ROW, subject="account")
    moment = last_moment(as_of, who.zone)
    rated = []
    for row in rows:
        decision = card.decide(Case(RatingFacts(known[row.id]), Subject("account", row.id), moment))
        proposal_id = None
        if not preview and decision.outcome.grade:
            proposal = await propose(session, run_id=run_id, card=card, decision=decision, branch=row.branch, who=who)
            proposal_id = proposal.id
        rated.append(Rated(row.id, row.number, decision, proposal_id))
    return run_id, rated


def last_moment(day: date, zone: str) -> datetime:
    """The end of a local day: what happened on it counts."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)) - timedelta(microseconds=1)


async def what_is_known(
    session: AsyncSession, *, account_ids: Sequence[str], everybody: bool, as_of: date, who: Whereabouts
) -> dict[str, RatedAccount]:
    """Everything a rating may ask about each account, with a handful of queries for all of them."""
    since = LOOK_BACK.before(as_of)
    orders = await repository.orders_of(session, account_ids=None if everybody else account_ids, since=since)
    assessments = await repository.assessments_of(session, account_ids=account_ids)
    contacts = await contact_days_of(session, account_ids=account_ids)
    rates = await repository.exchange_rates(session)
    known = {
        account_id: RatedAccount(
            account_id,
            who.zone,
            tuple(orders.get(account_id, ())),
            tuple(assessments.get(account_id, ())),
            tuple(contacts.get(account_id, ())),
            rates,
        )
        for account_id in account_ids
    }
    return await with_company_margin(session, known, everybody=everybody, as_of=as_of, since=since)


async def with_company_margin(
    session: AsyncSession, known: dict[str, RatedAccount], *, everybody: bool, as_of: date, since: date
) -> dict[str, RatedAccount]:
    """Everybody's margin beside each account's own, where any of them has one to compare."""
    year = trailing(Duration(years=1), as_of)
    own = {account_id: margin_minor(account, year, as_of) for account_id, account in known.items()}
    if all(margin is None for margin in own.values()):
        return known
    others = own if everybody else await margins_of_all(session, known, as_of=as_of, since=since)
    total = sum(margin for margin in others.values() if margin is not None)
    return {account_id: account.beside(total) for account_id, account in known.items()}


async def margins_of_all(
    session: AsyncSession, known: dict[str, RatedAccount], *, as_of: date, since: date
) -> dict[str, int | None]:
    some = next(iter(known.values()))
    year = trailing(Duration(years=1), as_of)
    orders = await repository.orders_of(session, account_ids=None, since=since)
    return {
        account_id: margin_minor(RatedAccount(account_id, some.zone, tuple(theirs), rates=some.rates), year, as_of)
        for account_id, theirs in orders.items()
    }


async def propose(
    session: AsyncSession,
    *,
    run_id: str,
    card: ScorecardPlan,
    decision: Decision[Rating],
    branch: str,
    who: Whereabouts,
) -> RatingProposal:
    """A5: the proposal with its evidence, and the ask for it; whoever started the run is not its requester."""
    document = card.document
    current = await class_in_force(session, account_id=decision.subject.id, on=who.today, known_at=who.now)
    proposal = RatingProposal(
        id=str(new_id()),
        run_id=run_id,
        account_id=decision.subject.id,
        as_of=local_day(decision.as_of, who.zone),
        grade=decision.outcome.grade,
        score=decision.outcome.score,
        state=ProposalState.proposed,
        policy=decision.policy,
        takes_effect=effect_start(document, current, decision.outcome.grade),
        decision=decision.to_plain(),
        proposed_at=who.now,
    )
    session.add(proposal)
    await session.flush()
    event = ClassProposed(
        occurred_at=who.now,
        account_id=proposal.account_id,
        proposal_id=proposal.id,
        grade=proposal.grade,
        as_of=proposal.as_of,
    )
    record(session, event)
    if document.confirm is None:
        await take_effect(session, proposal=proposal, approved_on=who.today, now=who.now)
        return proposal
    record(
        session,
        sought(
            occurred_at=who.now,
            subject=("rating", proposal.id),
            content={"account": proposal.account_id, "grade": proposal.grade, "evidence": decision.to_plain()["trace"]},
            route=document.confirm,
            requester="system",
            account_id=proposal.account_id,
            branch=branch,
            title=(
                f"Class {proposal.grade}, score {two_digits(proposal.score)}",
                f"{proposal.grade}类，{two_digits(proposal.score)}分",
            ),
        ),
    )
    return proposal


async def class_in_force(session: AsyncSession, *, account_id: str, on: date, known_at: datetime) -> ClassFact | None:
    """The account's class on a day as it was known at an instant."""
    return class_on((fact for fact, _ in await repository.classes_of(session, account_id=account_id)), on, known_at)


def effect_start(document: Scorecard, current: ClassFact | None, grade: str) -> str:
    """When a granted grade starts to hold, as `takes_effect_on` reads it; a rise and a fall may differ."""
    ranks = [row.grade for row in document.grades.rows]
    upwards = current is None or ranks.index(grade) >= ranks.index(current.grade)
    rule = document.takes_effect
    word = (rule.up if upwards else rule.down) if isinstance(rule, ByDirection) else rule
    periods = {"at_once": "at_once", "next_month": "month", "window_end": document.window or "month"}
    return periods[word]


def two_digits(score: Decimal) -> str:
    """A score as it is shown; it is compared unrounded."""
    return str(score.quantize(Decimal("0.01")))


async def answer_proposal(
    session: AsyncSession, *, proposal_id: str, answer: Answer, answered_at: datetime, zone: str
) -> None:
    """A5: granted, the class holds from the day its document says; an answer that comes twice changes nothing."""
    proposal = await repository.locked_proposal(session, proposal_id=proposal_id)
    if proposal is None:
        return
    try:
        proposal.state = answered(ProposalState(proposal.state), answer)
    except AlreadyAnswered:
        return
    if answer is Answer.grant:
        await take_effect(session, proposal=proposal, approved_on=local_day(answered_at, zone), now=answered_at)


async def take_effect(session: AsyncSession, *, proposal: RatingProposal, approved_on: date, now: datetime) -> None:
    proposal.state = ProposalState.accepted
    row = ClassRow(
        id=str(new_id()),
        account_id=proposal.account_id,
        grade=proposal.grade,
        valid_from=takes_effect_on(proposal.takes_effect, approved_on),
        valid_until=None,
        recorded_at=now,
        proposal_id=proposal.id,
    )
    session.add(row)
    await session.flush()
    record(
        session,
        ClassChanged(
            occurred_at=now,
            account_id=row.account_id,
            grade=row.grade,
            valid_from=row.valid_from,
            valid_until=None,
            proposal_id=proposal.id,
        ),
    )
