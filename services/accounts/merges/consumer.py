"""An order that was still placed under a merged account's id counts for the account that goes on for it."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.merges.repository import courses_of
from shared.events.orders import OrderEvent, OrderPlaced


async def with_heirs(session: AsyncSession, events: Sequence[OrderEvent]) -> list[OrderEvent]:
    """The same events, each placed order under the account it belongs to; the rest follows its order."""
    placed = {event.account_id for event in events if isinstance(event, OrderPlaced)}
    courses = await courses_of(session, account_ids=placed) if placed else None
    if courses is None or not courses.stretches:
        return list(events)
    return [
        event.model_copy(update={"account_id": courses.of(event.account_id, event.placed_at)})
        if isinstance(event, OrderPlaced)
        else event
        for event in events
    ]
