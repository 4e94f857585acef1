"""The orders that any fact of a chain belongs to, and what they earned."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.chain.models import RewardRow
from services.pricing.orders.models import MovementRow, OrderRow
from shared.auth.principal import Principal


def belonging(end: str, identity: UUID) -> ColumnElement[bool]:
    """Orders of a chain, found from the fact of that kind and id at any place of it."""
    found: ColumnElement[bool] = _FROM[end](identity)
    return found


def _of_movement(identity: UUID) -> ColumnElement[bool]:
    return OrderRow.id.in_(select(MovementRow.order_id).where(MovementRow.id == identity))


def _of_reward(identity: UUID) -> ColumnElement[bool]:
    earned = RewardRow.reward_id == str(identity)
    orders = select(_uuid(RewardRow.order_id)).where(earned, RewardRow.order_id.is_not(None))
    contracts = select(_uuid(RewardRow.contract_id)).where(earned, RewardRow.contract_id.is_not(None))
    return or_(OrderRow.id.in_(orders), OrderRow.contract_id.in_(contracts))


def _uuid(column: Any) -> ColumnElement[UUID]:
    found: ColumnElement[UUID] = column.cast(OrderRow.id.type)
    return found


_FROM: Mapping[str, Any] = {
    "quote": lambda identity: OrderRow.quote_id == identity,
    "contract": lambda identity: OrderRow.contract_id == identity,
    "movement": _of_movement,
    "reward": _of_reward,
}


async def rewards_of(
    session: AsyncSession, *, order_id: UUID, contract_id: UUID | None, caller: Principal
) -> Sequence[RewardRow]:
    """What the order, or its contract, earned, oldest first, as far as it is the caller's to see.

    The account's rewards are; a salesperson's only his own, and for those who see every accrual.
    """
    caused = [RewardRow.order_id == str(order_id)]
    if contract_id is not None:
        caused.append(RewardRow.contract_id == str(contract_id))
    query = select(RewardRow).where(or_(*caused))
    if not caller.reach("accruals.read").everywhere:
        own = f"salesperson:{caller.user_id}"
        query = query.where(or_(RewardRow.beneficiary.startswith("account:"), RewardRow.beneficiary == own))
    return (await session.scalars(query.order_by(RewardRow.occurred_at, RewardRow.event_id))).all()
