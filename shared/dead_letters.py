"""A person looks at what could not be applied and, once the cause is mended, lets a key's events flow in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.consumer import Consumer
from shared.errors import NotFound
from shared.faults import met_time_limit
from shared.messages import message_of
from shared.parking import lock_key, try_alone

MOST_AT_ONCE = 500


class Replay(NamedTuple):
    """How many letters of the key were applied, how many still wait, and the one that failed again, if any."""

    key: str
    applied: int
    waiting: int
    failed: UUID | None
    error: str | None


async def replay_key_of(
    session: AsyncSession, consumers: Sequence[Consumer], *, event_id: UUID, by: str, now: datetime
) -> Replay:
    """Apply the unresolved letters of this event's key, oldest first, through the consumer's own handler.

    Stops at the first that fails again; what stands behind it goes on waiting. Raises NotFound.
    """
    row = (await session.execute(_FIND, {"event_id": event_id})).one_or_none()
    consumer = next((known for known in consumers if row is not None and known.inbox == row.consumer), None)
    if row is None or consumer is None:
        raise NotFound()
    await lock_key(session, consumer, row.partition_key)
    return await _replay(session, consumer, row.partition_key, by=by, now=now)


async def set_aside(session: AsyncSession, *, event_id: UUID, by: str) -> bool:
    """Give one letter up for good: it is never applied, and no longer holds its key back. False if none waits.

    For what no mending can make readable, and for known ids that came with another body.
    """
    given_up = await session.execute(_SET_ASIDE, {"event_id": event_id, "by": by})
    return given_up.one_or_none() is not None


async def _replay(session: AsyncSession, consumer: Consumer, key: str, *, by: str, now: datetime) -> Replay:
    of_key = {"consumer": consumer.inbox, "key": key}
    letters = (await session.execute(_OPEN, of_key | {"limit": MOST_AT_ONCE})).all()
    applied: list[UUID] = []
    failed, error = None, None
    for letter in letters:
        error = await _apply_again(session, consumer, letter, now=now)
        if error is not None:
            failed = letter.event_id
            break
        applied.append(letter.event_id)
    await session.execute(_RESOLVE, of_key | {"ids": applied, "by": by})
    if failed is not None:
        await session.execute(_FAILED_AGAIN, {"consumer": consumer.inbox, "event_id": failed, "error": error})
    waiting = await session.scalar(_COUNT_OPEN, of_key)
    return Replay(key, len(applied), int(waiting or 0), failed, error)


async def _apply_again(session: AsyncSession, consumer: Consumer, letter: object, *, now: datetime) -> str | None:
    """What is still wrong with it, or None. A type this code doesn't know is acknowledged, as when it arrives."""
    message = message_of(letter)
    if message.defect is not None:
        return message.defect
    if message.event is None:
        return None
    try:
        return await try_alone(session, consumer, message, now=now)
    except DBAPIError as error:
        if not met_time_limit(error):
            raise
        return f"TookTooLong: {type(error.orig).__name__}: {error.orig}"


_FIND = text(
    "SELECT consumer, partition_key FROM dead_letter WHERE event_id = :event_id AND resolved_at IS NULL LIMIT 1"
)

_OPEN = text(
    """
    SELECT event_id, topic, partition_key, CAST(headers AS text) AS headers, payload
    FROM dead_letter
    WHERE consumer = :consumer AND partition_key = :key AND resolved_at IS NULL AND blocks
    ORDER BY arrival LIMIT :limit
    FOR UPDATE
    """
)

_COUNT_OPEN = text(
    """
    SELECT count(*) FROM dead_letter
    WHERE consumer = :consumer AND partition_key = :key AND resolved_at IS NULL AND blocks
    """
)

_RESOLVE = text(
    """
    UPDATE dead_letter SET resolved_at = clock_timestamp(), resolved_by = :by
    WHERE consumer = :consumer AND partition_key = :key AND event_id = ANY (CAST(:ids AS uuid[]))
    """
)

_SET_ASIDE = text(
    """
    UPDATE dead_letter SET resolved_at = clock_timestamp(), resolved_by = :by, blocks = false
    WHERE event_id = :event_id AND resolved_at IS NULL RETURNING event_id
    """
)

_FAILED_AGAIN = text(
    """
    UPDATE dead_letter SET attempts = attempts + 1, reason = 'poison', error = :error
    WHERE consumer = :consumer AND event_id = :event_id
    """
)
