"""Every fact a service took, with the position it took it at: what was known when can be asked again for ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.received import Received

_FENCE = 0x4A4F5552  # advisory lock: writers share it until they commit, who asks for a position takes it alone


class Entry(NamedTuple):
    """One journaled event; `payload` are the bytes as received."""

    position: int
    event_id: UUID
    topic: str
    type: str
    aggregate_id: str
    key: str
    occurred_at: datetime
    recorded_at: datetime
    payload: bytes


async def append(session: AsyncSession, batch: Sequence[Received], *, now: datetime) -> list[int]:
    """Journal the batch as recorded at `now`; returns its positions in the batch's order.

    Nothing is recorded at a moment that `position_at` has already answered for.
    """
    await session.execute(text("SELECT pg_advisory_xact_lock_shared(:fence)"), {"fence": _FENCE})
    result = await session.execute(
        _APPEND,
        {
            "event_ids": [received.event_id for received in batch],
            "topics": [received.topic for received in batch],
            "types": [received.type for received in batch],
            "aggregate_ids": [received.aggregate_id for received in batch],
            "keys": [received.key for received in batch],
            "occurred": [received.occurred_at for received in batch],
            "payloads": [received.payload for received in batch],
            "now": now,
        },
    )
    position_of = {row.event_id: row.pos for row in result}
    return [position_of[received.event_id] for received in batch]


async def head(session: AsyncSession) -> int:
    """The last position, 0 in an empty journal; everything up to it is committed. Waits for writers under way."""
    await session.execute(text("SELECT pg_advisory_lock(:fence)"), {"fence": _FENCE})
    try:
        return int(await session.scalar(text("SELECT coalesce(max(pos), 0) FROM journal")) or 0)
    finally:
        await session.execute(text("SELECT pg_advisory_unlock(:fence)"), {"fence": _FENCE})


async def position_at(session: AsyncSession, known_at: datetime, *, now: datetime) -> int:
    """The last position recorded by `known_at`; the same question always has the same answer.

    A moment not asked about before is fenced: no later writer may record at or before it.
    """
    answered = await session.scalar(text("SELECT answered_until FROM journal_fence"))
    if answered is None or answered < min(known_at, now):
        await session.execute(text("SELECT pg_advisory_xact_lock(:fence)"), {"fence": _FENCE})
        await session.execute(_FENCE_OFF, {"until": min(known_at, now)})
    return int(await session.scalar(_POSITION_AT, {"known_at": known_at}) or 0)


async def read(
    session: AsyncSession, *, key: str | None = None, after: int = 0, until: int | None = None, limit: int = 1000
) -> list[Entry]:
    """Entries with `after` < position ≤ `until`, in order; of one partition key where `key` is given."""
    bounds = {"key": key, "after": after, "until": until, "limit": limit}
    return [Entry(*row) for row in await session.execute(_READ, bounds)]


_APPEND = text(
    """
    INSERT INTO journal (event_id, topic, type, aggregate_id, key, occurred_at, recorded_at, payload)
    SELECT event_id, topic, type, aggregate_id, key, occurred_at,
           greatest(CAST(:now AS timestamptz),
                    (SELECT answered_until + interval '1 microsecond' FROM journal_fence)),
           payload
    FROM unnest(CAST(:event_ids AS uuid[]), CAST(:topics AS text[]), CAST(:types AS text[]),
                CAST(:aggregate_ids AS text[]), CAST(:keys AS text[]), CAST(:occurred AS timestamptz[]),
                CAST(:payloads AS bytea[]))
         WITH ORDINALITY AS row (event_id, topic, type, aggregate_id, key, occurred_at, payload, place)
    ORDER BY place
    RETURNING event_id, pos
    """
)

_FENCE_OFF = text(
    """
    INSERT INTO journal_fence AS known (id, answered_until) VALUES (true, :until)
    ON CONFLICT (id) DO UPDATE SET answered_until = greatest(known.answered_until, excluded.answered_until)
    """
)

_POSITION_AT = text("SELECT max(pos) FROM journal WHERE recorded_at <= :known_at")

_READ = text(
    """
    SELECT pos, event_id, topic, type, aggregate_id, key, occurred_at, recorded_at, payload
    FROM journal
    WHERE (CAST(:key AS text) IS NULL OR key = :key)
      AND pos > :after AND (CAST(:until AS bigint) IS NULL OR pos <= :until)
    ORDER BY pos LIMIT :limit
    """
)
