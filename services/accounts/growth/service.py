"""Making growth plans, changing their objectives, asking each month whether every key account has one (A13)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.asked_facts import FactsOf
from services.accounts.contacts.repository import listed_accounts
from services.accounts.contacts.service import last_moment
from services.accounts.dossiers.service import Whereabouts
from services.accounts.flags.rounds import take_missed_rounds
from services.accounts.flags.service import Flagged, raise_flag
from services.accounts.growth import repository
from services.accounts.growth.domain import Aim, NotMeasurable
from services.accounts.growth.facts import FUNCTIONS, PlannedAccount
from services.accounts.growth.measures import check_aim, check_target
from services.accounts.growth.models import GrowthObjective, GrowthPlan
from services.accounts.growth.schemas import NewObjective, NewPlan
from shared.calendar import Period, local_day, period_of, preceding
from shared.ids import new_id
from shared.jobs import Job
from shared.policy.compiled import CompiledPolicies, PolicySet
from shared.policy.rulebook import Rulebook
from shared.trace import Subject

CLOSING = "period.closing"
MONTHLY_PLANS = "growth plans"


async def make_plan(session: AsyncSession, *, request: NewPlan, who: Whereabouts) -> GrowthPlan:
    """A13: a plan with its objectives, complete or not yet; raises NotMeasurable."""
    plan = GrowthPlan(
        id=str(new_id()),
        version=1,
        made_by=who.user_id,
        made_at=who.now,
        activities=[activity.model_dump(mode="json") for activity in request.activities],
        **request.model_dump(exclude={"activities", "objectives"}),
    )
    session.add(plan)
    await session.flush()
    for place, objective in enumerate(request.objectives):
        await add_objective(session, plan=plan, request=objective, at=f"/objectives/{place}")
    return plan


async def add_objective(
    session: AsyncSession, *, plan: GrowthPlan, request: NewObjective, at: str = ""
) -> GrowthObjective:
    """One more objective; raises NotMeasurable, its pointer under `at`."""
    row = GrowthObjective(id=str(new_id()), plan_id=plan.id, **await columns_of(session, request, at=at))
    session.add(row)
    await session.flush()
    return row


async def change_objective(
    session: AsyncSession, *, plan: GrowthPlan, objective: GrowthObjective, request: NewObjective
) -> None:
    """The objective as it now is; the plan is locked and its version was the caller's. Raises NotMeasurable."""
    for name, value in (await columns_of(session, request, at="")).items():
        setattr(objective, name, value)
    plan.version += 1
    await session.flush()


async def columns_of(session: AsyncSession, request: NewObjective, *, at: str) -> dict[str, str | date | None]:
    """An objective's columns, once its measure, target and owner are ones there are."""
    measure = request.measure
    if measure is not None:
        aim = Aim(measure.fact, measure.basis, measure.currency)
        check_aim(aim, at=at)
        if request.target is not None:
            check_target(aim, request.target, at=at)
    elif request.target is not None:
        raise NotMeasurable(f"{at}/target", {"en": "A target is of a measure.", "zh": "目标值须有指标。"})
    if request.owner is not None and not await repository.is_known_person(session, user_id=request.owner):
        raise NotMeasurable(
            f"{at}/owner", {"en": f"There is no user {request.owner}.", "zh": f"没有用户{request.owner}。"}
        )
    return {
        "title": request.title,
        "fact": measure.fact if measure else None,
        "basis": measure.basis if measure else None,
        "currency": measure.currency if measure else None,
        "target": request.target,
        "owner": request.owner,
        "starts_on": request.starts_on,
        "due_on": request.due_on,
    }


def growth_jobs(zone: str) -> tuple[Job, ...]:
    """Days are local ones of the installation's zone."""
    policies = CompiledPolicies()

    async def close(session: AsyncSession, now: datetime) -> None:
        await close_month_of_plans(session, policies=await policies.current(session), now=now, zone=zone)

    return (Job("close the month of growth plans", 300, close),)


async def close_month_of_plans(session: AsyncSession, *, policies: PolicySet, now: datetime, zone: str) -> int:
    """Once after each month's end, the missed ones included: flag the listed accounts whose plan lacks something.

    Returns how many.
    """
    last_over = preceding(period_of("month", local_day(now, zone)))
    months = await take_missed_rounds(session, job=MONTHLY_PLANS, last_over=last_over, now=now)
    return sum([await flag_plans(session, policies=policies, month=month, at=(now, zone)) for month in months])


async def flag_plans(session: AsyncSession, *, policies: PolicySet, month: Period, at: tuple[datetime, str]) -> int:
    """Ask the documents of a month's end about every account listed on its last day; returns how many flags are new."""
    now, zone = at
    rules, as_of, raised = Rulebook(policies.in_force(month.last)), last_moment(month, zone), 0
    for account_id, material in (await planned_accounts(session, on=month.last)).items():
        asked = FactsOf(FUNCTIONS, material, zone).ask(rules, CLOSING, Subject("account", account_id), as_of)
        for decision in asked:
            raised += await raise_flag(session, flagged=Flagged(decision, account_id, month.key), now=now)
    return raised


async def planned_accounts(session: AsyncSession, *, on: date) -> dict[str, PlannedAccount]:
    """Every listed account with its plans of the day, by account id."""
    plans: dict[str, list[GrowthPlan]] = defaultdict(list)
    for plan in await repository.plans_in_force(session, on=on):
        plans[plan.account_id].append(plan)
    ids = [plan.id for theirs in plans.values() for plan in theirs]
    objectives: dict[str, list[GrowthObjective]] = defaultdict(list)
    for row in await repository.objectives_of(session, plan_ids=ids):
        objectives[row.plan_id].append(row)
    listed = [row.id for row in await listed_accounts(session, on=on)]
    return {account_id: planned(plans.get(account_id, ()), objectives) for account_id in listed}


def planned(plans: Iterable[GrowthPlan], objectives: dict[str, list[GrowthObjective]]) -> PlannedAccount:
    known = list(plans)
    rows = [row for plan in known for row in objectives.get(plan.id, ())]
    kinds = frozenset(str(activity["kind"]) for plan in known for activity in plan.activities)
    return PlannedAccount(True, tuple(repository.objective_of(row) for row in rows), kinds)
