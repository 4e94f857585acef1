"""What ratings do by themselves: at the end of a half year every account is rated as of its last day (A5)."""

from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.service import Whereabouts
from services.accounts.ratings import repository
from services.accounts.ratings.repository import AccountsWanted
from services.accounts.ratings.running import RATING_ROW, Wanted, begin_run, end_run, portions
from shared.auth.principal import Reach
from shared.calendar import Period, day_start, local_day, period_of, preceding
from shared.jobs import Job
from shared.policy.compiled import CompiledPolicies
from shared.policy.rulebook import NotGoverned, Rulebook

LOOK_EVERY_S = 60.0
SYSTEM = "system"
EVERYTHING = Reach(everywhere=True, branches=frozenset(), user_id=SYSTEM, account_id=None)

log = structlog.get_logger(__name__)


def rates_every_period(zone: str) -> Job:
    """Looks whether the window of the rating scorecard has ended; once a window, whatever is started again."""
    policies = CompiledPolicies()

    async def look(session: AsyncSession, now: datetime) -> None:
        today = local_day(now, zone)
        rules = Rulebook((await policies.current(session)).in_force(today))
        await rate_ended_period(session, rules=rules, now=now, zone=zone)

    return Job("rate_accounts", LOOK_EVERY_S, look)


async def rate_ended_period(session: AsyncSession, *, rules: Rulebook, now: datetime, zone: str) -> Period | None:
    """Rates every account that was there when the last window ended; None where that is done, or nothing says how."""
    try:
        card = rules.scorecard(row=RATING_ROW, subject="account").document
    except NotGoverned:
        return None
    ended = preceding(period_of(card.window or "half_year", local_day(now, zone)))
    if await repository.rated_period(session, key=ended.key):
        return None
    there = AccountsWanted(EVERYTHING, opened_before=day_start(ended.until, zone))
    who = Whereabouts(SYSTEM, EVERYTHING, now, zone)
    wanted = Wanted(ended.last, there, period=ended.key)
    run = await begin_run(session, wanted=wanted, rules=rules, who=who)
    async for _ in portions(session, run=run, who=who):
        log.info("portion_rated", period=ended.key, done=run.rated)
    await end_run(session, run=run, who=who)
    return ended
