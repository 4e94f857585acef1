"""A worker process starts, tells how it is, and ends with a code its supervisor understands."""

import asyncio
import signal
import sys
import urllib.error
import urllib.request
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from os import environ

import asyncpg
import pytest

from deploy.local.databases import plain
from deploy.local.ports import free_port
from shared.db.session import Sessions
from shared.relay import LEADERSHIP
from shared.worker import Exit
from tests.shared.pipe.waiting import until

pytestmark = pytest.mark.kafka


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError:
        return 0, ""


@asynccontextmanager
async def worker(database_url: str, kafka: str, prefix: str, **more: str) -> AsyncIterator[tuple[Process, int]]:
    port = free_port()
    said = {
        "DATABASE_URL": database_url,
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "TOPIC_PREFIX": prefix,
        "GROUP_PREFIX": prefix,
        "PROBE_PORT": str(port),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.pricing.worker", env=environ | said | more, stdout=asyncio.subprocess.DEVNULL
    )

    async def ready() -> bool:
        return (await asyncio.to_thread(get, port, "/readyz"))[0] == 200

    try:
        await until(ready)
        yield process, port
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_worker_tells_how_it_is_and_stops_when_asked(
    sessions: Sessions, database_url: str, kafka: str, topic_prefix: str
) -> None:
    async with worker(database_url, kafka, topic_prefix) as (process, port):
        assert await asyncio.to_thread(get, port, "/livez") == (200, '{"status":"alive"}')
        assert "mainstay_outbox_oldest_unpublished_seconds 0.0" in (await asyncio.to_thread(get, port, "/metrics"))[1]
        assert (await asyncio.to_thread(get, port, "/v1/orders"))[0] == 404
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 15) == Exit.STOPPED


async def test_a_worker_that_loses_its_leadership_asks_to_be_started_again(
    sessions: Sessions, database_url: str, kafka: str, topic_prefix: str
) -> None:
    async with worker(database_url, kafka, topic_prefix) as (process, _):
        connection = await asyncpg.connect(plain(database_url))

        async def leader_ended() -> bool:
            found = await connection.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                LEADERSHIP,
            )
            return bool(found)

        await until(leader_ended)
        await connection.close()
        assert await asyncio.wait_for(process.wait(), 15) == Exit.START_ME_AGAIN


async def test_a_worker_stops_when_asked_while_kafka_is_away(sessions: Sessions, database_url: str) -> None:
    async with worker(database_url, f"127.0.0.1:{free_port()}", "away.") as (process, port):
        assert (await asyncio.to_thread(get, port, "/livez"))[0] == 200
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 15) == Exit.STOPPED
