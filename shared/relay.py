"""One leader per database sends what was committed, in order, and marks it only when the broker has it for good."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime

import asyncpg
import orjson
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.clock import system_now
from shared.db.engine import plain_url
from shared.events.envelope import kafka_headers
from shared.failpoints import failpoint
from shared.kafka import Broker, make_producer
from shared.notifier import CHANNEL
from shared.pipe_metrics import EVENTS_RELAYED, RELAY_IS_LEADER

LEADERSHIP = 0x52454C41  # advisory lock, one leader per database
BATCH, BATCH_BYTES = 1000, 8_000_000
POLL_S = 1.0
ACKNOWLEDGED_WITHIN_S = 15.0
CLOSED_WITHIN_S = 2.0
REPUBLISH_ATTEMPTS, REPUBLISH_BATCH = 5, 200

log = structlog.get_logger(__name__)


class RelayMustRestart(Exception):
    """The producer or the connection can no longer be trusted: only a new process may go on from what is marked."""


class Relay:
    """Run it beside any number of others: those that do not lead wait for the leader's connection to end."""

    def __init__(
        self,
        *,
        database_url: str,
        broker: Broker,
        batch_size: int = BATCH,
        acknowledged_within_s: float = ACKNOWLEDGED_WITHIN_S,
    ) -> None:
        self._database_url = plain_url(database_url)
        self._broker = broker
        self._batch_size = batch_size
        self._acknowledged_within_s = acknowledged_within_s
        self._woken = asyncio.Event()
        self._connection: asyncpg.Connection
        self._producer: AIOKafkaProducer

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set (the batch in hand is finished). Raises RelayMustRestart when it cannot go on."""
        try:
            self._connection = await asyncpg.connect(self._database_url)
            if await self._lead(stopping):
                await self._relay(stopping)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as lost:
            raise RelayMustRestart(f"the relay lost its database connection: {lost}") from lost
        finally:
            RELAY_IS_LEADER.set(0)
            if hasattr(self, "_connection"):
                self._connection.terminate()

    def wake(self) -> None:
        """There is something to send, or a reason to look."""
        self._woken.set()

    async def _lead(self, stopping: asyncio.Event) -> bool:
        """Whether this process has become the leader, rather than been told to stop."""
        while not stopping.is_set():
            if await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", LEADERSHIP):
                RELAY_IS_LEADER.set(1)
                return True
            await _until(stopping, timeout_s=POLL_S)
        return False

    async def _relay(self, stopping: asyncio.Event) -> None:
        await self._connection.execute("INSERT INTO feed_head VALUES (true, 0) ON CONFLICT DO NOTHING")
        await self._connection.add_listener(CHANNEL, lambda *_: self.wake())
        self._connection.add_termination_listener(lambda *_: self.wake())
        producer = await started_producer(self._broker, stopping)
        if producer is None:
            return
        self._producer = producer
        try:
            while not stopping.is_set():
                self._woken.clear()
                rows = await fetch_unpublished(self._connection, limit=self._batch_size)
                if rows:
                    await self.deliver(rows)
                else:
                    await _until(self._woken, timeout_s=POLL_S)
        finally:
            await close_producer(self._producer)

    async def deliver(self, rows: Sequence[asyncpg.Record]) -> None:
        """Send a batch, wait for every acknowledgement, then mark it: in this order, or events get lost."""
        failpoint("before_send")
        await send(self._producer, self._broker, rows, within_s=self._acknowledged_within_s)
        failpoint("after_ack_before_mark")
        await mark_published(self._connection, rows, today=system_now().date())
        EVENTS_RELAYED.inc(len(rows))


async def fetch_unpublished(connection: asyncpg.Connection, *, limit: int) -> list[asyncpg.Record]:
    """The oldest rows not yet published, about 8 MB at most.

    There is no cursor: a lower `pos` may be committed after a higher one.
    """
    rows: list[asyncpg.Record] = await connection.fetch(_UNPUBLISHED, limit, BATCH_BYTES)
    return rows


async def send(
    producer: AIOKafkaProducer,
    broker: Broker,
    rows: Sequence[asyncpg.Record],
    *,
    within_s: float = ACKNOWLEDGED_WITHIN_S,
) -> None:
    """Send in order and wait until each is acknowledged. Raises RelayMustRestart if a single one is not."""
    try:
        async with asyncio.timeout(within_s):
            acknowledgements = [await _send_one(producer, broker, row) for row in rows]
            failpoint("after_send_before_ack")
            await asyncio.gather(*acknowledgements)
    except (KafkaError, TimeoutError) as unsure:
        raise RelayMustRestart(f"{len(rows)} events may not have reached Kafka: {unsure!r}") from unsure


async def mark_published(connection: asyncpg.Connection, rows: Sequence[asyncpg.Record], *, today: date) -> None:
    """Move the rows to the archive with the next dense feed positions. Raises RelayMustRestart if one is gone."""
    async with connection.transaction():
        moved = await connection.execute(_MOVE_TO_ARCHIVE, [row["pos"] for row in rows], today)
        if moved != f"INSERT 0 {len(rows)}":
            raise RelayMustRestart(f"{len(rows)} events were sent but marking said {moved}: is there a second leader?")


async def republish(*, database_url: str, broker: Broker, since: datetime) -> int:
    """Send everything published since `since` again, for a broker that lost its data; readers absorb what they know.

    Returns how many. Raises RelayMustRestart when the broker does not take them; what it took does no harm.
    """
    connection = await asyncpg.connect(plain_url(database_url))
    sent, after = 0, 0
    try:
        while rows := await connection.fetch(_ARCHIVED, since, after, REPUBLISH_BATCH):
            await _send_again(broker, rows)
            sent, after = sent + len(rows), rows[-1]["feed_pos"]
    finally:
        connection.terminate()
    return sent


async def _send_again(broker: Broker, rows: Sequence[asyncpg.Record]) -> None:
    """A new producer each time: a broker that has just come back refuses the old one's numbers (aiokafka#1017)."""
    for attempt in range(1, REPUBLISH_ATTEMPTS + 1):
        producer = make_producer(broker)
        try:
            await producer.start()
            await send(producer, broker, rows)
        except (KafkaError, RelayMustRestart) as refused:
            if attempt == REPUBLISH_ATTEMPTS:
                raise RelayMustRestart(f"republishing stopped: {refused}") from refused
            await asyncio.sleep(POLL_S)
        else:
            return
        finally:
            await close_producer(producer)


