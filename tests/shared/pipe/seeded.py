"""Bugs that others really had, planted: the harness that does not find them proves nothing."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
from aiokafka import ConsumerRecord, TopicPartition
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import system_now
from shared.consumer import Consumer
from shared.failpoints import failpoint
from shared.kafka_reader import KafkaReader
from shared.messages import Message
from shared.relay import Relay, mark_published, send


class MarksBeforeTheAcknowledgement(Relay):
    async def deliver(self, rows: Sequence[asyncpg.Record]) -> None:
        await mark_published(self._connection, rows, today=system_now().date())
        failpoint("before_send")
        await send(self._producer, self._broker, rows)


class SharesTheRowsWithOtherRelays(Relay):
    """No leader: each takes what the others have not locked."""

    async def _lead(self, stopping: Any) -> bool:
        return True

    async def deliver(self, rows: Sequence[asyncpg.Record]) -> None:
        async with self._connection.transaction():
            mine = await self._connection.fetch(
                "SELECT * FROM outbox ORDER BY pos LIMIT 7 FOR UPDATE SKIP LOCKED",
            )
            if mine:
                failpoint("before_send")
                await send(self._producer, self._broker, mine)
                await mark_published(self._connection, mine, today=system_now().date())


async def take_without_inbox(
    session: AsyncSession, consumer: Consumer, messages: Sequence[Message], *, now: datetime, **_: Any
) -> Counter[str]:
    if messages:
        await consumer.handler(session, [message.received(now=now) for message in messages])
    return Counter(applied=len(messages))


class CommitsTheOffsetFirst(KafkaReader):
    async def take_in(self, records: dict[TopicPartition, list[ConsumerRecord]]) -> None:
        if records:
            await self.commit_offsets({partition: found[-1].offset + 1 for partition, found in records.items()})
        await super().take_in(records)


RELAYS: dict[str, type[Relay]] = {
    "": Relay,
    "marks before the acknowledgement": MarksBeforeTheAcknowledgement,
    "shares the rows with other relays": SharesTheRowsWithOtherRelays,
}
READERS: dict[str, dict[str, Any]] = {
    "": {"class": KafkaReader},
    "no inbox": {"class": KafkaReader, "take": take_without_inbox},
    "commits the offset first": {"class": CommitsTheOffsetFirst},
}
