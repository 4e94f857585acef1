"""Queries over relationship plans; a caller's reach is part of each that answers a person."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.accounts.dossiers.models import Account
from services.accounts.dossiers.repository import seen_by
from services.accounts.relationships.domain import StepState
from services.accounts.relationships.models import RelationshipPlan, RelationshipReminder, RelationshipStep
from shared.auth.principal import Reach
from shared.errors import NotFound

REMINDED: tuple[InstrumentedAttribute[Any], ...] = (
    RelationshipReminder.step_id,
    RelationshipReminder.due_on,
    RelationshipReminder.lead,
    RelationshipReminder.owner,
    RelationshipReminder.reminded_at,
    RelationshipStep.what,
    RelationshipStep.plan_id,
    RelationshipPlan.account_id,
)


def plans_within(reach: Reach) -> Select[Any]:
    return select(RelationshipPlan).join(Account, Account.id == RelationshipPlan.account_id).where(seen_by(reach))


def steps_within(reach: Reach) -> Select[Any]:
    joined = select(RelationshipStep).join(RelationshipPlan, RelationshipPlan.id == RelationshipStep.plan_id)
    return joined.join(Account, Account.id == RelationshipPlan.account_id).where(seen_by(reach))


def reminders_within(reach: Reach) -> Select[Any]:
    """`RelationshipReminder` with the words of its step, its plan and its account."""
    said = select(*REMINDED)
    said = said.join(RelationshipStep, RelationshipStep.id == RelationshipReminder.step_id)
    said = said.join(RelationshipPlan, RelationshipPlan.id == RelationshipStep.plan_id)
    return said.join(Account, Account.id == RelationshipPlan.account_id).where(seen_by(reach))


def stands(state: StepState, *, today: date) -> ColumnElement[bool]:
    """The steps that stand so on a day."""
    if state is StepState.done:
        return RelationshipStep.done_on.is_not(None)
    late = RelationshipStep.due_on < today if state is StepState.overdue else RelationshipStep.due_on >= today
    return RelationshipStep.done_on.is_(None) & late


async def plan(session: AsyncSession, *, plan_id: str, reach: Reach, locked: bool = False) -> RelationshipPlan:
    query = plans_within(reach).where(RelationshipPlan.id == plan_id)
    found: RelationshipPlan | None = await session.scalar(
        query.with_for_update(of=RelationshipPlan) if locked else query
    )
    if found is None:
        raise NotFound({"en": f"There is no relationship plan {plan_id}.", "zh": f"没有关系计划{plan_id}。"})
    return found


async def step(session: AsyncSession, *, plan_id: str, step_id: str) -> RelationshipStep:
    found = await session.get(RelationshipStep, step_id)
    if found is None or found.plan_id != plan_id:
        raise NotFound({"en": f"There is no step {step_id}.", "zh": f"没有步骤{step_id}。"})
    return found


async def steps_of(session: AsyncSession, *, plan_id: str) -> Sequence[RelationshipStep]:
    query = select(RelationshipStep).where(RelationshipStep.plan_id == plan_id)
    return (await session.scalars(query.order_by(RelationshipStep.due_on, RelationshipStep.id))).all()


async def open_steps(session: AsyncSession, *, due_by: date) -> Sequence[RelationshipStep]:
    """Steps not done whose day comes by then or has passed."""
    query = select(RelationshipStep).where(RelationshipStep.done_on.is_(None), RelationshipStep.due_on <= due_by)
    return (await session.scalars(query.order_by(RelationshipStep.id))).all()


async def say_once(session: AsyncSession, *, values: dict[str, Any]) -> bool:
    """Keep a reminder; False where the same was said before."""
    statement = insert(RelationshipReminder).values(**values).on_conflict_do_nothing()
    return await session.scalar(statement.returning(RelationshipReminder.step_id)) is not None