async def started_producer(broker: Broker, stopping: asyncio.Event) -> AIOKafkaProducer | None:
    """A connected producer; waits for a broker that is not up yet, with a new object each time. None when stopped."""
    while not stopping.is_set():
        producer = make_producer(broker)
        try:
            await producer.start()
        except KafkaError as unreachable:
            log.warning("kafka_unreachable", error=str(unreachable))
            await close_producer(producer)
            await _until(stopping, timeout_s=POLL_S)
        else:
            return producer
    return None


async def close_producer(producer: AIOKafkaProducer) -> None:
    """Close it, but never wait for long: a producer whose broker is gone does not end by itself (aiokafka#1101)."""
    with suppress(TimeoutError, KafkaError):
        await asyncio.wait_for(producer.stop(), CLOSED_WITHIN_S)


async def _send_one(producer: AIOKafkaProducer, broker: Broker, row: asyncpg.Record) -> asyncio.Future[object]:
    acknowledgement: asyncio.Future[object] = await producer.send(
        broker.topic(row["topic"]), row["payload"], key=row["partition_key"].encode(), headers=headers_of(row)
    )
    return acknowledgement


def headers_of(row: asyncpg.Record) -> list[tuple[str, bytes]]:
    """The CloudEvents headers: what the columns say, then what was kept beside them."""
    return kafka_headers(
        event_id=row["event_id"],
        event_type=row["type"],
        subject=f"{row['aggregatetype']}/{row['aggregateid']}",
        sequence=row["aggregate_seq"],
        kept=orjson.loads(row["headers"]),
    )


async def _until(event: asyncio.Event, *, timeout_s: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), timeout_s)


_COLUMNS = "event_id, topic, partition_key, aggregatetype, aggregateid, type, aggregate_seq, headers, payload"

# The sizes are added up before the bytes are read: a thousand large orders must not fill the memory at once.
_UNPUBLISHED = f"""
    SELECT pos, {_COLUMNS} FROM (
        SELECT *, sum(octet_length(payload)) OVER (ORDER BY pos) - octet_length(payload) AS bytes_before
        FROM (SELECT * FROM outbox ORDER BY pos LIMIT $1) AS oldest
    ) AS batch
    WHERE bytes_before < $2 ORDER BY pos
"""  # noqa: S608  (no value is put in)

_ARCHIVED = f"""
    SELECT feed_pos, {_COLUMNS} FROM event_archive
    WHERE published_at >= $1 AND feed_pos > $2 ORDER BY feed_pos LIMIT $3
"""  # noqa: S608  (no value is put in)

_MOVE_TO_ARCHIVE = f"""
    WITH head AS (
        UPDATE feed_head SET last_pos = last_pos + cardinality($1::bigint[])
        RETURNING last_pos - cardinality($1::bigint[]) AS before
    ), gone AS (
        DELETE FROM outbox WHERE pos = ANY ($1) RETURNING *
    )
    INSERT INTO event_archive (day, feed_pos, published_at, created_at, {_COLUMNS})
    SELECT $2, head.before + row_number() OVER (ORDER BY gone.pos), clock_timestamp(), created_at, {_COLUMNS}
    FROM gone, head
"""  # noqa: S608  (no value is put in)
