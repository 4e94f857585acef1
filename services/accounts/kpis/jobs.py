"""What the board does by itself: keep each day's completeness of dossiers, and warn when a period is over."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.checklist import CHECKLIST, checklist_of, measure_dossiers
from services.accounts.flags.rounds import periods_missed
from services.accounts.kpis import repository
from services.accounts.kpis.domain import kind_of
from services.accounts.kpis.service import Occasion, watch_period
from shared.calendar import PeriodKind, local_day, period, period_of, preceding
from shared.jobs import Job
from shared.policy.compiled import CompiledPolicies

EVERY_S = 60.0
AT_ONCE = 1000
WATCHED: Sequence[PeriodKind] = ("month", "quarter", "year")


def jobs(zone: str) -> tuple[Job, ...]:
    """By the local day of the installation's zone."""
    policies = CompiledPolicies()

    async def keep_completeness(session: AsyncSession, now: datetime) -> None:
        await note_completeness(session, policies=policies, now=now, zone=zone)

    async def raise_warnings(session: AsyncSession, now: datetime) -> None:
        await watch_periods(session, policies=policies, now=now, zone=zone)

    return Job("dossier_completeness", EVERY_S, keep_completeness), Job("kpi_warnings", EVERY_S, raise_warnings)


async def note_completeness(session: AsyncSession, *, policies: CompiledPolicies, now: datetime, zone: str) -> int:
    """Measure each dossier that may have changed since it was last measured; returns how many there were."""
    day = local_day(now, zone)
    plans = (await policies.current(session)).in_force(day)
    if CHECKLIST not in plans.by_id:
        return 0
    checklist, policy, count = checklist_of(plans), plans[CHECKLIST].heading.policy, 0
    while accounts := await repository.accounts_to_measure(session, policy=policy, day=day, limit=AT_ONCE):
        measured = await measure_dossiers(session, accounts=accounts, checklist=checklist, on=day)
        shares = {account.id: (account.version, measured[account.id].share) for account in accounts}
        await repository.keep_shares(session, day=day, policy=policy, shares=shares)
        count += len(shares)
        session.expunge_all()
    return count


async def watch_periods(session: AsyncSession, *, policies: CompiledPolicies, now: datetime, zone: str) -> int:
    """Look once at each month, quarter and year that is over, the missed ones included; returns how many were new."""
    today, raised = local_day(now, zone), 0
    watched = await repository.watched_periods(session)
    for kind in WATCHED:
        done = [key for key in watched if kind_of(period(key)) == kind]
        for span in periods_missed(preceding(period_of(kind, today)), done=done):
            if not await repository.begin_watch(session, period=span.key, now=now):
                continue
            plans = (await policies.current(session)).in_force(span.last)
            occasion = Occasion(span, known_on=span.last, plans=plans, zone=zone)
            raised += await watch_period(session, occasion=occasion, now=now)
    return raised
