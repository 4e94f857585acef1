"""Surveys over HTTP (A10): the staff send and read, the customer answers through a link of his own."""

from typing import Annotated, Any

from fastapi import Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers import repository as dossiers
from services.accounts.dossiers.api import AccountId
from services.accounts.edge import Here
from services.accounts.settings import AccountsSettings
from services.accounts.shown import two_digits
from services.accounts.surveys import repository, service
from services.accounts.surveys.domain import average, link_of
from services.accounts.surveys.models import Survey
from services.accounts.surveys.schemas import (
    MailingOut,
    NewSurvey,
    OpenSurvey,
    Question,
    SatisfactionOut,
    SurveyAnswers,
    SurveyOut,
    SurveySent,
)
from shared.auth.principal import Principal
from shared.calendar import Period, period
from shared.errors import FieldError, ValidationProblem, Words
from shared.http.dependencies import Session, allowed, public
from shared.http.exchange import runtime_of
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.routes import Router, shown_once, without_idempotency_key
from shared.mailing import MailState
from shared.policy.api import Policies
from shared.policy.explain import explain
from shared.policy.rulebook import Rulebook

router = Router(tags=["work"])
LinkText = Annotated[str, Path(max_length=200, description="the link that was sent to the customer")]


@router.post("/surveys", status_code=201)
@shown_once("link")
async def send_survey(
    body: NewSurvey,
    request: Request,
    response: Response,
    session: Session,
    here: Here,
    policies: Policies,
    caller: Annotated[Principal, allowed("surveys.send")],
) -> SurveySent:
    """Make a survey of the questions in force; its link is mailed, or where there is no mail shown once (A10)."""
    who = here.by(caller, "surveys.send")
    account = await dossiers.account_going_on(session, account_id=body.account_id, reach=who.reach)
    rules = Rulebook(policies.in_force(who.today))
    mailed = settings_of(request).mail_server is not None and not body.by_hand
    survey = await service.send_survey(session, account=account, request=body, rules=rules, who=who, mailed=mailed)
    link = None if mailed else link_of(survey.id, survey.expires_on, secret=settings_of(request).signing_key_secret)
    return SurveySent(link=link, **fields_of(survey))


@router.get("/surveys")
async def list_surveys(
    session: Session,
    asked: PageQuery,
    caller: Annotated[Principal, allowed("surveys.read")],
    account_id: Annotated[str | None, Query(description="sent to this account")] = None,
    answered: Annotated[bool | None, Query(description="answered, or still open")] = None,
    mail_state: Annotated[MailState | None, Query(description="given_up: whom the mail never reached")] = None,
) -> Page[SurveyOut]:
    """The surveys of the accounts the caller may see, newest first."""
    query = repository.surveys_within(caller.reach("surveys.read"))
    if account_id is not None:
        query = query.where(Survey.account_id == account_id)
    if answered is not None:
        query = query.where(Survey.answered_at.is_not(None) if answered else Survey.answered_at.is_(None))
    if mail_state is not None:
        query = query.where(Survey.mail_state == mail_state)
    return await read_page(
        session, query, asked=asked, by=newest_first(Survey.id), show=lambda row: SurveyOut(**fields_of(row))
    )


@router.get("/survey-links/{link}", dependencies=[public])
async def open_survey(link: LinkText, request: Request, session: Session) -> OpenSurvey:
    """What a survey asks, for whoever holds its link."""
    return shown_open(await behind(session, request, link))


@router.post("/survey-links/{link}/answers", status_code=201, dependencies=[public])
@without_idempotency_key
async def answer_survey(
    link: LinkText, body: SurveyAnswers, request: Request, session: Session, here: Here
) -> OpenSurvey:
    """Answer a survey once, without a login, by whoever holds its link (A10)."""
    survey = await behind(session, request, link, lock=True)
    return shown_open(await service.answer_survey(session, survey=survey, request=body, now=here.now, zone=here.zone))


@router.get("/accounts/{account_id}/satisfaction")
async def read_satisfaction(
    account_id: AccountId,
    session: Session,
    here: Here,
    policies: Policies,
    caller: Annotated[Principal, allowed("surveys.read")],
    quarter: Annotated[str, Query(alias="period", description="the quarter", examples=["2021-Q1"])],
) -> SatisfactionOut:
    """How content the account was in a quarter: its answers and the complaints we caused, with the explanation."""
    who = here.by(caller, "surveys.read")
    span = quarter_named(quarter)
    account = await dossiers.account(session, account_id=account_id, reach=who.reach)
    rules = Rulebook(policies.in_force(min(span.last, who.today)))
    decision = await service.satisfaction(session, account=account, quarter=span, rules=rules, who=who)
    rating = decision.outcome
    return SatisfactionOut(
        account_id=account.id,
        period=span.key,
        policy=decision.policy,
        score=two_digits(rating.score),
        grade=rating.grade or None,
        warnings=list(rating.warnings),
        lines=list(explain(decision, here.language)),
        trace=decision.to_plain(),
    )


def quarter_named(key: str) -> Period:
    """Raises ValidationProblem for anything but a quarter such as 2021-Q1."""
    try:
        found = period(key)
    except ValueError:
        found = None
    if found is None or "Q" not in found.key:
        wrong: Words = {"en": "a quarter such as 2021-Q1", "zh": "应为季度，如2021-Q1"}
        raise ValidationProblem(errors=[FieldError("/period", "not_a_quarter", wrong, where="query")])
    return found


def settings_of(request: Request) -> AccountsSettings:
    settings = runtime_of(request).settings
    assert isinstance(settings, AccountsSettings)
    return settings


async def behind(session: AsyncSession, request: Request, link: str, *, lock: bool = False) -> Survey:
    return await service.survey_behind(session, link=link, secret=settings_of(request).signing_key_secret, lock=lock)


def fields_of(row: Survey) -> dict[str, Any]:
    named = (name for name in SurveyOut.model_fields if name not in ("questions", "average", "mailing"))
    mean = average(tuple(row.answers.values())) if row.answers else None
    questions = [Question(**question) for question in row.questions]
    shown = {"questions": questions, "average": two_digits(mean), "mailing": mailing_of(row)}
    return {name: getattr(row, name) for name in named} | shown


def mailing_of(row: Survey) -> MailingOut | None:
    if row.mail_state is None:
        return None
    return MailingOut(
        state=row.mail_state,
        tries=row.mail_tries,
        next_try_at=row.mail_next_at,
        sent_at=row.mail_sent_at,
        failure=row.mail_failure,
    )


def shown_open(row: Survey) -> OpenSurvey:
    return OpenSurvey(
        questions=[Question(**question) for question in row.questions],
        lowest=row.lowest,
        highest=row.highest,
        expires_on=row.expires_on,
        answered=row.answered_at is not None,
    )
