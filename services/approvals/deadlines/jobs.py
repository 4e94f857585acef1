"""The escalation worker: without it no deadline would ever fire, so it is seen on the worker's probes and metrics."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances
from services.approvals.deadlines.service import look_at_open_steps
from services.approvals.settings import ApprovalsSettings
from shared.calendar import local_day
from shared.jobs import Job
from shared.policy.compiled import CompiledPolicies

EVERY_S = 30.0


def deadline_jobs(settings: ApprovalsSettings) -> tuple[Job, ...]:
    """Local days are those of the installation's zone."""
    policies, zone, mailing = CompiledPolicies(), settings.zone, settings.mail_server is not None

    async def look(session: AsyncSession, now: datetime) -> None:
        plans = (await policies.current(session)).in_force(local_day(now, zone))
        await look_at_open_steps(session, mailing=mailing, at=Circumstances(now, zone, plans))

    return (Job("escalate late steps", EVERY_S, look),)
