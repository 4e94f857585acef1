"""The two Kafka clients, set up so that nothing acknowledged is lost and nothing is skipped."""

from __future__ import annotations

from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.coordinator.assignors.range import RangePartitionAssignor

from shared.settings import ServiceSettings


@dataclass(frozen=True, slots=True)
class Broker:
    """Where Kafka is, and what is put before the names of topics and groups."""

    bootstrap_servers: str
    topic_prefix: str = ""
    group_prefix: str = ""

    @classmethod
    def of(cls, settings: ServiceSettings) -> Broker:
        return cls(settings.kafka_bootstrap_servers, settings.topic_prefix, settings.group_prefix)

    def topic(self, name: str) -> str:
        return self.topic_prefix + name

    def name_of(self, topic: str) -> str:
        return topic.removeprefix(self.topic_prefix)


def make_producer(broker: Broker, *, request_timeout_s: float = 10) -> AIOKafkaProducer:
    """Idempotent, every replica acknowledges. One that has failed once is never used again (aiokafka#1101, #1017)."""
    return AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap_servers,
        enable_idempotence=True,
        acks="all",
        max_batch_size=262_144,
        max_request_size=1_048_576,
        request_timeout_ms=int(request_timeout_s * 1000),
    )


def make_consumer(broker: Broker, *, group: str, replica: str, batch_size: int) -> AIOKafkaConsumer:
    """Offsets are committed by hand, after the database. Range assignment keeps an account's topics together."""
    return AIOKafkaConsumer(
        bootstrap_servers=broker.bootstrap_servers,
        group_id=broker.group_prefix + group,
        group_instance_id=f"{broker.group_prefix}{group}-{replica}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        partition_assignment_strategy=(RangePartitionAssignor,),
        max_poll_records=batch_size,
        session_timeout_ms=10_000,
        heartbeat_interval_ms=3_000,
        fetch_max_wait_ms=250,
    )
