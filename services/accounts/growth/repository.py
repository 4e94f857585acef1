"""Queries over growth plans; a caller's reach is part of each."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.models import Account
from services.accounts.dossiers.repository import seen_by
from services.accounts.growth.domain import Aim, Objective
from services.accounts.growth.models import GrowthObjective, GrowthPlan
from shared.auth.principal import Reach
from shared.db.mechanisms import person
from shared.errors import NotFound


def plans_seen(reach: Reach, *, account_id: str | None = None, on: date | None = None) -> Select[GrowthPlan]:
    """The plans a caller may see, or those in force on a day."""
    query = select(GrowthPlan).join(Account, Account.id == GrowthPlan.account_id).where(seen_by(reach))
    if account_id is not None:
        query = query.where(GrowthPlan.account_id == account_id)
    if on is not None:
        query = query.where(GrowthPlan.valid_from <= on, GrowthPlan.valid_until > on)
    return query


async def plan(session: AsyncSession, *, plan_id: str, reach: Reach, locked: bool = False) -> GrowthPlan:
    query = plans_seen(reach).where(GrowthPlan.id == plan_id)
    found = await session.scalar(query.with_for_update(of=GrowthPlan) if locked else query)
    if found is None:
        raise NotFound({"en": f"There is no growth plan {plan_id}.", "zh": f"没有培育计划{plan_id}。"})
    return found


async def objectives_of(session: AsyncSession, *, plan_ids: Collection[str]) -> Sequence[GrowthObjective]:
    query = select(GrowthObjective).where(GrowthObjective.plan_id.in_(plan_ids)).order_by(GrowthObjective.id)
    return (await session.scalars(query)).all()


async def objective(session: AsyncSession, *, plan_id: str, objective_id: str) -> GrowthObjective:
    found = await session.get(GrowthObjective, objective_id)
    if found is None or found.plan_id != plan_id:
        raise NotFound({"en": f"There is no objective {objective_id}.", "zh": f"没有目标{objective_id}。"})
    return found


async def plans_in_force(session: AsyncSession, *, on: date) -> Sequence[GrowthPlan]:
    query = select(GrowthPlan).where(GrowthPlan.valid_from <= on, GrowthPlan.valid_until > on)
    return (await session.scalars(query.order_by(GrowthPlan.id))).all()


async def is_known_person(session: AsyncSession, *, user_id: str) -> bool:
    return (
        await session.scalar(select(person.c.user_id).where(person.c.user_id == user_id, person.c.active)) is not None
    )


def objective_of(row: GrowthObjective) -> Objective:
    aim = None if row.fact is None else Aim(row.fact, row.basis, row.currency)
    return Objective(aim, row.target, row.owner, row.starts_on, row.due_on)
