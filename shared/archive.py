"""What a service has published is kept: an operator's command reads a topic of it again, in order."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from shared.events.envelope import Event
from shared.events.registry import EVENT_CLASSES


@dataclass(frozen=True, slots=True)
class Archived:
    """A published event, its place in the sequence of its aggregate, and when it was published."""

    event: Event
    aggregate_id: str
    sequence: int
    published_at: datetime


async def aggregates_after(
    connection: asyncpg.Connection, *, topic: str, begun_by: str, after: int, most: int
) -> Sequence[tuple[int, str]]:
    """`(position, aggregate id)` of the next events of one type, in the order of their publication."""
    rows = await connection.fetch(_BEGUN, topic, begun_by, after, most)
    return [(row["feed_pos"], row["aggregateid"]) for row in rows]


async def events_of(
    connection: asyncpg.Connection, *, topic: str, aggregate_ids: Collection[str]
) -> Sequence[Archived]:
    """Everything sent about these aggregates on a topic, each aggregate's in sequence."""
    rows = await connection.fetch(_OF_AGGREGATES, topic, list(aggregate_ids))
    return [
        Archived(
            EVENT_CLASSES[row["type"]].model_validate_json(row["payload"]),
            row["aggregateid"],
            row["aggregate_seq"],
            row["sent_at"],
        )
        for row in rows
    ]


_BEGUN = """
    SELECT feed_pos, aggregateid FROM event_archive
    WHERE topic = $1 AND type = $2 AND feed_pos > $3 ORDER BY feed_pos LIMIT $4
"""

# The relay moves an event to the archive after it has sent it: for a moment a reader may know what only the outbox has.
_OF_AGGREGATES = """
    SELECT DISTINCT ON (aggregateid, aggregate_seq) aggregateid, aggregate_seq, type, payload, sent_at
    FROM (
        SELECT aggregateid, aggregate_seq, type, payload, topic, published_at AS sent_at FROM event_archive
        UNION ALL
        SELECT aggregateid, aggregate_seq, type, payload, topic, created_at FROM outbox
    ) AS sent
    WHERE topic = $1 AND aggregateid = ANY ($2) ORDER BY aggregateid, aggregate_seq
"""
