"""Prints how long a reward takes at 100 order events a second: `python -m tests.bench.latency [SECONDS]`.

From the commit of the order in pricing's database to its reward on Kafka, through the real workers of both services.
"""

import asyncio
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop
from aiokafka import AIOKafkaConsumer
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.local import ports
from deploy.topics import create_topics, declared_topics, delete_topics
from shared import outbox
from shared.cycles import collect_seldom
from shared.db.engine import async_url
from shared.db.session import Sessions, commit, make_sessions
from shared.events.envelope import Event
from shared.events.rewards import RewardAccrued
from shared.notifier import running_notifier
from tests.bench.accrual import EVENTS_OF_AN_ORDER, make_known, orders
from tests.bench.servers import Servers, bench_servers, process
from tests.servers import TestPostgres
from tests.shared.pipe.waiting import until

EVENTS_PER_S = 100
WARM_UP_S = 5
ARRIVES_WITHIN_S = 30.0


def batches(seconds: int) -> Iterator[list[Event]]:
    """The events of one order together, as they are committed."""
    waiting = orders(range(EVENTS_PER_S * (seconds + WARM_UP_S) // EVENTS_OF_AN_ORDER))
    while batch := [event for _, event in zip(range(EVENTS_OF_AN_ORDER), waiting, strict=False)]:
        yield batch


async def place(sessions: Sessions, *, seconds: int) -> dict[str, float]:
    """Commits order after order at the rate; when each was committed, by its id."""
    committed: dict[str, float] = {}
    began = time.perf_counter()
    for number, batch in enumerate(batches(seconds)):
        due = began + number * EVENTS_OF_AN_ORDER / EVENTS_PER_S
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        async with sessions() as session:
            outbox.record_many(session, batch)
            await commit(session)
        committed[batch[0].aggregate_id()] = time.perf_counter()
    return committed


async def hear(kafka: AIOKafkaConsumer, heard: dict[str, float]) -> None:
    """When the first reward of each order was on Kafka."""
    async for record in kafka:
        kind = dict(record.headers).get("ce_type", b"").decode()
        if kind == RewardAccrued.__name__:
            reward = RewardAccrued.from_bytes(record.value)
            heard.setdefault(str(reward.order_id), time.perf_counter())


async def measure(sessions: Sessions, servers: Servers, prefix: str, *, seconds: int) -> list[float]:
    """Seconds from commit to reward of each order after the warm-up, sorted."""
    kafka = AIOKafkaConsumer(prefix + "rewards.v1", bootstrap_servers=servers.kafka, auto_offset_reset="earliest")
    await kafka.start()
    heard: dict[str, float] = {}
    hearing = asyncio.create_task(hear(kafka, heard))
    try:
        committed = await place(sessions, seconds=seconds)

        async def all_heard() -> bool:
            return committed.keys() <= heard.keys()

        await until(all_heard, within_s=ARRIVES_WITHIN_S)
    finally:
        hearing.cancel()
        await kafka.stop()
    counted = list(committed)[EVENTS_PER_S * WARM_UP_S // EVENTS_OF_AN_ORDER :]
    return sorted(heard[order] - committed[order] for order in counted)


async def main(seconds: int, servers: Servers) -> None:
    collect_seldom()
    postgres, prefix = TestPostgres(servers.admin_url), f"bench-{secrets.token_hex(3)}."
    topics = declared_topics(prefix=prefix)
    await create_topics(servers.kafka, topics=topics)
    try:
        with ExitStack() as stack:
            logs = Path(stack.enter_context(TemporaryDirectory(prefix="mainstay-bench-")))
            urls = {service: await postgres.create_database(service) for service in ("pricing", "rewards")}
            engines = {service: create_async_engine(async_url(url)) for service, url in urls.items()}
            await make_known(make_sessions(engines["rewards"], service="rewards"))
            for service, url in urls.items():
                port = ports.free_port()
                told = {
                    "DATABASE_URL": url,
                    "KAFKA_BOOTSTRAP_SERVERS": servers.kafka,
                    "TOPIC_PREFIX": prefix,
                    "GROUP_PREFIX": prefix,
                    "PROBE_PORT": str(port),
                }
                worker = f"services.{service}.worker"
                stack.enter_context(process(worker, port=port, environment=told, log=logs / f"{service}.log"))
            async with running_notifier(urls["pricing"]) as notifier:
                sessions = make_sessions(engines["pricing"], service="pricing", wake=notifier.wake)
                took = await measure(sessions, servers, prefix, seconds=seconds)
            for engine in engines.values():
                await engine.dispose()
    finally:
        await postgres.remove_everything()
        await delete_topics(servers.kafka, names=[topic.name for topic in topics])
    for share, name in ((0.5, "p50"), (0.99, "p99")):
        print(f"order_to_reward_{name}_ms {1000 * took[int(share * (len(took) - 1))]:.0f}")


if __name__ == "__main__":
    with bench_servers() as servers:
        uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20, servers))
