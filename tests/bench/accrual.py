"""Prints events a second from Kafka to committed postings: `python -m tests.bench.accrual [ORDERS]`.

As in production a worker is a process; there are as many as the limit has, each with one connection, and PostgreSQL
waits for the disk. The limit is taken before and after, on the same machine and server, and its mean counts.
"""

import asyncio
import secrets
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import mean

import uvloop
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.topics import create_topics, declared_topics, delete_topics
from services.rewards.accrual.policies import PublishedBenefits
from services.rewards.consumers import TOPICS, accrues_by
from shared import outbox
from shared.db.engine import async_url
from shared.db.session import Sessions, commit, make_sessions
from shared.events.envelope import Event
from shared.kafka import Broker
from shared.policy.seed import pack_of, seed_pack
from shared.relay import Relay
from tests.bench.limit import executemany_per_s
from tests.bench.readers import Readers, running_readers
from tests.bench.servers import bench_servers
from tests.rewards import facts_told as said
from tests.rewards.accounts_kept import PACK
from tests.rewards.books_kept import received
from tests.servers import TestPostgres
from tests.shared.pipe.waiting import until

ACCOUNTS = 500
LINES = 6
EVENTS_OF_AN_ORDER = 3
A_TRANSACTION = 1500
TABLES = ("journal", "order_state", "window_state", "posting", "entry", "posting_key", "inbox", "outbox")
SERVICES = ("pricing", "rewards")
PROCESSES = 2
WARMING_UP = 1000
NOW = datetime(2021, 3, 31, tzinfo=UTC)


def orders(numbers: range) -> Iterator[Event]:
    """Placed, delivered and paid, one after the other, of accounts that elected subsidy."""
    for number in numbers:
        name, account = f"order-{number}", f"account-{number % ACCOUNTS}"
        when = f"2021-03-{1 + number % 28:02}"
        lines = [said.line(line, quantity=3, net=1_000 + number % 700 + line) for line in range(1, LINES + 1)]
        yield said.placed(name, when, lines, account=account)
        yield said.delivered(name, when, [(line.line, line.quantity) for line in lines], account=account)
        yield said.paid(name, when, sum(line.net_minor for line in lines), account=account)


async def publish(sessions: Sessions, database_url: str, broker: Broker, *, numbers: range) -> None:
    """Into Kafka through the outbox of another service, as pricing does."""
    waiting = list(orders(numbers))
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


async def accrued_per_s(readers: Readers, sessions: Sessions, *, events: int) -> float:
    """From letting the readers go until the last of so many events, which lie in Kafka, is committed."""
    began = time.perf_counter()
    readers.let_go()
    await until_journaled(sessions, WARMING_UP * EVENTS_OF_AN_ORDER + events)
    return events / (time.perf_counter() - began)


async def until_journaled(sessions: Sessions, events: int) -> None:
    async def all_taken() -> bool:
        async with sessions() as session:
            found = await session.scalar(text("SELECT count(*) FROM journal WHERE topic = 'orders.v1'"))
            return int(found or 0) >= events

    await until(all_taken, within_s=300)


async def print_sizes(sessions: Sessions, *, lines: int) -> None:
    rows = size = 0
    async with sessions() as session:
        for table in TABLES:
            rows += int(await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)
            size += int(await session.scalar(text(f"SELECT pg_total_relation_size('{table}')")) or 0)
    print(f"rows_per_order_line {rows / lines:.2f}")
    print(f"bytes_per_order_line {size / lines:.0f}")


async def main(count: int, admin_url: str, servers: str) -> None:
    postgres = TestPostgres(admin_url)
    prefix = f"bench-{secrets.token_hex(3)}."
    topics, events = declared_topics(prefix=prefix), count * EVENTS_OF_AN_ORDER
    await create_topics(servers, topics=topics)
    try:
        sender, url = await postgres.create_database("pricing"), await postgres.create_database("rewards")
        engines = [create_async_engine(async_url(one)) for one in (sender, url)]
        pricing, rewards = (make_sessions(one, service=name) for one, name in zip(engines, SERVICES, strict=True))
        await make_known(rewards)
        broker = Broker(servers, prefix, prefix)
        with running_readers(PROCESSES, url, broker) as readers:
            readers.wait_until_all_joined(sum(one.partitions for one in topics if broker.name_of(one.name) in TOPICS))
            await publish(pricing, sender, broker, numbers=range(WARMING_UP))
            await until_journaled(rewards, WARMING_UP * EVENTS_OF_AN_ORDER)
            readers.hold()
            await publish(pricing, sender, broker, numbers=range(WARMING_UP, WARMING_UP + count))
            limits = [await executemany_per_s(url, events=events, connections=PROCESSES)]
            per_s = await accrued_per_s(readers, rewards, events=events)
            limits.append(await executemany_per_s(url, events=events, connections=PROCESSES))
        print(f"accrual_cpu_s_per_1000_events {readers.cpu_s / events * 1000:.3f}")
        await print_sizes(rewards, lines=LINES * (WARMING_UP + count))
        print(f"accrual_events_per_s {per_s:.0f}")
        print(f"executemany_events_per_s {mean(limits):.0f}")
        print(f"ratio accrual {per_s / mean(limits):.3f}")
        for engine in engines:
            await engine.dispose()
    finally:
        await postgres.remove_everything()
        await delete_topics(servers, names=[topic.name for topic in topics])


if __name__ == "__main__":
    with bench_servers() as servers:
        uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8_000, *servers))
