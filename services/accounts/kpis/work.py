"""What cases, complaints, feedback, visits and surveys tell the board; what nobody keeps has no evidence."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.asked_facts import FactsOf
from services.accounts.cases.domain import Stage
from services.accounts.cases.models import DevelopmentCase
from services.accounts.complaints.domain import FeedbackKind
from services.accounts.complaints.models import Complaint, Feedback
from services.accounts.kpis.adherence import months_of, services_checked
from services.accounts.kpis.customers import Customers, Whose
from services.accounts.kpis.life import end_of
from services.accounts.kpis.material import AccountLife, Asked, Due, SoldOn, Work
from services.accounts.kpis.repository import of_branches
from services.accounts.kpis.vantage import Day
from services.accounts.return_visits.models import ReturnVisit
from services.accounts.return_visits.repository import falsified_by_branch
from services.accounts.surveys.domain import Marks
from services.accounts.surveys.facts import FUNCTIONS, CausedByUs, SurveyedAccount
from services.accounts.surveys.models import Survey
from services.accounts.targets.domain import ScopeKind
from services.accounts.visits.models import Visit
from shared.calendar import Period, add_months, local_day, period, period_of
from shared.money import Money
from shared.policy.evaluation import Case
from shared.policy.scorecard import ScorecardPlan
from shared.trace import Subject

SATISFACTION = "satisfaction-survey"


async def work_of(session: AsyncSession, *, whose: Whose, span: Period, day: Day) -> Work:
    """The work inside the span, as known at the end of a local day."""
    asked = await feedback_of(session, accounts=whose.customers.every, span=span, day=day)
    falsified = await falsified_forms(session, span=span, day=day)
    surveyed = await surveyed_accounts(session, customers=whose.customers, span=span, day=day)
    until = min(day.known_on, span.last)
    return Work(
        cases_won=tuple(await cases_won(session, whose=whose, span=span, known_on=day.known_on)),
        complaints_caused=tuple(
            await complaints_caused(session, accounts=whose.customers.every, span=span, known_at=day.known_at)
        ),
        feedback=tuple(_judged(row, day) for row in asked if row.kind == FeedbackKind.feedback),
        questions=tuple(_judged(row, day) for row in asked if row.kind == FeedbackKind.question),
        return_visits=visits_due(
            whose.listed, await visited_months(session, whose=whose, span=span, day=day, false=falsified), span
        ),
        spent=tuple(await spent_on(session, accounts=whose.customers.every, span=span, known_on=day.known_on)),
        satisfaction=tuple(_scores(surveyed, day.plans.by_id.get(SATISFACTION), until, day.zone)),
        services_checked=await services_checked(
            session, whose=whose, span=span, day=day, asked=asked, falsified=falsified
        ),
    )


def visits_due(listed: Sequence[AccountLife], visited: Collection[tuple[str, str]], span: Period) -> tuple[Due, ...]:
    """One visit for each key account and month of the span: due with the month, done where its honest form came in."""
    months = [period_of("month", add_months(span.first, number)) for number in range(12)]
    return tuple(
        Due(month.last, (account.account_id, month.key) in visited)
        for month in months
        if month.first < span.until
        for account in listed
        if any(first <= month.last < until for first, until in account.listed)
    )


async def cases_won(session: AsyncSession, *, whose: Whose, span: Period, known_on: date) -> list[date]:
    """The days on which the branch's cases, or those the people picked, were won."""
    theirs = (
        DevelopmentCase.branch == whose.scope.id
        if whose.scope.kind is ScopeKind.branch
        else and_(DevelopmentCase.picked_by.in_(whose.people), of_branches(DevelopmentCase.branch, whose.branches))
    )
    query = select(DevelopmentCase.closed_on).where(
        theirs,
        DevelopmentCase.stage == Stage.won,
        DevelopmentCase.closed_on >= span.first,
        DevelopmentCase.closed_on < span.until,
        DevelopmentCase.closed_on <= known_on,
    )
    return [day for day in await session.scalars(query.order_by(DevelopmentCase.closed_on)) if day is not None]


async def spent_on(session: AsyncSession, *, accounts: Select[Any], span: Period, known_on: date) -> list[SoldOn]:
    """What visits and receptions of the accounts cost, on the day it was reimbursed."""
    query = select(Visit.reimbursed_on, Visit.claimed_minor, Visit.currency).where(
        Visit.account_id.in_(accounts),
        Visit.reimbursed_on >= span.first,
        Visit.reimbursed_on < span.until,
        Visit.reimbursed_on <= known_on,
    )
    rows = await session.execute(query.order_by(Visit.reimbursed_on, Visit.id))
    return [SoldOn(day, Money(amount, currency)) for day, amount, currency in rows if day and amount is not None]


