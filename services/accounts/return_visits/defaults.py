"""After each month's due day: which listed accounts' papers are not in (A9)."""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.asked_facts import FactsOf
from services.accounts.contacts.repository import listed_accounts
from services.accounts.flags.repository import rounds_done, take_round
from services.accounts.flags.rounds import periods_missed
from services.accounts.flags.service import Flagged, raise_flag
from services.accounts.return_visits.facts import MONTH_FUNCTIONS
from services.accounts.return_visits.service import reported_months
from services.accounts.return_visits.terms import DUE, due_day, end_of
from shared.calendar import Period, local_day, period_of, preceding
from shared.policy.compiled import PolicySet
from shared.policy.rulebook import Rulebook
from shared.trace import Subject

DUE_ROUND = "return visits due"


async def ask_what_is_due(session: AsyncSession, *, policies: PolicySet, now: datetime, zone: str) -> int:
    """Once after each month's due day, the missed ones included: flag the listed accounts whose papers are not in.

    Returns how many.
    """
    today = local_day(now, zone)
    this_month = period_of("month", today)
    done = await rounds_done(session, job=DUE_ROUND)
    raised = 0
    for month in (*periods_missed(preceding(this_month), done=done), this_month):
        rules = Rulebook(policies.in_force(min(month.last, today)))
        due = due_day(rules, month)
        if today > due and await take_round(session, job=DUE_ROUND, period=month.key, now=now):
            raised += await flag_defaults(session, month=month, rules=rules, due=due, at=(now, zone))
    return raised


async def flag_defaults(
    session: AsyncSession, *, month: Period, rules: Rulebook, due: date, at: tuple[datetime, str]
) -> int:
    """Ask about every account listed on the due day, as of its end; returns how many flags are new."""
    now, zone = at
    listed = [row.id for row in await listed_accounts(session, on=due)]
    known = await reported_months(session, account_ids=listed, month=month)
    raised = 0
    for account_id, material in known.items():
        facts = FactsOf(MONTH_FUNCTIONS, material, zone)
        for decision in facts.ask(rules, DUE, Subject("account", account_id), end_of(due, zone)):
            raised += await raise_flag(session, flagged=Flagged(decision, account_id, month.key), now=now)
    return raised
