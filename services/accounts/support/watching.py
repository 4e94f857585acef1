"""What programmes do by the clock: members are reminded of deadlines, and judged when a month has closed (A11)."""

from collections import defaultdict
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.service import Whereabouts
from services.accounts.flags.repository import take_round
from services.accounts.flags.rounds import take_missed_rounds
from services.accounts.flags.service import Flagged, raise_flag
from services.accounts.support import repository
from services.accounts.support.domain import due_reminders
from services.accounts.support.gathering import Asking, known_accounts
from services.accounts.support.models import ProgrammeMembership
from services.accounts.support.service import Evaluated, evaluated, keep_evaluation, plain_missing
from shared.auth.principal import Reach
from shared.calendar import Duration, Period, local_day, period_of, preceding
from shared.ids import new_id
from shared.jobs import Job
from shared.policy.compiled import CompiledPolicies, PolicySet
from shared.policy.rulebook import Rulebook

REMINDING, CLOSING = "programme reminders", "programme months"
SYSTEM = "system"


def support_jobs(zone: str) -> tuple[Job, ...]:
    """Days are local ones of the installation's zone."""
    policies = CompiledPolicies()

    async def remind(session: AsyncSession, now: datetime) -> None:
        await remind_members(session, policies=await policies.current(session), now=now, zone=zone)

    async def close(session: AsyncSession, now: datetime) -> None:
        await close_month_of_programmes(session, policies=await policies.current(session), now=now, zone=zone)

    return (Job("remind of programme deadlines", 300, remind), Job("close the month of programmes", 300, close))


async def remind_members(session: AsyncSession, *, policies: PolicySet, now: datetime, zone: str) -> int:
    """Once a local day: each deadline that comes near is said once for each lead; returns how many were said."""
    today = local_day(now, zone)
    if not await take_round(session, job=REMINDING, period=today.isoformat(), now=now):
        return 0
    rules, said = Rulebook(policies.in_force(today)), 0
    for membership, found in await judged_members(session, rules=rules, as_of=today, zone=zone):
        leads = [Duration.parse(str(row["before"])) for row in rules.table(f"{membership.programme}-reminders")]
        missing = {one.id: plain_missing(one) for one in found.conditions}
        for due in due_reminders(found.conditions, leads, today):
            values = {
                "id": str(new_id()),
                "membership_id": membership.id,
                "account_id": membership.account_id,
                "condition": due.condition,
                "deadline": due.deadline,
                "before": str(due.before),
                "missing": missing[due.condition],
                "reminded_at": now,
            }
            said += await repository.add_reminder(session, values=values)
    return said


async def close_month_of_programmes(session: AsyncSession, *, policies: PolicySet, now: datetime, zone: str) -> int:
    """Once after each month's end, the missed ones included; returns how many flags were raised."""
    last_over = preceding(period_of("month", local_day(now, zone)))
    months = await take_missed_rounds(session, job=CLOSING, last_over=last_over, now=now)
    return sum([await close_programmes(session, policies=policies, month=month, at=(now, zone)) for month in months])


async def close_programmes(
    session: AsyncSession, *, policies: PolicySet, month: Period, at: tuple[datetime, str]
) -> int:
    """Evaluate every member as of the month's last day, flag him where a deadline has passed; returns how many."""
    now, zone = at
    rules = Rulebook(policies.in_force(month.last))
    who = Whereabouts(SYSTEM, Reach(True, frozenset(), SYSTEM, None), now, zone)
    raised = 0
    for membership, found in await judged_members(session, rules=rules, as_of=month.last, zone=zone):
        account_id = membership.account_id
        await keep_evaluation(session, programme=membership.programme, account_id=account_id, found=found, who=who)
        if any(one.stands_in_the_way for one in found.conditions):
            raised += await raise_flag(session, flagged=Flagged(found.final, account_id, month.key), now=now)
    return raised


async def judged_members(
    session: AsyncSession, *, rules: Rulebook, as_of: date, zone: str
) -> list[tuple[ProgrammeMembership, Evaluated]]:
    """Every member of the day with his conditions; a programme whose document is gone judges nobody."""
    by_programme: dict[str, list[ProgrammeMembership]] = defaultdict(list)
    for membership in await repository.members_on(session, on=as_of):
        by_programme[membership.programme].append(membership)
    found: list[tuple[ProgrammeMembership, Evaluated]] = []
    for programme, members in by_programme.items():
        asking = Asking(programme, rules, as_of, zone)
        if not asking.is_governed:
            continue
        starts = {member.account_id: member.starts_on for member in members}
        known = await known_accounts(session, asking=asking, starts=starts, spans_of=asking.spans_asked)
        found += [(one, evaluated(asking, known[one.account_id])) for one in members]
    return found
