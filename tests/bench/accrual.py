"""Prints events a second from Kafka to committed postings: `python -m tests.bench.accrual [EVENTS]`."""

import asyncio
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.local.postgres import running_postgres
from deploy.topics import create_topics, declared_topics, delete_topics
from services.rewards.accrual.policies import PublishedBenefits
from services.rewards.consumers import TOPICS, accrues_by
from shared import outbox
from shared.clock import LiveClock
from shared.consumer import Consumer
from shared.db.engine import async_url
from shared.db.session import Sessions, commit, make_sessions
from shared.events.envelope import Event
from shared.kafka import Broker
from shared.kafka_reader import KafkaReader
from shared.policy.seed import pack_of, seed_pack
from shared.relay import Relay
from tests.bench.limit import executemany_per_s
from tests.rewards import facts_told as said
from tests.rewards.accounts_kept import PACK
from tests.rewards.books_kept import received
from tests.servers import TestPostgres, kafka_of_the_session
from tests.shared.pipe.waiting import until

ACCOUNTS = 500
LINES = 6
A_TRANSACTION = 1500
TABLES = ("journal", "order_state", "window_state", "posting", "entry", "posting_key", "inbox", "outbox")
REPLICAS = ("0", "1")
NOW = datetime(2021, 3, 31, tzinfo=UTC)


def orders(count: int) -> Iterator[Event]:
    """Placed, delivered and paid, one after the other, of accounts that elected subsidy."""
    for number in range(count):
        name, account = f"order-{number}", f"account-{number % ACCOUNTS}"
        when = f"2021-03-{1 + number % 28:02}"
        lines = [said.line(line, quantity=3, net=1_000 + number % 700 + line) for line in range(1, LINES + 1)]
        yield said.placed(name, when, lines, account=account)
        yield said.delivered(name, when, [(line.line, line.quantity) for line in lines], account=account)
        yield said.paid(name, when, sum(line.net_minor for line in lines), account=account)


async def publish(sessions: Sessions, database_url: str, broker: Broker, *, count: int) -> None:
    """Into Kafka through the outbox of another service, as pricing does."""
    waiting = list(orders(count))
    for start in range(0, len(waiting), A_TRANSACTION):
        async with sessions() as session:
            outbox.record_many(session, waiting[start : start + A_TRANSACTION])
            await commit(session)
    stopping = asyncio.Event()

    async def all_sent() -> bool:
        async with sessions() as session:
            return not await session.scalar(text("SELECT EXISTS (SELECT FROM outbox)"))

    relay = asyncio.create_task(Relay(database_url=database_url, broker=broker).run(stopping))
    await until(all_sent, within_s=300)
    stopping.set()
    await relay


async def make_known(sessions: Sessions) -> None:
    """The pack, and accounts that are listed and elected subsidy."""
    async with sessions() as session:
        await seed_pack(session, service="rewards", documents=pack_of(PACK.parent, "rewards"), now=NOW)
        known = [said.opened(account=f"account-{number}") for number in range(ACCOUNTS)]
        listed = [said.listed(account=one.account_id) for one in known]
        elected = [said.elected(account=one.account_id) for one in known]
        batch = [received(event, NOW) for event in (*known, *listed, *elected)]
        await accrues_by(PublishedBenefits())(session, batch)
        await commit(session)


async def accrued_per_s(sessions: Sessions, broker: Broker, *, events: int) -> float:
    """From the first batch to the last commit."""
    stopping = asyncio.Event()

    async def journaled() -> int:
        async with sessions() as session:
            return int(await session.scalar(text("SELECT count(*) FROM journal WHERE topic = 'orders.v1'")) or 0)

    async def begun() -> bool:
        return await journaled() > 0

    async def all_taken() -> bool:
        return await journaled() >= events

    consumer = Consumer(service="rewards", topics=TOPICS, handler=accrues_by(PublishedBenefits()))
    readers = [
        KafkaReader(consumer, sessions=sessions, clock=LiveClock(), broker=broker, replica=replica)
        for replica in REPLICAS
    ]
    reading = [asyncio.create_task(reader.run(stopping)) for reader in readers]
    await until(begun, within_s=60)
    already, began, cpu = await journaled(), time.perf_counter(), time.process_time()
    await until(all_taken, within_s=600)
    took, used = time.perf_counter() - began, time.process_time() - cpu
    stopping.set()
    await asyncio.gather(*reading)
    counted = events - already
    print(f"accrual_cpu_s_per_1000_events {used / counted * 1000:.3f}")
    return counted / took


async def print_sizes(sessions: Sessions, *, lines: int) -> None:
    rows = size = 0
    async with sessions() as session:
        for table in TABLES:
            rows += int(await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)
            size += int(await session.scalar(text(f"SELECT pg_total_relation_size('{table}')")) or 0)
    print(f"rows_per_order_line {rows / lines:.2f}")
    print(f"bytes_per_order_line {size / lines:.0f}")


async def main(events: int, admin_url: str, servers: str) -> None:
    postgres = TestPostgres(admin_url)
    prefix = f"bench-{secrets.token_hex(3)}."
    topics = declared_topics(prefix=prefix)
    await create_topics(servers, topics=topics)
    broker, count = Broker(servers, prefix, prefix), events // 3
    try:
        sender, url = await postgres.create_database("pricing"), await postgres.create_database("rewards")
        engines = [create_async_engine(async_url(one)) for one in (sender, url)]
        await publish(make_sessions(engines[0], service="pricing"), sender, broker, count=count)
        sessions = make_sessions(engines[1], service="rewards")
        await make_known(sessions)
        per_s = await accrued_per_s(sessions, broker, events=3 * count)
        await print_sizes(sessions, lines=LINES * count)
        limit = await executemany_per_s(sender, events=3 * count)
        print(f"accrual_events_per_s {per_s:.0f}")
        print(f"executemany_events_per_s {limit:.0f}")
        print(f"ratio accrual {per_s / limit:.3f}")
        for engine in engines:
            await engine.dispose()
    finally:
        await postgres.remove_everything()
        await delete_topics(servers, names=[topic.name for topic in topics])


def run(events: int) -> None:
    """On the servers that the environment names, else on servers of its own that wait for the disk."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="mainstay-bench-", ignore_cleanup_errors=True)))
        admin_url = (
            os.environ.get("TEST_DATABASE_URL")
            or stack.enter_context(running_postgres(folder / "postgres", log=folder / "postgres.log")).admin_url
        )
        given = os.environ.get("TEST_KAFKA_BOOTSTRAP_SERVERS", "")
        servers = stack.enter_context(kafka_of_the_session(given_servers=given))
        uvloop.run(main(events, admin_url, servers))


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 15_000)
