"""A batch is taken in one transaction: each event once, in sequence, never past a dead letter of its key."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.consumer import Consumer
from shared.faults import met_time_limit
from shared.messages import Message, Stream, message_of
from shared.parking import OTHER_BODY, PARKED, POISON, ROWS, Letter, columns, parked_keys, store_letters, try_alone
from shared.patience import Pass, TookTooLong
from shared.pipe_metrics import BODIES_DIFFER, EVENTS_UNKNOWN

NOBODY: Mapping[UUID, str] = MappingProxyType({})

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Arranged:
    """What the sequences say of a batch."""

    ready: list[Message] = field(default_factory=list)
    held: list[Message] = field(default_factory=list)
    stale: list[Message] = field(default_factory=list)
    let_go: list[UUID] = field(default_factory=list)
    positions: dict[Stream, int] = field(default_factory=dict)


async def take(
    session: AsyncSession,
    consumer: Consumer,
    messages: Sequence[Message],
    *,
    now: datetime,
    isolated: bool = False,
    revisit: Collection[Stream] = (),
    given_up: Mapping[UUID, str] = NOBODY,
) -> Counter[str]:
    """Take `messages` in, and whatever of `revisit`'s held events has become due; the caller commits.

    `isolated` applies one by one under savepoints, so that only what is really poisonous is parked. Events `given_up`
    are parked untried, for the reason given. Raises TookTooLong where one alone meets a time limit.
    Returns how many were applied, duplicate, held, stale, unknown, poison, parked, other_body.
    """
    fresh, letters = await _register(session, consumer, messages)
    streams = sorted({message.stream for message in fresh if message.has_sequence} | set(revisit))
    positions = await _lock_positions(session, consumer, streams)
    waiting = await _held(session, consumer, streams)
    arranged = arrange(fresh, positions=positions, waiting=waiting)
    unknown = await _apply(session, consumer, arranged.ready, letters, now=now, isolated=isolated, given_up=given_up)
    await _store(session, consumer, arranged, letters)
    return _tally(messages, fresh, arranged, letters, unknown=unknown)


def arrange(
    fresh: Iterable[Message], *, positions: dict[Stream, int], waiting: dict[Stream, dict[int, Message]]
) -> Arranged:
    """Who may be applied now, in which order, who waits for an earlier one, who comes too late (S-E3)."""
    arranged = Arranged(positions=dict(positions))
    held_before = {message.event_id for stream in waiting.values() for message in stream.values()}
    for stream in list(waiting):
        _let_flow(stream, waiting[stream], arranged)
    for message in fresh:
        if not message.has_sequence:
            arranged.ready.append(message)
        elif message.sequence <= arranged.positions.get(message.stream, 0):
            arranged.stale.append(message)
        else:
            waiting.setdefault(message.stream, {})[message.sequence] = message
            _let_flow(message.stream, waiting[message.stream], arranged)
    still_held = [message for stream in waiting.values() for message in stream.values()]
    arranged.held = [message for message in still_held if message.event_id not in held_before]
    arranged.let_go = list(held_before - {message.event_id for message in still_held})
    arranged.positions = {stream: last for stream, last in arranged.positions.items() if last != positions.get(stream)}
    return arranged


def _let_flow(stream: Stream, waiting: dict[int, Message], arranged: Arranged) -> None:
    last = arranged.positions.get(stream, 0)
    while (due := waiting.pop(last + 1, None)) is not None:
        arranged.ready.append(due)
        last += 1
        arranged.positions[stream] = last
    for passed in [sequence for sequence in waiting if sequence <= last]:
        arranged.stale.append(waiting.pop(passed))


async def _register(
    session: AsyncSession, consumer: Consumer, messages: Sequence[Message]
) -> tuple[list[Message], list[Letter]]:
    """Which messages were never taken before; a known id with another body is rejected (S-E2)."""
    first: dict[UUID, Message] = {}
    for message in messages:
        first.setdefault(message.event_id, message)
    new = await _insert_new(session, consumer, first)
    hashes = {event_id: message.body_hash for event_id, message in first.items()}
    if len(new) < len(first):
        hashes |= await _known_hashes(session, consumer, first.keys() - new)
    impostors = [message for message in messages if message.body_hash != hashes[message.event_id]]
    letters = [_other_body(consumer, message) for message in impostors]
    return [message for event_id, message in first.items() if event_id in new], letters


async def _insert_new(session: AsyncSession, consumer: Consumer, first: dict[UUID, Message]) -> set[UUID]:
    if not first:
        return set()
    ids = sorted(first)
    values = {"consumer": consumer.inbox, "ids": ids, "hashes": [first[event_id].body_hash for event_id in ids]}
    return {row.event_id for row in await session.execute(_REGISTER, values)}


async def _known_hashes(session: AsyncSession, consumer: Consumer, ids: set[UUID]) -> dict[UUID, bytes]:
    rows = await session.execute(_KNOWN_HASHES, {"consumer": consumer.inbox, "ids": list(ids)})
    return {row.event_id: row.body_hash for row in rows}


def _other_body(consumer: Consumer, message: Message) -> Letter:
    BODIES_DIFFER.labels(consumer.inbox).inc()
    log.error("known_event_id_with_another_body", event_id=str(message.event_id), topic=message.topic)
    # The id is taken by the first body; the same impostor met again gets the same id, and one letter.
    own_id = uuid5(NAMESPACE_URL, f"{message.event_id}/{message.body_hash.hex()}")
    letter = replace(message, event_id=own_id)
    return Letter(letter, OTHER_BODY, "this id was taken before with another body", blocks=False)


async def _lock_positions(session: AsyncSession, consumer: Consumer, streams: Sequence[Stream]) -> dict[Stream, int]:
    if not streams:
        return {}
    rows = await session.execute(_LOCK_POSITIONS, _of_streams(consumer, streams))
    return {(row.topic, row.aggregateid): row.last_seq for row in rows}


async def _held(
    session: AsyncSession, consumer: Consumer, streams: Sequence[Stream]
) -> dict[Stream, dict[int, Message]]:
    waiting: dict[Stream, dict[int, Message]] = defaultdict(dict)
    if not streams:
        return waiting
    for row in await session.execute(_HELD, _of_streams(consumer, streams)):
        message = message_of(row)
        waiting[message.stream][message.sequence] = message
    return waiting


async def _apply(
    session: AsyncSession,
    consumer: Consumer,
    ready: Sequence[Message],
    letters: list[Letter],
    *,
    now: datetime,
    isolated: bool,
    given_up: Mapping[UUID, str],
) -> int:
    """Hand on what may be applied; the rest becomes letters. Returns how many were of a type nobody here knows."""
    parked = await parked_keys(session, consumer, {message.key for message in ready})
    sound: list[Message] = []
    alone = Pass()
    unknown = 0
    for message in ready:
        if message.event is None and message.defect is None:
            EVENTS_UNKNOWN.labels(consumer.inbox, message.type).inc()
            unknown += 1
        elif message.key in parked:
            letters.append(Letter(message, PARKED, "waits behind an earlier dead letter of its key"))
        elif alone.waits(message.key):
            continue
        elif defect := (
            message.defect
            or given_up.get(message.event_id)
            or (isolated and await _tried(session, consumer, message, alone, now=now))
        ):
            letters.append(Letter(message, POISON, defect))
            parked.add(message.key)
        else:
            sound.append(message)
    if alone.slow:
        raise TookTooLong(alone)
    if sound and not isolated:
        await consumer.handler(session, [message.received(now=now) for message in sound])
    return unknown


async def _tried(
    session: AsyncSession, consumer: Consumer, message: Message, alone: Pass, *, now: datetime
) -> str | None:
    """What is wrong with it; one that took too long is noted, and the others are tried all the same."""
    try:
        defect = await try_alone(session, consumer, message, now=now)
    except DBAPIError as error:
        if not met_time_limit(error):
            raise
        alone.note(message.event_id, message.key, error)
        return None
    alone.others += defect is None
    return defect


async def _store(session: AsyncSession, consumer: Consumer, arranged: Arranged, letters: Sequence[Letter]) -> None:
    if arranged.positions:
        streams = sorted(arranged.positions)
        numbers = [arranged.positions[stream] for stream in streams]
        await session.execute(_ADVANCE, _of_streams(consumer, streams) | {"numbers": numbers})
    if arranged.held:
        await session.execute(_HOLD, columns(consumer, arranged.held))
    if arranged.let_go:
        await session.execute(_LET_GO, {"consumer": consumer.inbox, "ids": arranged.let_go})
    if letters:
        await store_letters(session, consumer, letters)


def _tally(
    messages: Sequence[Message],
    fresh: Sequence[Message],
    arranged: Arranged,
    letters: Sequence[Letter],
    *,
    unknown: int,
) -> Counter[str]:
    tally = Counter(letter.reason for letter in letters)
    tally["duplicate"] = len(messages) - len(fresh) - tally[OTHER_BODY]
    tally["held"] = len(arranged.held)
    tally["stale"] = len(arranged.stale)
    tally["unknown"] = unknown
    tally["applied"] = len(arranged.ready) - unknown - tally[POISON] - tally[PARKED]
    return +tally


async def due_streams(session: AsyncSession, consumer: Consumer) -> list[Stream]:
    """Streams whose held event is next: the one before came through another process at the same moment."""
    rows = await session.execute(_DUE_STREAMS, {"consumer": consumer.inbox})
    return [(row.topic, row.aggregateid) for row in rows]


def _of_streams(consumer: Consumer, streams: Iterable[Stream]) -> dict[str, Any]:
    topics, ids = zip(*streams, strict=True)
    return {"consumer": consumer.inbox, "topics": list(topics), "ids": list(ids)}


_REGISTER = text(
    """
    INSERT INTO inbox (consumer, event_id, body_hash)
    SELECT :consumer, event_id, body_hash
    FROM unnest(CAST(:ids AS uuid[]), CAST(:hashes AS bytea[])) AS row (event_id, body_hash)
    ON CONFLICT DO NOTHING RETURNING event_id
    """
)

_KNOWN_HASHES = text(
    "SELECT event_id, body_hash FROM inbox WHERE consumer = :consumer AND event_id = ANY (CAST(:ids AS uuid[]))"
)

_LOCK_POSITIONS = text(
    """
    SELECT known.topic, known.aggregateid, known.last_seq
    FROM unnest(CAST(:topics AS text[]), CAST(:ids AS text[])) AS wanted (topic, aggregateid)
    JOIN stream_position AS known USING (topic, aggregateid)
    WHERE known.consumer = :consumer
    ORDER BY known.topic, known.aggregateid
    FOR UPDATE OF known
    """
)

_HELD = text(
    """
    SELECT held.event_id, held.topic, held.partition_key, CAST(held.headers AS text) AS headers, held.payload
    FROM unnest(CAST(:topics AS text[]), CAST(:ids AS text[])) AS wanted (topic, aggregateid)
    JOIN held_event AS held USING (topic, aggregateid)
    WHERE held.consumer = :consumer
    """
)

_ADVANCE = text(
    """
    INSERT INTO stream_position AS known (consumer, topic, aggregateid, last_seq)
    SELECT :consumer, * FROM unnest(CAST(:topics AS text[]), CAST(:ids AS text[]), CAST(:numbers AS bigint[]))
    ON CONFLICT (consumer, topic, aggregateid)
    DO UPDATE SET last_seq = greatest(known.last_seq, excluded.last_seq)
    """
)

_HOLD = text(
    f"""
    INSERT INTO held_event (consumer, event_id, topic, partition_key, aggregateid, aggregate_seq, headers, payload)
    SELECT :consumer, event_id, topic, key, aggregate_id, sequence, CAST(headers AS jsonb), payload
    {ROWS.format(more="", names="")}
    """
)

_LET_GO = text("DELETE FROM held_event WHERE consumer = :consumer AND event_id = ANY (CAST(:ids AS uuid[]))")

_DUE_STREAMS = text(
    """
    SELECT DISTINCT held.topic, held.aggregateid
    FROM held_event AS held JOIN stream_position AS known USING (consumer, topic, aggregateid)
    WHERE held.consumer = :consumer AND held.aggregate_seq <= known.last_seq + 1
    """
)
