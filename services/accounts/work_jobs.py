"""What the work with accounts does by the clock alone; each run says a thing once, however often it comes."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.care.service import start_day
from services.accounts.complaints.service import escalate_overdue
from services.accounts.contacts.service import close_month_of_visits
from services.accounts.relationships.service import remind_owners
from services.accounts.return_visits.defaults import ask_what_is_due
from shared.jobs import Job
from shared.policy.compiled import CompiledPolicies


def work_jobs(zone: str) -> tuple[Job, ...]:
    """Days are local ones of the installation's zone."""
    policies = CompiledPolicies()

    async def escalate(session: AsyncSession, now: datetime) -> None:
        await escalate_overdue(session, now=now, zone=zone)

    async def close_month(session: AsyncSession, now: datetime) -> None:
        await close_month_of_visits(session, policies=await policies.current(session), now=now, zone=zone)

    async def ask_due(session: AsyncSession, now: datetime) -> None:
        await ask_what_is_due(session, policies=await policies.current(session), now=now, zone=zone)

    async def think_of_people(session: AsyncSession, now: datetime) -> None:
        await start_day(session, policies=await policies.current(session), now=now, zone=zone)

    async def remind(session: AsyncSession, now: datetime) -> None:
        await remind_owners(session, policies=await policies.current(session), now=now, zone=zone)

    return (
        Job("escalate complaints", 60, escalate),
        Job("close the month of visits", 300, close_month),
        Job("say what care is due", 300, think_of_people),
        Job("ask what return visits are due", 300, ask_due),
        Job("remind of relationship plans", 300, remind),
    )
