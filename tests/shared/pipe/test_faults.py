"""Whoever dies, and wherever: nothing is lost, nothing is doubled, order per key is kept; planted bugs are found."""

import asyncio
import random
from contextlib import AbstractContextManager
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text

from deploy.local.databases import plain
from deploy.local.folder import local_folder
from deploy.local.kafka import Broker as KafkaProcess
from deploy.local.kafka import running_kafka
from deploy.local.kafka_runtime import kafka_runtime
from deploy.local.ports import free_port
from deploy.topics import create_topics, declared_topics
from shared.clock import system_now
from shared.db.session import Sessions
from shared.kafka import Broker
from shared.relay import LEADERSHIP, republish
from tests.shared.pipe.harness import processes, record_orders, verdict
from tests.shared.pipe.notes import noted
from tests.shared.pipe.waiting import until

pytestmark = pytest.mark.kafka


@pytest.mark.parametrize("where", ["before_send", "after_send_before_ack", "after_ack_before_mark"])
async def test_a_relay_killed_there_loses_and_doubles_nothing(
    sessions: Sessions, database_url: str, broker: Broker, where: str
) -> None:
    async with processes(database_url, broker) as children:
        children.keep("relay", "relay", first={"FAILPOINT": f"{where}@3"})
        children.keep("reader", "reader")
        await record_orders(sessions)
        assert (await verdict(sessions, broker)).is_green
        assert children.starts["relay"] > 1


@pytest.mark.parametrize("where", ["before_db_commit", "after_db_commit_before_offset_commit"])
async def test_a_reader_killed_there_loses_and_doubles_nothing(
    sessions: Sessions, database_url: str, broker: Broker, where: str
) -> None:
    async with processes(database_url, broker) as children:
        children.keep("relay", "relay")
        children.keep("reader", "reader", first={"FAILPOINT": f"{where}@3"})
        await record_orders(sessions)
        assert (await verdict(sessions, broker)).is_green
        assert children.starts["reader"] > 1


async def test_both_killed_again_and_again_lose_and_double_nothing(
    sessions: Sessions, database_url: str, broker: Broker
) -> None:
    chance = random.Random(3)
    async with processes(database_url, broker) as children:
        children.keep("relay", "relay")
        children.keep("reader", "reader")
        for _ in range(4):
            await record_orders(sessions, events_each=5)
            await asyncio.sleep(chance.uniform(0.3, 1.2))
            children.running[chance.choice(["relay", "reader"])].kill()
        assert (await verdict(sessions, broker)).is_green


async def test_of_two_relays_one_leads_and_the_other_takes_over(
    sessions: Sessions, database_url: str, broker: Broker
) -> None:
    connection = await asyncpg.connect(plain(database_url))

    async def leaders() -> list[int]:
        rows = await connection.fetch(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            LEADERSHIP,
        )
        return [row["pid"] for row in rows]

    async with processes(database_url, broker) as children:
        children.keep("relay", "relay")
        await until(leaders)
        (first,) = await leaders()
        children.keep("other", "relay")
        children.keep("reader", "reader")
        await record_orders(sessions, events_each=5)
        assert await leaders() == [first]
        children.running["relay"].kill()

        async def another_leads() -> bool:
            found = await leaders()
            return bool(found) and found != [first]

        await until(another_leads)
        await record_orders(sessions, events_each=5)
        assert (await verdict(sessions, broker)).is_green
    await connection.close()


async def test_a_leader_that_stood_still_and_lost_its_lock_marks_nothing(
    sessions: Sessions, database_url: str, broker: Broker
) -> None:
    connection = await asyncpg.connect(plain(database_url))
    async with processes(database_url, broker) as children:
        children.keep("zombie", "relay", first={"FAILPOINT": "after_ack_before_mark@2:pause_ms=3000"})
        children.keep("reader", "reader")
        await record_orders(sessions)

        async def first_batch_arrived() -> bool:
            return bool(await noted(sessions))

        await until(first_batch_arrived)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            LEADERSHIP,
        )
        children.keep("heir", "relay")
        assert (await verdict(sessions, broker)).is_green
        assert children.starts["zombie"] >= 1
    await connection.close()


