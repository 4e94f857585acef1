"""What elections learn from other services: which months are settled."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.elections import service
from shared.events.rewards import PeriodClosed


async def note_period_closed(session: AsyncSession, event: PeriodClosed) -> None:
    await service.note_closed(session, key=event.period)