async def falsified_forms(session: AsyncSession, *, span: Period, day: Day) -> set[str]:
    """The forms of the span's months that spot checks had found false by then (A9)."""
    found = await falsified_by_branch(session, months=months_of(span), known_at=day.known_at)
    return {check.return_visit_id for checks in found.values() for check in checks}


async def visited_months(
    session: AsyncSession, *, whose: Whose, span: Period, day: Day, false: Collection[str]
) -> set[tuple[str, str]]:
    """`(account, month)` of each form received by then and not found false by then, under who goes on at its end."""
    query = select(ReturnVisit.account_id, ReturnVisit.month).where(
        or_(ReturnVisit.account_id.in_(whose.customers.every), ReturnVisit.account_id.in_(whose.customers.members)),
        ReturnVisit.month >= period_of("month", span.first).key,
        ReturnVisit.month <= period_of("month", span.last).key,
        ReturnVisit.received_on <= day.known_on,
        ReturnVisit.received_at <= day.known_at,
        ReturnVisit.id.not_in(false),
    )
    heirs = whose.customers.heirs
    return {
        (heirs.of(account_id, end_of(period(month).last, day.zone)), month)
        for account_id, month in await session.execute(query)
    }


async def complaints_caused(
    session: AsyncSession, *, accounts: Select[Any], span: Period, known_at: datetime
) -> list[date]:
    """The days on which complaints of the span were opened that are resolved, by then, as caused by us."""
    query = select(Complaint.opened_on).where(
        Complaint.account_id.in_(accounts),
        Complaint.opened_on >= span.first,
        Complaint.opened_on < span.until,
        Complaint.caused_by_us.is_(True),
        Complaint.resolved_at <= known_at,
    )
    return list(await session.scalars(query.order_by(Complaint.opened_on)))


async def feedback_of(session: AsyncSession, *, accounts: Select[Any], span: Period, day: Day) -> Sequence[Feedback]:
    """Feedback and questions received inside the span and by then."""
    query = select(Feedback).where(
        Feedback.account_id.in_(accounts),
        Feedback.received_on >= span.first,
        Feedback.received_on < span.until,
        Feedback.received_at <= day.known_at,
    )
    return (await session.scalars(query.order_by(Feedback.id))).all()


async def surveyed_accounts(
    session: AsyncSession, *, customers: Customers, span: Period, day: Day
) -> dict[str, SurveyedAccount]:
    """Customers that answered a survey inside the span, with their answers and the complaints we caused."""
    inside = Survey.answered_on >= span.first, Survey.answered_on < span.until, Survey.answered_at <= day.known_at
    answered = select(Survey).where(Survey.account_id.in_(customers.members), *inside).order_by(Survey.id)
    marks: dict[str, list[Marks]] = {}
    for row in await session.scalars(answered):
        if row.answered_on is not None and row.answers:
            marks.setdefault(customers.of(row.account_id), []).append(
                Marks(row.id, row.answered_on, tuple(row.answers.values()))
            )
    caused: dict[str, list[CausedByUs]] = {}
    theirs = select(Complaint).where(
        Complaint.account_id.in_(customers.members),
        Complaint.opened_on >= span.first,
        Complaint.opened_on < span.until,
        Complaint.caused_by_us.is_(True),
        Complaint.resolved_at <= day.known_at,
    )
    for one in await session.scalars(theirs):
        if one.resolved_at is not None:
            known = CausedByUs(one.id, one.opened_on, local_day(one.resolved_at, day.zone))
            caused.setdefault(customers.of(one.account_id), []).append(known)
    return {name: SurveyedAccount(tuple(given), tuple(caused.get(name, ()))) for name, given in marks.items()}


def _judged(row: Feedback, day: Day) -> Asked:
    """On time once it is answered by its time; late as soon as that time has passed without an answer."""
    answered = row.answered_at if row.answered_at and row.answered_at <= day.known_at else None
    if answered is not None:
        return Asked(row.received_on, answered <= row.answer_by)
    return Asked(row.received_on, False if row.answer_by <= day.known_at else None)


def _scores(surveyed: dict[str, SurveyedAccount], card: Any, until: date, zone: str) -> Iterator[Decimal]:
    """Each surveyed account's score by the document, for each quarter in which it answered."""
    if not isinstance(card, ScorecardPlan):
        return
    for account_id, material in sorted(surveyed.items()):
        quarters = {period_of("quarter", one.on) for one in material.answers if one.on <= until}
        for quarter in sorted(quarters, key=lambda span: span.first):
            moment = end_of(min(quarter.until - timedelta(days=1), until), zone)
            case = Case(FactsOf(FUNCTIONS, material, zone), Subject("account", account_id), moment)
            score = card.decide(case).outcome.score
            if score is not None:
                yield score
