"""Reads the assigned partitions and advances only past what is committed in the database."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from shared import inbox
from shared.clock import Clock
from shared.consumer import Consumer
from shared.db.session import Sessions, commit
from shared.failpoints import failpoint
from shared.faults import is_transient, met_time_limit
from shared.kafka import Broker, make_consumer
from shared.messages import LONGEST_DEFECT, Message, header_texts, read_message, storable
from shared.patience import TRIES_TOGETHER, Patience, TookTooLong
from shared.pipe_metrics import CONSUMER_LAG, CONSUMER_RETRIES, EVENTS_TAKEN
from shared.telemetry import safe_text

POLL_S = 0.5
SWEEP_EVERY_S = 2.0
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 0.05, 5.0
PAUSE_AFTER_S = 5.0
CLOSED_WITHIN_S = 5.0

log = structlog.get_logger(__name__)

Take = Callable[..., Awaitable[dict[str, int]]]


class KafkaReader(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka carries no types
    """One member of a consumer's group. `take` is what a batch's transaction does, `inbox.take` unless a test errs."""

    def __init__(
        self,
        consumer: Consumer,
        *,
        sessions: Sessions,
        clock: Clock,
        broker: Broker,
        replica: str,
        take: Take = inbox.take,
    ) -> None:
        self._consumer = consumer
        self._sessions = sessions
        self._clock = clock
        self._broker = broker
        self._replica = replica
        self._take = take
        self._in_hand = asyncio.Lock()
        self._yielding = asyncio.Event()
        self._stopping = asyncio.Event()
        self._swept_at = 0.0
        self._patience, self._patience_swept = Patience(), Patience()
        self._reached: dict[TopicPartition, int] = {}
        self._kafka: AIOKafkaConsumer

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set: the batch in hand is finished, offsets are committed, the group is left."""
        self._stopping = stopping
        kafka = await self._joined()
        if kafka is None:
            return
        self._kafka = kafka
        try:
            while not stopping.is_set():
                records = await self._kafka.getmany(
                    timeout_ms=int(POLL_S * 1000), max_records=self._consumer.batch_size
                )
                async with self._in_hand:
                    await self.take_in(records)
                    await self._sweep()
        finally:
            with suppress(TimeoutError, KafkaError):
                await asyncio.wait_for(self._kafka.stop(), CLOSED_WITHIN_S)

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """The batch in hand is finished first; one that is only waiting to be retried is given up."""
        self._yielding.set()
        async with self._in_hand:
            pass

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        self._yielding.clear()

    async def take_in(self, records: dict[TopicPartition, list[ConsumerRecord]]) -> None:
        """Take the records in, then say to Kafka how far: never the other way round."""
        assigned = self._kafka.assignment()
        mine = {partition: found for partition, found in records.items() if partition in assigned}
        messages = [self.read(record) for found in mine.values() for record in found]
        if not messages:
            return
        self._reached |= {partition: found[0].offset for partition, found in mine.items()}
        self._measure_lag()  # what is in hand is not taken yet
        if await self._until_taken(messages):
            failpoint("after_db_commit_before_offset_commit")
            offsets = {partition: found[-1].offset + 1 for partition, found in mine.items()}
            await self.commit_offsets(offsets)
            self._reached |= offsets
            self._measure_lag()

    def read(self, record: ConsumerRecord) -> Message:
        return read_message(
            topic=self._broker.name_of(record.topic),
            key=storable((record.key or b"").decode("utf-8", "replace")),
            headers=header_texts(record.headers),
            payload=record.value or b"",
            place=f"{record.partition}/{record.offset}",
        )

    async def commit_offsets(self, offsets: dict[TopicPartition, int]) -> None:
        """Whoever lost the partition or the broker meanwhile reads again, and the inbox knows what it has."""
        with suppress(CommitFailedError, IllegalStateError, KafkaError, TimeoutError):
            await asyncio.wait_for(self._kafka.commit(offsets), CLOSED_WITHIN_S)

    async def _joined(self) -> AIOKafkaConsumer | None:
        """A connected member; waits for a broker that is not up yet. None when stopped."""
        while not self._stopping.is_set():
            kafka = make_consumer(
                self._broker, group=self._consumer.inbox, replica=self._replica, batch_size=self._consumer.batch_size
            )
            kafka.subscribe([self._broker.topic(topic) for topic in self._consumer.topics], listener=self)
            try:
                await kafka.start()
            except KafkaError as unreachable:
                log.warning("kafka_unreachable", error=str(unreachable))
                await kafka.stop()
                await asyncio.sleep(POLL_S)
            else:
                return kafka
        return None

    async def _until_taken(self, messages: Sequence[Message]) -> bool:
        """Whether the batch is committed; False when it was given up for a rebalance or a stop."""
        isolated, attempt, too_slow, since = False, 0, 0, time.monotonic()
        while True:
            try:
                await self._in_one_transaction(messages, self._patience, isolated=isolated)
            except Exception as error:
                if isinstance(error, TookTooLong) or is_transient(error):
                    attempt += 1
                    too_slow += met_time_limit(error)
                    isolated = isolated or too_slow >= TRIES_TOGETHER
                    log.warning(
                        "batch_tried_again",
                        consumer=self._consumer.inbox,
                        attempts=attempt,
                        error=safe_text(error)[:200],
                    )
                    if not await self._back_off(attempt, waited_s=time.monotonic() - since):
                        return False
                elif not isolated:
                    isolated = True
                elif len(messages) > 1:
                    return await self._each_alone(messages)
                else:
                    messages = [_blamed(messages[0], error)]
            else:
                return True

    async def _each_alone(self, messages: Sequence[Message]) -> bool:
        """The commit itself refuses the batch and savepoints didn't tell whose fault it is: one transaction each."""
        for message in messages:
            if not await self._until_taken([message]):
                return False
        return True

    async def _in_one_transaction(self, messages: Sequence[Message], patience: Patience, **how: Any) -> None:
        if patience.given_up:
            how["given_up"] = patience.given_up
        try:
            await self._take_and_commit(messages, **how)
        except TookTooLong as refused:
            patience.lose(refused, at_s=time.monotonic())
            raise
        patience.forget()

    async def _take_and_commit(self, messages: Sequence[Message], **how: Any) -> None:
        # An event written after the clock moved must not be journaled before it: `known_at` would show it too early.
        now = await self._clock.read()
        async with self._sessions() as session:
            tally = await self._take(session, self._consumer, messages, now=now, **how)
            failpoint("before_db_commit")
            await commit(session)
        for outcome, count in tally.items():
            EVENTS_TAKEN.labels(self._consumer.inbox, outcome).inc(count)

    async def _back_off(self, attempt: int, *, waited_s: float) -> bool:
        """Stand still for a moment, longer each time; whether to try again."""
        CONSUMER_RETRIES.labels(self._consumer.inbox).inc()
        longest = min(LONGEST_BACK_OFF_S, FIRST_BACK_OFF_S * 2**attempt)
        delay_s = longest * random.uniform(0.5, 1.0)  # noqa: S311  (spreads retries, guards nothing)
        if waited_s > PAUSE_AFTER_S:
            await self._poll_paused(delay_s)
        else:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._yielding.wait(), delay_s)
        return not self._yielding.is_set() and not self._stopping.is_set()

    async def _poll_paused(self, delay_s: float) -> None:
        """A member that does not poll is put out of its group, so a long wait polls without reading."""
        assigned = self._kafka.assignment()
        self._kafka.pause(*assigned)
        try:
            await self._kafka.getmany(timeout_ms=int(delay_s * 1000))
        finally:
            self._kafka.resume(*(assigned & self._kafka.assignment()))

    async def _sweep(self) -> None:
        """Let held events flow whose predecessor was taken by another process at the same moment."""
        if time.monotonic() - self._swept_at < SWEEP_EVERY_S:
            return
        self._swept_at = time.monotonic()
        try:
            async with self._sessions() as session:
                due = await inbox.due_streams(session, self._consumer)
            if due:
                await self._in_one_transaction((), self._patience_swept, isolated=True, revisit=due)
        except Exception as error:
            if not (isinstance(error, TookTooLong) or is_transient(error)):
                raise
            log.warning("held_events_not_looked_at", error=safe_text(error)[:200])

    def _measure_lag(self) -> None:
        reached = {part: offset for part, offset in self._reached.items() if part in self._kafka.assignment()}
        lag = sum(max(0, (self._kafka.highwater(part) or 0) - offset) for part, offset in reached.items())
        CONSUMER_LAG.labels(self._consumer.inbox).set(lag)


def _blamed(message: Message, error: Exception) -> Message:
    """The message, now known to be what the database does not accept. Raises `error` if it was not even applied."""
    if message.defect is not None:
        raise error
    return replace(message, event=None, defect=storable(safe_text(error))[:LONGEST_DEFECT])
