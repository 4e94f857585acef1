"""A relay or a reader as a process of its own, so that it can be killed: `python -m tests.shared.pipe.child relay`."""

import asyncio
import os
import signal
import sys

from sqlalchemy.ext.asyncio import create_async_engine

from shared.clock import LiveClock
from shared.db.engine import async_url
from shared.db.session import make_sessions
from shared.kafka import Broker
from shared.relay import RelayMustRestart
from shared.worker import Exit
from tests.shared.pipe.notes import note_keeper
from tests.shared.pipe.seeded import READERS, RELAYS

ACKNOWLEDGED_WITHIN_S = 3.0
BATCH = 20  # small, so that a kill meets many batches


async def run_relay(database_url: str, broker: Broker, stopping: asyncio.Event, *, bug: str) -> Exit:
    try:
        relay = RELAYS[bug](
            database_url=database_url, broker=broker, batch_size=BATCH, acknowledged_within_s=ACKNOWLEDGED_WITHIN_S
        )
        await relay.run(stopping)
    except RelayMustRestart as unsure:
        print(unsure, file=sys.stderr)
        return Exit.START_ME_AGAIN
    return Exit.STOPPED


async def run_reader(database_url: str, broker: Broker, stopping: asyncio.Event, *, bug: str) -> Exit:
    engine = create_async_engine(async_url(database_url))
    how = dict(READERS[bug])
    reader = how.pop("class")(
        note_keeper(batch_size=BATCH),
        sessions=make_sessions(engine, service="pricing"),
        clock=LiveClock(),
        broker=broker,
        replica=os.environ.get("REPLICA", "0"),
        **how,
    )
    await reader.run(stopping)
    await engine.dispose()
    return Exit.STOPPED


async def main(role: str) -> Exit:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    said = os.environ
    broker = Broker(said["KAFKA_BOOTSTRAP_SERVERS"], said["TOPIC_PREFIX"], said["GROUP_PREFIX"])
    run = {"relay": run_relay, "reader": run_reader}[role]
    return await run(said["DATABASE_URL"], broker, stopping, bug=said.get("SEEDED_BUG", ""))


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1])))
