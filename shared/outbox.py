"""An event is written in the transaction of its effect, with the next number of its aggregate: both or neither."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from uuid import UUID

import orjson
from opentelemetry import trace
from sqlalchemy import event as orm_events
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

from shared.events.envelope import Event
from shared.events.registry import ALL_TOPICS
from shared.ids import new_id

MAX_PAYLOAD_BYTES = 900_000  # Kafka takes 1 MiB a record, headers and key included: no row may be unsendable
MAX_KEY_BYTES = 512

_RECORDED = "outbox.recorded"
_SAVEPOINTS = "outbox.savepoints"
_SEEN = "outbox.seen"
_TO_SEND = "outbox.to_send"


class EventTooLarge(ValueError):
    """Kafka would never take it, so it must not be recorded."""


class UnknownTopic(ValueError):
    """Nobody created this topic, so nothing may be recorded for it."""


class WrongPartitionKey(ValueError):
    """An event without a key, or with one no account or subject has."""


class Seen(NamedTuple):
    """What `Mainstay-Seen` says: the writer's own event had this number of its aggregate."""

    aggregate: str
    aggregate_id: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Unnumbered:
    """A recorded event that has no sequence yet."""

    event_id: UUID
    topic: str
    partition_key: str
    aggregate: str
    aggregate_id: str
    type: str
    time: str
    schema: str
    payload: bytes
    traceparent: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


def record(session: AsyncSession, event: Event) -> None:
    """Publish `event` if and when this transaction commits. Raises EventTooLarge, UnknownTopic, WrongPartitionKey."""
    record_many(session, (event,))


def record_many(session: AsyncSession, events: Iterable[Event]) -> None:
    """As `record`, for thousands of events of one transaction, in their order."""
    session.info.setdefault(_RECORDED, []).extend(unnumbered(event) for event in events)


def record_dead_letter(session: AsyncSession, letter: Unnumbered) -> None:
    """Publish the bytes of an event nobody could apply on `<topic>.dlq`; what is too large for it goes without body."""
    if len(letter.payload) > MAX_PAYLOAD_BYTES:
        letter = replace(letter, payload=b"")
    session.info.setdefault(_RECORDED, []).append(_checked(replace(letter, partition_key=letter.partition_key[:128])))


def seen(session: AsyncSession) -> Sequence[Seen]:
    """The sequences given to this session's events at its last flush."""
    written: Sequence[Seen] = session.info.get(_SEEN, ())
    return written


async def flush(session: AsyncSession) -> Sequence[Seen]:
    """Number and insert what was recorded: two statements however many events. Called by `commit`."""
    recorded: list[Unnumbered] = session.info.pop(_RECORDED, [])
    if not recorded:
        return ()
    numbers = await _next_numbers(session, recorded)
    await _insert(session, recorded, numbers)
    written = tuple(
        Seen(row.aggregate, row.aggregate_id, number) for row, number in zip(recorded, numbers, strict=True)
    )
    session.info[_SEEN] = written
    session.info[_TO_SEND] = True
    return written


def take_to_send(session: AsyncSession) -> bool:
    """Whether this transaction wrote events, asked once after its commit."""
    return bool(session.info.pop(_TO_SEND, False))


def unnumbered(event: Event) -> Unnumbered:
    """The row of `event`, checked; it gets its number at the flush."""
    return _checked(
        Unnumbered(
            event_id=new_id(),
            topic=event.topic,
            partition_key=event.partition_key(),
            aggregate=event.aggregate,
            aggregate_id=event.aggregate_id(),
            type=type(event).__name__,
            time=event.occurred_at.isoformat(),
            schema=event.data_schema(),
            payload=event.to_bytes(),
            traceparent=_traceparent(),
        )
    )


def _checked(row: Unnumbered) -> Unnumbered:
    if row.topic not in ALL_TOPICS:
        raise UnknownTopic(f"{row.type} is for {row.topic}, which is not one of Mainstay's topics")
    if len(row.payload) > MAX_PAYLOAD_BYTES:
        raise EventTooLarge(f"{row.type} has {len(row.payload)} bytes, more than {MAX_PAYLOAD_BYTES}")
    if not row.aggregate_id or not 0 < len(row.partition_key.encode()) <= MAX_KEY_BYTES:
        raise WrongPartitionKey(f"{row.type} needs an aggregate id and a key of at most {MAX_KEY_BYTES} bytes")
    return row


