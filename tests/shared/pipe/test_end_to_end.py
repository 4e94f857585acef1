"""From the commit of a sender to the commit of a reader, over a real broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from shared import outbox
from shared.clock import LiveClock
from shared.consumer import Consumer
from shared.db.session import Sessions, commit
from shared.kafka import Broker
from shared.kafka_reader import KafkaReader
from shared.relay import Relay
from tests.shared.pipe.build import order_paid
from tests.shared.pipe.notes import note_keeper, noted, rows
from tests.shared.pipe.waiting import until

pytestmark = pytest.mark.kafka


@pytest.fixture
def broker(kafka: str, topic_prefix: str) -> Broker:
    return Broker(kafka, topic_prefix, topic_prefix)


@asynccontextmanager
async def running(*parts: Relay | KafkaReader) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for part in parts:
            group.create_task(part.run(stopping))
        try:
            yield
        finally:
            stopping.set()


def reader(consumer: Consumer, sessions: Sessions, broker: Broker) -> KafkaReader:
    return KafkaReader(consumer, sessions=sessions, clock=LiveClock(), broker=broker, replica="0")


async def send_orders(sessions: Sessions, *, orders: int, events: int) -> None:
    for _ in range(events):
        async with sessions() as session:
            outbox.record_many(
                session, (order_paid(order_id=f"o{n}", account_id=f"account-{n % 7}") for n in range(orders))
            )
            await commit(session)


async def test_what_is_committed_arrives_once_and_in_order(
    sessions: Sessions, database_url: str, broker: Broker
) -> None:
    keeper = note_keeper(name="arrives")
    relay = Relay(database_url=database_url, broker=broker, batch_size=50)
    async with running(relay, reader(keeper, sessions, broker)):
        await send_orders(sessions, orders=40, events=5)

        async def all_noted() -> bool:
            return len(await noted(sessions)) >= 200

        await until(all_noted)
    applied = await noted(sessions)
    assert sorted(applied) == sorted((f"o{n}", sequence) for n in range(40) for sequence in range(1, 6))
    for n in range(40):
        assert [sequence for order, sequence in applied if order == f"o{n}"] == [1, 2, 3, 4, 5]
    assert await rows(sessions, "SELECT count(*) FROM outbox") == [(0,)]
    assert await rows(sessions, "SELECT count(*), min(feed_pos), max(feed_pos) FROM event_archive") == [(200, 1, 200)]
