"""Keeps what the rewards service tells of orders and contracts; a batch is one write."""

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.chain.models import RewardRow
from shared.events.rewards import RewardEvent
from shared.received import Received


async def learn_of_rewards(session: AsyncSession, batch: Sequence[Received]) -> None:
    """Every reward event that names an order or a contract; the others stand in no chain."""
    rows = [
        {
            "event_id": received.event_id,
            "reward_id": event.reward_id,
            "event": received.type,
            "beneficiary": event.beneficiary,
            "policy": event.policy,
            "period": event.period,
            "state": event.state,
            "amount": event.amount.amount,
            "currency": event.amount.currency,
            "order_id": event.order_id,
            "contract_id": event.contract_id,
            "line": event.line,
            "explanation": event.explanation,
            "occurred_at": event.occurred_at,
        }
        for received in batch
        if isinstance(event := received.event, RewardEvent) and (event.order_id or event.contract_id)
    ]
    if rows:
        await session.execute(insert(RewardRow).on_conflict_do_nothing(), rows)
