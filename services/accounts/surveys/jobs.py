"""Surveys leave by mail: each link is made when its mail is, from the address the dossier has on that day."""

from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.settings import AccountsSettings
from services.accounts.surveys import repository
from services.accounts.surveys.domain import link_of
from services.accounts.surveys.models import Survey
from shared.calendar import local_day
from shared.jobs import Job
from shared.mail import Mail
from shared.mail_wording import wordings
from shared.mailing import Unsent, send_waiting

EVERY_S = 20.0
SURVEY = wordings(Path(__file__).with_name("mails.yaml"))["survey"]


def survey_jobs(settings: AccountsSettings) -> tuple[Job, ...]:
    """The sending of surveys; none where no mail server is set."""
    server = settings.mail_server
    if server is None:
        return ()

    async def send(session: AsyncSession, now: datetime) -> None:
        async def compose(session: AsyncSession, survey: Survey) -> Mail | Unsent:
            return await survey_mail(session, survey, settings=settings, now=now)

        await send_waiting(session, Survey, server=server, compose=compose, now=now)

    return (Job("send surveys", EVERY_S, send),)


async def survey_mail(
    session: AsyncSession, survey: Survey, *, settings: AccountsSettings, now: datetime
) -> Mail | Unsent:
    """The mail with the link, or why there is none: answered or closed meanwhile, or nobody to write to."""
    today = local_day(now, settings.zone)
    if survey.answered_at is not None or today > survey.expires_on:
        return Unsent.NEEDLESS
    address = await repository.address_for(session, account_id=survey.account_id, person_id=survey.person_id, on=today)
    if not address:
        return Unsent.NO_ADDRESS
    link = link_of(survey.id, survey.expires_on, secret=settings.signing_key_secret)
    url, until = f"{settings.mail_links_url.rstrip('/')}/survey-links/{link}", survey.expires_on.isoformat()
    subject, text = SURVEY.said({"link": {"en": url, "zh": url}, "until": {"en": until, "zh": until}})
    return Mail(f"survey-{survey.id}", address, subject, text)
