"""What ratings do by themselves: at the end of a half year every account is rated as of its last day (A5)."""

from contextlib import aclosing
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.service import Whereabouts
from services.accounts.flags.rounds import periods_missed
from services.accounts.ratings import repository
from services.accounts.ratings.appraising import RATING_ROW
from services.accounts.ratings.repository import AccountsWanted
from services.accounts.ratings.running import (
    Run,
    RunGoesOnElsewhere,
    Wanted,
    begin_run,
    end_run,
    portions,
    resume_run,
)
from shared.auth.principal import Reach
from shared.calendar import Period, day_start, local_day, period_of, preceding
from shared.db.session import commit
from shared.jobs import Job
from shared.policy.compiled import CompiledPolicies, PolicySet
from shared.policy.rulebook import NotGoverned, Rulebook

LOOK_EVERY_S = 60.0
SYSTEM = "system"
EVERYTHING = Reach(everywhere=True, branches=frozenset(), user_id=SYSTEM, account_id=None)

log = structlog.get_logger(__name__)


def rates_every_period(zone: str) -> Job:
    """Looks whether the window of the rating scorecard has ended; once a window, whatever is started again."""
    policies = CompiledPolicies()

    async def look(session: AsyncSession, now: datetime) -> None:
        await rate_ended_period(session, policies=await policies.current(session), now=now, zone=zone)

    return Job("rate_accounts", LOOK_EVERY_S, look, follows_clock=True)


async def rate_ended_period(session: AsyncSession, *, policies: PolicySet, now: datetime, zone: str) -> Period | None:
    """Rates every account that was there when the last window ended; None where that is done.

    Windows missed before it are left out: their ratings would stand on older facts than the last one's, and ask nobody.
    Each portion is committed, and a run that was broken off goes on first, by the documents of the day it began on.
    """
    rules = Rulebook(policies.in_force(local_day(now, zone)))
    try:
        card = rules.scorecard(row=RATING_ROW, subject="account").document
    except NotGoverned:
        return None
    last_over = preceding(period_of(card.window or "half_year", local_day(now, zone)))
    missed = periods_missed(last_over, done=await repository.periods_rated(session))
    if not missed:
        return None
    begun = await repository.broken_off(session, keys=[span.key for span in missed])
    ended = next((span for span in missed if begun is not None and span.key == begun.period), last_over)
    there = AccountsWanted(EVERYTHING, opened_before=day_start(ended.until, zone))
    who, wanted = Whereabouts(SYSTEM, EVERYTHING, now, zone), Wanted(ended.last, there, period=ended.key)
    if begun is None:
        run = await begin_run(session, wanted=wanted, rules=rules, who=who)
    else:
        rules = Rulebook(policies.in_force(local_day(begun.started_at, zone)))
        run = await resume_run(session, begun=begun, wanted=wanted, rules=rules, who=who)
    await _rate_to_its_end(session, run=run, who=who)
    return ended


async def _rate_to_its_end(session: AsyncSession, *, run: Run, who: Whereabouts) -> None:
    await commit(session)
    try:
        async with aclosing(portions(session, run=run, who=who)) as rated:
            async for _ in rated:
                await commit(session)
                log.info("portion_rated", period=run.wanted.period, done=run.rated)
    except RunGoesOnElsewhere:
        log.info("run_goes_on_elsewhere", period=run.wanted.period, done=run.rated)
        return
    await end_run(session, run=run, who=who)
    await commit(session)