async def _next_numbers(session: AsyncSession, recorded: Sequence[Unnumbered]) -> list[int]:
    """Dense numbers per (topic, aggregate), in the order of recording.

    The upsert locks each aggregate's row until the commit, so `pos` and sequence can never disagree; sorted, so
    that two transactions never wait for each other in a circle.
    """
    wanted = Counter((row.topic, row.aggregate_id) for row in recorded)
    aggregates = sorted(wanted)
    result = await session.execute(
        _TAKE_NUMBERS,
        {
            "topics": [topic for topic, _ in aggregates],
            "ids": [aggregate_id for _, aggregate_id in aggregates],
            "counts": [wanted[aggregate] for aggregate in aggregates],
        },
    )
    last = {(topic, aggregate_id): seq for topic, aggregate_id, seq in result}
    following = {aggregate: last[aggregate] - count for aggregate, count in wanted.items()}
    numbers = []
    for row in recorded:
        following[row.topic, row.aggregate_id] += 1
        numbers.append(following[row.topic, row.aggregate_id])
    return numbers


async def _insert(session: AsyncSession, recorded: Sequence[Unnumbered], numbers: Sequence[int]) -> None:
    source = f"/mainstay/{session.info.get('service') or 'unnamed'}"
    await session.execute(
        _INSERT,
        {
            "event_ids": [row.event_id for row in recorded],
            "topics": [row.topic for row in recorded],
            "partition_keys": [row.partition_key for row in recorded],
            "aggregates": [row.aggregate for row in recorded],
            "aggregate_ids": [row.aggregate_id for row in recorded],
            "types": [row.type for row in recorded],
            "numbers": numbers,
            "headers": [_headers(row, source) for row in recorded],
            "payloads": [row.payload for row in recorded],
        },
    )


def _headers(row: Unnumbered, source: str) -> str:
    """Only what the row's own columns do not already say."""
    kept = {"ce_time": row.time, "ce_dataschema": row.schema, "ce_source": source, **row.notes}
    if row.traceparent:
        kept["traceparent"] = row.traceparent
    return orjson.dumps(kept).decode()


def _traceparent() -> str | None:
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


_TAKE_NUMBERS = text(
    """
    INSERT INTO aggregate_sequence AS known (topic, aggregate_id, seq)
    SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:ids AS text[]), CAST(:counts AS bigint[]))
    ON CONFLICT (topic, aggregate_id) DO UPDATE SET seq = known.seq + excluded.seq
    RETURNING topic, aggregate_id, seq
    """
)

_INSERT = text(
    """
    INSERT INTO outbox (event_id, topic, partition_key, aggregatetype, aggregateid, type, aggregate_seq, headers,
                        payload)
    SELECT event_id, topic, partition_key, aggregatetype, aggregateid, type, seq, CAST(headers AS jsonb), payload
    FROM unnest(CAST(:event_ids AS uuid[]), CAST(:topics AS text[]), CAST(:partition_keys AS text[]),
                CAST(:aggregates AS text[]), CAST(:aggregate_ids AS text[]), CAST(:types AS text[]),
                CAST(:numbers AS bigint[]), CAST(:headers AS text[]), CAST(:payloads AS bytea[]))
         WITH ORDINALITY
         AS row (event_id, topic, partition_key, aggregatetype, aggregateid, type, seq, headers, payload, place)
    ORDER BY place
    """
)


@orm_events.listens_for(Session, "after_transaction_create")
def _remember_savepoint(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info.setdefault(_SAVEPOINTS, {})[transaction] = len(session.info.get(_RECORDED, ()))


@orm_events.listens_for(Session, "after_soft_rollback")
def _forget_what_was_undone(session: Session, undone: SessionTransaction) -> None:
    """What a rollback undid was never recorded: the whole transaction, or what came after the savepoint."""
    keep = session.info.get(_SAVEPOINTS, {}).pop(undone, 0) if undone.nested else 0
    del session.info.get(_RECORDED, [])[keep:]