async def test_a_broker_that_lost_all_its_data_is_filled_again_and_nothing_happens_twice(
    sessions: Sessions, database_url: str, tmp_path: Path
) -> None:
    began, port = system_now(), free_port()
    runtime = kafka_runtime(local_folder().path / "kafka", say=print)
    topics = [topic for topic in declared_topics() if "orders.v1" in topic.name]

    def start(name: str) -> AbstractContextManager[KafkaProcess]:
        return running_kafka(tmp_path / name, runtime=runtime, log=tmp_path / f"{name}.log", port=port)

    broker = Broker(f"127.0.0.1:{port}")
    async with processes(database_url, broker) as children:
        with start("before") as first:
            await asyncio.to_thread(first.wait_until_ready)
            await create_topics(broker.bootstrap_servers, topics=topics)
            children.keep("relay", "relay")
            children.keep("reader", "reader")
            await record_orders(sessions, events_each=5)
            assert (await verdict(sessions, broker)).is_green
        await record_orders(sessions, events_each=5)

        async def relay_gave_its_producer_up() -> bool:
            return children.starts["relay"] > 1

        await until(relay_gave_its_producer_up)
        with start("after") as second:
            await asyncio.to_thread(second.wait_until_ready)
            await create_topics(broker.bootstrap_servers, topics=topics)
            await record_orders(sessions, events_each=5)
            await republish(database_url=database_url, broker=broker, since=began)
            found = await verdict(sessions, broker, within_s=90)
            assert (found.lost, found.doubled, found.disordered_effects) == (0, 0, [])


async def test_the_harness_finds_a_relay_that_marks_before_the_acknowledgement(
    sessions: Sessions, database_url: str, broker: Broker
) -> None:
    async with processes(database_url, broker) as children:
        bug = "marks before the acknowledgement"
        children.keep("relay", "relay", first={"FAILPOINT": "before_send@3"}, SEEDED_BUG=bug)
        children.keep("reader", "reader")
        await record_orders(sessions, events_each=5)
        assert (await verdict(sessions, broker, within_s=8)).lost


async def test_the_harness_finds_relays_that_share_the_rows(
    sessions: Sessions, database_url: str, broker: Broker
) -> None:
    async def all_look_for_rows() -> bool:
        async with sessions() as session:
            looking = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND query LIKE '%SELECT pos, event_id%FROM outbox%' AND pid <> pg_backend_pid()"
            )
            return int(await session.scalar(text(looking)) or 0) == 3

    async with processes(database_url, broker) as children:
        for name in ("one", "two", "three"):
            pause = {"FAILPOINT": "before_send:pause_ms=1500"}
            children.keep(name, "relay", first=pause, SEEDED_BUG="shares the rows with other relays")
        await until(all_look_for_rows)
        await record_orders(sessions, events_each=25)
        children.keep("reader", "reader")
        assert (await verdict(sessions, broker)).disordered_topic


async def test_the_harness_finds_a_reader_without_inbox(sessions: Sessions, database_url: str, broker: Broker) -> None:
    async with processes(database_url, broker) as children:
        children.keep("relay", "relay")
        first = {"FAILPOINT": "after_db_commit_before_offset_commit@3"}
        children.keep("reader", "reader", first=first, SEEDED_BUG="no inbox")
        await record_orders(sessions)
        assert (await verdict(sessions, broker)).doubled


async def test_the_harness_finds_a_reader_that_commits_the_offset_first(
    sessions: Sessions, database_url: str, broker: Broker
) -> None:
    async with processes(database_url, broker) as children:
        children.keep("relay", "relay")
        first = {"FAILPOINT": "before_db_commit@3"}
        children.keep("reader", "reader", first=first, SEEDED_BUG="commits the offset first")
        await record_orders(sessions)
        assert (await verdict(sessions, broker, within_s=10)).lost
