"""Published events are kept as long as the settings say, and what was taken is remembered a little longer."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import system_now
from shared.jobs import Job

FORGET_EVERY_S = 600.0
AT_ONCE = 5_000  # rows a run: autovacuum keeps up, nobody waits
REMEMBERED_LONGER = timedelta(days=30)


def forgets_old_events(*, kept_days: int) -> Job:
    """Forget events published more than `kept_days` ago, by system time: no story makes data older than it is."""

    async def forget(session: AsyncSession, _now: datetime) -> None:
        await forget_events(session, before=system_now() - timedelta(days=kept_days))

    return Job("forget_events", FORGET_EVERY_S, forget)


async def forget_events(session: AsyncSession, *, before: datetime) -> None:
    """A portion of the archive older than `before`, and of the inbox older than anything that can be sent again."""
    await session.execute(_FORGET_PUBLISHED, {"before": before.date(), "at_once": AT_ONCE})
    taken_before = before - REMEMBERED_LONGER
    await session.execute(
        _FORGET_TAKEN, {"oldest": first_id_at(taken_before), "before": taken_before, "at_once": AT_ONCE}
    )


def first_id_at(moment: datetime) -> UUID:
    """No UUIDv7 made at `moment` or later is smaller."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


_FORGET_PUBLISHED = text(
    """
    DELETE FROM event_archive WHERE (day, feed_pos) IN (
        SELECT day, feed_pos FROM event_archive WHERE day < :before ORDER BY day, feed_pos LIMIT :at_once
    )
    """
)

# Ids grow with time, so the primary key finds the oldest; an old event that came late is still remembered.
_FORGET_TAKEN = text(
    """
    DELETE FROM inbox WHERE (consumer, event_id) IN (
        SELECT consumer, event_id FROM inbox
        WHERE event_id < :oldest AND received_at < :before ORDER BY consumer, event_id LIMIT :at_once
    )
    """
)
