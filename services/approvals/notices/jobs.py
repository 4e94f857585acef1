"""The worker tells by mail what the clock and the decisions brought; without a mail server it tells nobody."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances
from services.approvals.notices.models import Notice
from services.approvals.notices.service import Wordbook, notice_mail, tell_of_decisions
from services.approvals.settings import ApprovalsSettings
from shared.calendar import local_day
from shared.jobs import Job
from shared.mail import Mail
from shared.mailing import Unsent, send_waiting
from shared.policy.compiled import CompiledPolicies
from shared.policy.explain import names_of

EVERY_S = 20.0


def notice_jobs(settings: ApprovalsSettings) -> tuple[Job, ...]:
    """Who is told of decisions, and the sending of what waits."""
    policies, server = CompiledPolicies(), settings.mail_server

    async def circumstances(session: AsyncSession, now: datetime) -> Circumstances:
        plans = (await policies.current(session)).in_force(local_day(now, settings.zone))
        return Circumstances(now, settings.zone, plans)

    async def tell(session: AsyncSession, now: datetime) -> None:
        await tell_of_decisions(session, mailing=server is not None, at=await circumstances(session, now))

    async def send(session: AsyncSession, now: datetime) -> None:
        at = await circumstances(session, now)
        book = Wordbook(at, names_of(at.plans), settings.mail_links_url)

        async def compose(session: AsyncSession, notice: Notice) -> Mail | Unsent:
            return await notice_mail(session, notice, book=book)

        if server is not None:
            await send_waiting(session, Notice, server=server, compose=compose, now=now)

    telling = Job("tell of decisions", EVERY_S, tell)
    return (telling,) if server is None else (telling, Job("send notices", EVERY_S, send))
