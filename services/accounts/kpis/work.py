"""What complaints, feedback and surveys tell the board; a kind of work nobody keeps yet has no evidence."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.asked_facts import FactsOf
from services.accounts.complaints.domain import FeedbackKind
from services.accounts.complaints.models import Feedback
from services.accounts.kpis import repository
from services.accounts.kpis.life import end_of
from services.accounts.kpis.material import Asked, Work
from services.accounts.surveys.facts import FUNCTIONS, SurveyedAccount
from shared.calendar import Period, local_day, period_of
from shared.policy.evaluation import Case
from shared.policy.plan import Plans
from shared.policy.scorecard import ScorecardPlan
from shared.trace import Subject

SATISFACTION = "satisfaction-survey"


async def work_of(
    session: AsyncSession, *, accounts: Select[Any], span: Period, known_on: date, zone: str, plans: Plans
) -> Work:
    """The work for these accounts inside the span, as known at the end of a local day."""
    known_at = end_of(known_on, zone)
    complaints = await repository.complaints_caused(session, accounts=accounts, span=span, known_at=known_at)
    asked = await repository.feedback_of(session, accounts=accounts, span=span, known_on=known_on)
    surveyed = await repository.surveyed_accounts(session, accounts=accounts, span=span, zone=zone, known_at=known_at)
    return Work(
        complaints_caused=tuple(complaints),
        feedback=tuple(_judged(row, zone, known_on) for row in asked if row.kind == FeedbackKind.feedback),
        questions=tuple(_judged(row, zone, known_on) for row in asked if row.kind == FeedbackKind.question),
        satisfaction=tuple(_scores(surveyed, plans.by_id.get(SATISFACTION), min(known_on, span.last), zone)),
    )


def _judged(row: Feedback, zone: str, known_on: date) -> Asked:
    """On time once it is answered by its time; late as soon as that time has passed without an answer."""
    answered = row.answered_at if row.answered_at and local_day(row.answered_at, zone) <= known_on else None
    if answered is not None:
        return Asked(row.received_on, answered <= row.answer_by)
    return Asked(row.received_on, False if row.answer_by <= end_of(known_on, zone) else None)


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
