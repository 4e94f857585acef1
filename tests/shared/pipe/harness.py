"""Plays events through processes that die, and says what was lost, doubled or out of order."""

import asyncio
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from os import environ

from aiokafka import AIOKafkaConsumer
from sqlalchemy import text

from shared import outbox
from shared.db.session import Sessions, commit
from shared.events.envelope import read_envelope
from shared.kafka import Broker
from shared.messages import header_texts
from tests.shared.pipe.build import order_paid
from tests.shared.pipe.notes import noted
from tests.shared.pipe.waiting import NotReached, until

ORDERS, EVENTS_EACH = 12, 20


@dataclass
class Processes:
    """Children that are started again whenever they end, as a supervisor does."""

    environment: dict[str, str]
    running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    starts: Counter[str] = field(default_factory=Counter)
    _keepers: list[asyncio.Task[None]] = field(default_factory=list)

    def keep(self, name: str, role: str, *, first: dict[str, str] | None = None, **always: str) -> None:
        """Start `role` and start it again when it ends; `first` is only in the first one's environment."""
        self._keepers.append(asyncio.create_task(self._keep(name, role, first or {}, always)))

    async def _keep(self, name: str, role: str, first: dict[str, str], always: dict[str, str]) -> None:
        while True:
            once = {} if self.starts[name] else first
            self.running[name] = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "tests.shared.pipe.child", role),
                env=environ | self.environment | always | once,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            self.starts[name] += 1
            await self.running[name].wait()

    async def stop(self) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for process in self.running.values():
            if process.returncode is None:
                process.kill()
                await process.wait()


@asynccontextmanager
async def processes(database_url: str, broker: Broker) -> AsyncIterator[Processes]:
    said = {
        "DATABASE_URL": database_url,
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "TOPIC_PREFIX": broker.topic_prefix,
        "GROUP_PREFIX": broker.group_prefix,
    }
    started = Processes(said)
    try:
        yield started
    finally:
        await started.stop()


async def record_orders(sessions: Sessions, *, orders: int = ORDERS, events_each: int = EVENTS_EACH) -> None:
    """`events_each` transactions, each with one event of every order."""
    for _ in range(events_each):
        async with sessions() as session:
            outbox.record_many(
                session, (order_paid(order_id=f"order-{n}", account_id=f"account-{n % 5}") for n in range(orders))
            )
            await commit(session)


@dataclass(frozen=True)
class Verdict:
    """What became of the events of the database; all empty when the pipe kept its promise."""

    lost: int
    doubled: int
    disordered_effects: list[str]
    disordered_topic: list[str]

    @property
    def is_green(self) -> bool:
        return not (self.lost or self.doubled or self.disordered_effects or self.disordered_topic)


async def verdict(sessions: Sessions, broker: Broker, *, within_s: float = 120) -> Verdict:
    """Wait until every event had its effect, or until nothing moves any more, and judge."""
    expected = await _recorded(sessions)

    async def all_effects() -> bool:
        return set(await noted(sessions)) >= expected and not await _waiting(sessions)

    with suppress(NotReached):
        await until(all_effects, within_s=within_s)
    effects = await noted(sessions)
    return Verdict(
        lost=len(expected - set(effects)),
        doubled=sum(count - 1 for count in Counter(effects).values()),
        disordered_effects=_disordered(effects),
        disordered_topic=_disordered(await _first_occurrences(broker)),
    )


async def _recorded(sessions: Sessions) -> set[tuple[str, int]]:
    async with sessions() as session:
        numbers = await session.execute(text("SELECT aggregate_id, seq FROM aggregate_sequence"))
        return {(row.aggregate_id, sequence) for row in numbers for sequence in range(1, row.seq + 1)}


async def _waiting(sessions: Sessions) -> int:
    async with sessions() as session:
        return int(await session.scalar(text("SELECT count(*) FROM outbox")) or 0)


def _disordered(events: list[tuple[str, int]]) -> list[str]:
    """Aggregates whose sequences do not rise."""
    by_order: dict[str, list[int]] = defaultdict(list)
    for order, sequence in dict.fromkeys(events):
        by_order[order].append(sequence)
    return sorted(order for order, sequences in by_order.items() if sequences != sorted(sequences))


async def _first_occurrences(broker: Broker) -> list[tuple[str, int]]:
    """What lies on the topic, each event where it first appears."""
    kafka = AIOKafkaConsumer(
        broker.topic("orders.v1"), bootstrap_servers=broker.bootstrap_servers, auto_offset_reset="earliest"
    )
    await kafka.start()
    try:
        ends = await kafka.end_offsets(kafka.assignment())
        found: list[tuple[str, int]] = []
        while any([await kafka.position(partition) < end for partition, end in ends.items()]):
            for records in (await kafka.getmany(timeout_ms=200)).values():
                envelopes = [read_envelope(header_texts(record.headers)) for record in records]
                found += [(envelope.aggregate_id, envelope.sequence) for envelope in envelopes]
        return list(dict.fromkeys(found))
    finally:
        await kafka.stop()
