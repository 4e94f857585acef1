"""What could not be applied is kept with the reason; its key's later events wait behind it until a person replays."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import outbox
from shared.consumer import Consumer
from shared.events.registry import dead_letter_topic
from shared.faults import is_transient
from shared.messages import LONGEST_DEFECT, Message, storable
from shared.telemetry import safe_text

log = structlog.get_logger(__name__)

POISON, PARKED, OTHER_BODY = "poison", "parked", "other_body"


@dataclass(slots=True)
class Letter:
    """A message that was not applied; one that `blocks` makes its key's later events wait behind it."""

    message: Message
    reason: str
    error: str
    blocks: bool = True


async def try_alone(session: AsyncSession, consumer: Consumer, message: Message, *, now: datetime) -> str | None:
    """Apply one message under a savepoint; what is wrong with it, or None. Raises what will pass by itself."""
    try:
        async with session.begin_nested():
            await consumer.handler(session, [message.received(now=now)])
            await session.flush()
            # Deferred constraints speak now, while it is known who broke them.
            await session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
            await session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    except Exception as error:
        if is_transient(error):
            raise
        log.exception("event_parked", event_id=str(message.event_id), event_type=message.type, consumer=consumer.inbox)
        return storable(safe_text(error))[:LONGEST_DEFECT]
    return None


async def parked_keys(session: AsyncSession, consumer: Consumer, keys: Collection[str]) -> set[str]:
    """Those of `keys` with an unresolved dead letter; their replay can't run until this transaction ends."""
    values = {"consumer": consumer.inbox, "keys": list(keys)}
    found = {row.partition_key for row in await session.execute(_PARKED_KEYS, values)} if keys else set()
    if found:
        for key in sorted(found):
            await lock_key(session, consumer, key)
        found = {row.partition_key for row in await session.execute(_PARKED_KEYS, values)}
    return found


async def lock_key(session: AsyncSession, consumer: Consumer, key: str) -> None:
    """Parking behind a dead letter and replaying it exclude each other, or an event would be parked behind nothing."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"dead_letter/{consumer.inbox}/{key}"}
    )


async def store_letters(session: AsyncSession, consumer: Consumer, letters: Sequence[Letter]) -> None:
    values = columns(consumer, [letter.message for letter in letters]) | {
        "reasons": [letter.reason for letter in letters],
        "errors": [letter.error for letter in letters],
        "blocking": [letter.blocks for letter in letters],
    }
    new = {row.event_id for row in await session.execute(_PARK, values)}
    for letter in letters:
        if letter.message.event_id in new and letter.reason != PARKED:
            outbox.record_dead_letter(session, _for_dead_letter_topic(consumer, letter))


def _for_dead_letter_topic(consumer: Consumer, letter: Letter) -> outbox.Unnumbered:
    message = letter.message
    return outbox.Unnumbered(
        event_id=uuid5(NAMESPACE_URL, f"dead-letter/{consumer.inbox}/{message.event_id}"),
        topic=dead_letter_topic(message.topic),
        partition_key=message.key,
        aggregate=message.aggregate,
        aggregate_id=message.aggregate_id,
        type=message.type,
        time=message.headers.get("ce_time", ""),
        schema=message.headers.get("ce_dataschema", f"urn:mainstay:event:{message.type}:0"),
        payload=message.payload,
        notes={
            "ce_deadletterof": message.headers.get("ce_id", str(message.event_id)),
            "ce_deadletterconsumer": consumer.inbox,
            "ce_deadletterreason": letter.error,
        },
    )


def columns(consumer: Consumer, messages: Sequence[Message]) -> dict[str, Any]:
    return {
        "consumer": consumer.inbox,
        "event_ids": [message.event_id for message in messages],
        "topics": [message.topic for message in messages],
        "keys": [message.key for message in messages],
        "aggregate_ids": [message.aggregate_id for message in messages],
        "sequences": [message.sequence for message in messages],
        "headers": [orjson.dumps(message.headers).decode() for message in messages],
        "payloads": [message.payload for message in messages],
    }


ROWS = """
    FROM unnest(CAST(:event_ids AS uuid[]), CAST(:topics AS text[]), CAST(:keys AS text[]),
                CAST(:aggregate_ids AS text[]), CAST(:sequences AS bigint[]), CAST(:headers AS text[]),
                CAST(:payloads AS bytea[]){more}) WITH ORDINALITY
         AS row (event_id, topic, key, aggregate_id, sequence, headers, payload{names}, place)
    ORDER BY place
"""

_PARK = text(
    f"""
    INSERT INTO dead_letter (consumer, event_id, topic, partition_key, aggregateid, aggregate_seq, headers, payload,
                             reason, error, blocks, attempts)
    SELECT :consumer, event_id, topic, key, aggregate_id, sequence, CAST(headers AS jsonb), payload,
           reason, error, blocks, 1
    {
        ROWS.format(
            more=", CAST(:reasons AS text[]), CAST(:errors AS text[]), CAST(:blocking AS boolean[])",
            names=", reason, error, blocks",
        )
    }
    ON CONFLICT DO NOTHING RETURNING event_id
    """
)

_PARKED_KEYS = text(
    """
    SELECT DISTINCT partition_key FROM dead_letter
    WHERE consumer = :consumer AND partition_key = ANY (CAST(:keys AS text[])) AND resolved_at IS NULL AND blocks
    """
)
