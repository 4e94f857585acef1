"""Sending surveys, taking answers through signed links, and scoring an account's satisfaction (A10)."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.asked_facts import FactsOf
from services.accounts.complaints.repository import complaints_caused_by_us
from services.accounts.dossiers.models import Account
from services.accounts.dossiers.service import Whereabouts
from services.accounts.surveys import repository
from services.accounts.surveys.domain import (
    NoAddress,
    NoSuchLink,
    SurveyAnswered,
    SurveyClosed,
    Terms,
    check_answers,
    check_link,
    survey_named,
)
from services.accounts.surveys.facts import FUNCTIONS, CausedByUs, SurveyedAccount
from services.accounts.surveys.models import Survey
from services.accounts.surveys.schemas import NewSurvey, SurveyAnswers
from shared.calendar import Duration, Period, day_start, local_day
from shared.errors import FieldError, ValidationProblem, Words
from shared.ids import new_id
from shared.mailing import wish_mail
from shared.policy.evaluation import Case
from shared.policy.rulebook import Rulebook
from shared.policy.scorecard import Rating
from shared.trace import Decision, Subject

QUESTIONS, TERMS = "survey-questions", "survey-terms"
SATISFACTION_ROW = "A10"


async def send_survey(
    session: AsyncSession, *, account: Account, request: NewSurvey, rules: Rulebook, who: Whereabouts, mailed: bool
) -> Survey:
    """A10: a survey with the questions of the day, to be answered until its last day; the worker mails it if `mailed`.

    Raises ValidationProblem, NoAddress where it could not be mailed.
    """
    if request.person_id is not None and not await repository.is_person_of(
        session, person_id=request.person_id, account_id=account.id, on=who.today
    ):
        wrong: Words = {"en": "no person of this account", "zh": "该客户无此联系人"}
        raise ValidationProblem(errors=[FieldError("/person_id", "unknown_person", wrong)])
    terms = rules.table(TERMS)[0]
    row = Survey(
        id=str(new_id()),
        account_id=account.id,
        person_id=request.person_id,
        questions=[{"id": str(row["question"]), "asks": words_of(row["asks"])} for row in rules.table(QUESTIONS)],
        lowest=int(str(terms["lowest"])),
        highest=int(str(terms["highest"])),
        sent_at=who.now,
        sent_by=who.user_id,
        expires_on=Duration.parse(str(terms["answer_within"])).after(who.today),
    )
    if mailed:
        await _wish_mail(session, row, who=who)
    session.add(row)
    await session.flush()
    return row


async def _wish_mail(session: AsyncSession, row: Survey, *, who: Whereabouts) -> None:
    if not await repository.address_for(session, account_id=row.account_id, person_id=row.person_id, on=who.today):
        raise NoAddress("/person_id" if row.person_id else "/account_id")
    wish_mail(row, now=who.now)


def words_of(cell: object) -> dict[str, str]:
    """A cell of words as plain text by language."""
    return {language: str(getattr(cell, language)) for language in ("en", "zh")}


async def survey_behind(session: AsyncSession, *, link: str, secret: str, lock: bool = False) -> Survey:
    """The survey a link was made for; raises NoSuchLink."""
    survey = await repository.survey(session, survey_id=survey_named(link), lock=lock)
    if survey is None:
        raise NoSuchLink
    check_link(link, survey.id, survey.expires_on, secret=secret)
    return survey


async def answer_survey(
    session: AsyncSession, *, survey: Survey, request: SurveyAnswers, now: datetime, zone: str
) -> Survey:
    """The customer's marks, once and in time; raises SurveyAnswered, SurveyClosed or ValidationProblem."""
    if survey.answered_at is not None:
        raise SurveyAnswered
    today = local_day(now, zone)
    if today > survey.expires_on:
        raise SurveyClosed
    asked = [question["id"] for question in survey.questions]
    check_answers(asked, request.answers, Terms(survey.lowest, survey.highest))
    survey.answered_at, survey.answered_on = now, today
    survey.answers, survey.comment = request.answers, request.comment
    await session.flush()
    return survey


async def satisfaction(
    session: AsyncSession, *, account: Account, quarter: Period, rules: Rulebook, who: Whereabouts
) -> Decision[Rating]:
    """A10: the account's satisfaction of a quarter, as far as it has come."""
    as_of = min(who.now, day_start(quarter.until, who.zone) - timedelta(microseconds=1))
    material = await surveyed(session, account=account, quarter=quarter, zone=who.zone)
    card = rules.scorecard(row=SATISFACTION_ROW, subject="account")
    return card.decide(Case(FactsOf(FUNCTIONS, material, who.zone), Subject("account", account.id), as_of))


async def surveyed(session: AsyncSession, *, account: Account, quarter: Period, zone: str) -> SurveyedAccount:
    ids, first, until = [account.id], quarter.first, quarter.until
    marks = await repository.marks_of(session, account_ids=ids, first=first, until=until)
    complaints = await complaints_caused_by_us(session, account_ids=ids, first=first, until=until)
    caused = (
        CausedByUs(row.id, row.opened_on, local_day(row.resolved_at, zone))
        for row in complaints.get(account.id, ())
        if row.resolved_at is not None
    )
    return SurveyedAccount(tuple(marks.get(account.id, ())), tuple(caused))
