"""An order that was still placed under a merged account's id counts for the account that goes on for it."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.merges.repository import heirs_of
from shared.events.orders import OrderEvent, OrderPlaced


async def with_heirs(session: AsyncSession, events: Sequence[OrderEvent]) -> list[OrderEvent]:
    """The same events, each placed order under the account it belongs to; the rest follows its order."""
    placed = {event.account_id for event in events if isinstance(event, OrderPlaced)}
    heirs = await heirs_of(session, account_ids=placed) if placed else None
    if heirs is None or not heirs.merges:
        return list(events)
    return [
        event.model_copy(update={"account_id": heirs.of(event.account_id, event.placed_at)})
        if isinstance(event, OrderPlaced)
        else event
        for event in events
    ]
