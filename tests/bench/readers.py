"""Rewards' readers as they run in production, a process each, that stand still until the clock runs."""

import asyncio
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from typing import Any

import uvloop
from aiokafka import TopicPartition
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from services.rewards.accrual.policies import PublishedBenefits
from services.rewards.consumers import TOPICS, accrues_by
from shared import inbox
from shared.clock import LiveClock
from shared.consumer import Consumer
from shared.cycles import collect_seldom
from shared.db.engine import async_url
from shared.db.session import make_sessions
from shared.kafka import Broker
from shared.kafka_reader import KafkaReader

LOOK_AGAIN_S = 0.01


@dataclass(frozen=True)
class Reading:
    """What one reader reads and writes, and what tells it when."""

    database_url: str
    broker: Broker
    replica: str
    go: Event
    stop: Event
    told: "Queue[tuple[str, int]]"
    spent: "Queue[float]"


class Readers:
    """The running readers of one group. They tell their share of the partitions, and at the end their CPU time."""

    def __init__(self, count: int, go: Event, told: "Queue[tuple[str, int]]") -> None:
        self._count, self._go, self._told = count, go, told
        self.cpu_s = 0.0

    def wait_until_all_joined(self, partitions: int) -> None:
        """Return when together they hold the partitions, each some."""
        shares: dict[str, int] = {}
        while len(shares) < self._count or not all(shares.values()) or sum(shares.values()) != partitions:
            replica, share = self._told.get(timeout=60)
            shares[replica] = share

    def let_go(self) -> None:
        self._go.set()

    def hold(self) -> None:
        self._go.clear()


@contextmanager
def running_readers(count: int, database_url: str, broker: Broker) -> Iterator[Readers]:
    """Started and let go; they leave the group at the end, and `cpu_s` then says what they used since `hold`."""
    spawning = get_context("spawn")
    go, stop, told, spent = spawning.Event(), spawning.Event(), spawning.Queue(), spawning.Queue()
    given = [Reading(database_url, broker, str(replica), go, stop, told, spent) for replica in range(count)]
    started = [spawning.Process(target=_read, args=(one,)) for one in given]
    readers = Readers(count, go, told)
    readers.let_go()
    for process in started:
        process.start()
    try:
        yield readers
    finally:
        stop.set()
        readers.cpu_s = sum(spent.get(timeout=60) for _ in started)
        for process in started:
            process.join()


class _Member(KafkaReader):
    """Tells whenever its share of the partitions changes."""

    def __init__(self, reading: Reading, **more: Any) -> None:
        super().__init__(**more, broker=reading.broker, replica=reading.replica)
        self._reading = reading

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        await super().on_partitions_assigned(assigned)
        self._reading.told.put((self._reading.replica, len(assigned)))


def _read(reading: Reading) -> None:
    collect_seldom()
    uvloop.run(_read_until_stopped(reading))


async def _read_until_stopped(reading: Reading) -> None:
    cpu_s = time.process_time()

    async def take_when_let_go(session: AsyncSession, *given: Any, **more: Any) -> dict[str, int]:
        nonlocal cpu_s
        while not reading.go.is_set():
            await asyncio.sleep(LOOK_AGAIN_S)
            cpu_s = time.process_time()
        return await inbox.take(session, *given, **more)

    engine = create_async_engine(async_url(reading.database_url))
    reader = _Member(
        reading,
        consumer=Consumer(service="rewards", topics=TOPICS, handler=accrues_by(PublishedBenefits())),
        sessions=make_sessions(engine, service="rewards"),
        clock=LiveClock(),
        take=take_when_let_go,
    )
    stopping = asyncio.Event()
    running = asyncio.create_task(reader.run(stopping))
    await asyncio.to_thread(reading.stop.wait)
    stopping.set()
    await running
    reading.spent.put(time.process_time() - cpu_s)
    await engine.dispose()
