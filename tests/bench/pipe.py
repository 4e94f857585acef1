"""Prints what relay and consumer carry on this machine: `python -m tests.bench.pipe [EVENTS]`."""

import asyncio
import secrets
import sys
import time
from collections.abc import Sequence

import uvloop
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from deploy.topics import create_topics, declared_topics, delete_topics
from shared import outbox
from shared.clock import LiveClock
from shared.consumer import Consumer, Received
from shared.cycles import collect_seldom
from shared.db.engine import async_url
from shared.db.session import Sessions, commit, make_sessions
from shared.kafka import Broker
from shared.kafka_reader import KafkaReader
from shared.relay import Relay
from tests.bench.servers import bench_servers
from tests.servers import TestPostgres
from tests.shared.pipe.build import order_paid
from tests.shared.pipe.waiting import until

ACCOUNTS = 500
A_TRANSACTION = 2000


async def measure(sessions: Sessions, database_url: str, broker: Broker, *, events: int) -> None:
    began = time.perf_counter()
    await record(sessions, events=events)
    print(f"outbox_record_events_per_s {events / (time.perf_counter() - began):.0f}")
    print(f"relay_events_per_s {await relay_per_s(sessions, database_url, broker, events=events):.0f}")
    print(f"consumer_events_per_s {await consumer_per_s(sessions, broker, events=events):.0f}")


async def record(sessions: Sessions, *, events: int) -> None:
    """Two events an order, as a paid and delivered one has."""
    for start in range(0, events, A_TRANSACTION):
        async with sessions() as session:
            outbox.record_many(
                session,
                (
                    order_paid(order_id=f"order-{n // 2}", account_id=f"account-{n // 2 % ACCOUNTS}")
                    for n in range(start, min(events, start + A_TRANSACTION))
                ),
            )
            await commit(session)


async def relay_per_s(sessions: Sessions, database_url: str, broker: Broker, *, events: int) -> float:
    stopping = asyncio.Event()

    async def all_sent() -> bool:
        async with sessions() as session:
            return not await session.scalar(text("SELECT EXISTS (SELECT FROM outbox)"))

    began, cpu = time.perf_counter(), time.process_time()
    relay = asyncio.create_task(Relay(database_url=database_url, broker=broker).run(stopping))
    await until(all_sent, within_s=300)
    took = time.perf_counter() - began
    print(f"relay_cpu_s_per_1000_events {(time.process_time() - cpu) / events * 1000:.3f}")
    stopping.set()
    await relay
    return events / took


async def consumer_per_s(sessions: Sessions, broker: Broker, *, events: int) -> float:
    """From the first batch to the last commit, with a handler that does nothing."""
    stopping, taken, batches, first = asyncio.Event(), 0, 0, 0.0

    async def count(_: AsyncSession, batch: Sequence[Received]) -> None:
        nonlocal taken, batches, first
        first = first or time.perf_counter()
        taken, batches = taken + len(batch), batches + 1

    async def all_taken() -> bool:
        return taken >= events

    cpu = time.process_time()
    consumer = Consumer(service="bench", topics=("orders.v1",), handler=count)
    reader = KafkaReader(consumer, sessions=sessions, clock=LiveClock(), broker=broker, replica="0")
    reading = asyncio.create_task(reader.run(stopping))
    await until(all_taken, within_s=300)
    took = time.perf_counter() - first
    print(f"consumer_cpu_s_per_1000_events {(time.process_time() - cpu) / events * 1000:.3f}")
    print(f"consumer_events_per_batch {taken / batches:.0f}")
    stopping.set()
    await reading
    return events / took


async def main(events: int, admin_url: str, servers: str) -> None:
    collect_seldom()  # as a worker does
    postgres = TestPostgres(admin_url)
    prefix = f"bench-{secrets.token_hex(3)}."
    topics = declared_topics(prefix=prefix)
    await create_topics(servers, topics=topics)
    try:
        url = await postgres.create_database("pricing")
        engine = create_async_engine(async_url(url))
        await measure(make_sessions(engine, service="pricing"), url, Broker(servers, prefix, prefix), events=events)
        await engine.dispose()
    finally:
        await postgres.remove_everything()
        await delete_topics(servers, names=[topic.name for topic in topics])


if __name__ == "__main__":
    with bench_servers() as servers:
        uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000, *servers))
