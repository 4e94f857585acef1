"""Tiers follow what members buy: within a minute of it, and every day for what leaves the rolling year (A6)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.service import Whereabouts
from services.accounts.membership.service import follow_purchases, tier_rules
from services.accounts.ratings.jobs import EVERYTHING, SYSTEM
from shared.calendar import local_day
from shared.jobs import Job
from shared.policy.compiled import CompiledPolicies
from shared.policy.rulebook import NotGoverned, Rulebook

LOOK_EVERY_S = 60.0


def tiers_follow_purchases(zone: str) -> Job:
    """Where nothing says what a tier takes, there are none."""
    policies = CompiledPolicies()

    async def follow(session: AsyncSession, now: datetime) -> None:
        try:
            rules = tier_rules(Rulebook((await policies.current(session)).in_force(local_day(now, zone))))
        except NotGoverned:
            return
        await follow_purchases(session, rules=rules, who=Whereabouts(SYSTEM, EVERYTHING, now, zone))

    return Job("follow_tiers", LOOK_EVERY_S, follow)
