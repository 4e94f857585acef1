"""What an operator watches to know that no event is stuck."""

from prometheus_client import Counter, Gauge
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

EVENTS_RELAYED = Counter("mainstay_events_relayed", "Events the broker acknowledged and the relay marked")
RELAY_IS_LEADER = Gauge("mainstay_relay_leader", "1 while this process is the relay of its database")
UNPUBLISHED = Gauge("mainstay_outbox_unpublished", "Committed events not yet in Kafka")
OLDEST_UNPUBLISHED_S = Gauge("mainstay_outbox_oldest_unpublished_seconds", "Age of the oldest event not yet in Kafka")

EVENTS_TAKEN = Counter("mainstay_events_taken", "Events by what became of them", ["consumer", "outcome"])
EVENTS_UNKNOWN = Counter("mainstay_events_of_unknown_type", "Acknowledged without effect", ["consumer", "type"])
BODIES_DIFFER = Counter("mainstay_events_other_body", "A known event id came with another body: alarm", ["consumer"])
CONSUMER_LAG = Gauge("mainstay_consumer_lag", "Records not yet taken, all partitions", ["consumer"])
CONSUMER_RETRIES = Counter("mainstay_consumer_retries", "Batches tried again in place", ["consumer"])

HELD = Gauge("mainstay_events_held", "Events that wait for an earlier one of their aggregate")
OLDEST_HELD_S = Gauge("mainstay_events_held_oldest_seconds", "Alarm above 60: an event of an aggregate is missing")
OPEN_DEAD_LETTERS = Gauge("mainstay_dead_letters_open", "Events parked until a person decides")

_MEASURED = {
    UNPUBLISHED: "SELECT count(*) FROM outbox",
    OLDEST_UNPUBLISHED_S: "SELECT extract(epoch FROM clock_timestamp() - min(created_at)) FROM outbox",
    HELD: "SELECT count(*) FROM held_event",
    OLDEST_HELD_S: "SELECT extract(epoch FROM clock_timestamp() - min(held_at)) FROM held_event",
    OPEN_DEAD_LETTERS: "SELECT count(*) FROM dead_letter WHERE resolved_at IS NULL",
}


async def measure_pipe(connection: AsyncConnection) -> None:
    """Read from the database what no single process knows."""
    for gauge, query in _MEASURED.items():
        gauge.set(float(await connection.scalar(text(query)) or 0))


def pipe_not_measured() -> None:
    """The database did not answer: an old figure would be a lie."""
    for gauge in _MEASURED:
        gauge.set(float("nan"))
