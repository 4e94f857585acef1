"""The databases and topics of an instance are its own, and go when it is told to remove them."""

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.databases import create_databases, drop_databases, plain
from deploy.topics import create_topics, declared_topics, delete_groups, delete_topics
from tests.servers import TestPostgres


async def databases_of(server: TestPostgres) -> set[str]:
    connection = await asyncpg.connect(plain(server.admin_url))
    try:
        return {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
    finally:
        await connection.close()


async def test_each_service_gets_a_database_and_a_removal_leaves_nothing(postgres: TestPostgres) -> None:
    made = await create_databases(postgres.admin_url, prefix="gone_")
    assert {"gone_accounts", "gone_pricing", "gone_approvals", "gone_rewards"} <= await databases_of(postgres)
    await drop_databases(postgres.admin_url, names=[database.name for database in made.values()])
    assert not any(name.startswith("gone_") for name in await databases_of(postgres))


async def test_a_second_start_keeps_the_data_and_renews_the_password(postgres: TestPostgres) -> None:
    first = (await create_databases(postgres.admin_url, prefix="kept_", services=["pricing"]))["pricing"]
    connection = await asyncpg.connect(plain(first.url))
    await connection.execute("CREATE TABLE kept AS SELECT 7 AS figure")
    await connection.close()
    second = (await create_databases(postgres.admin_url, prefix="kept_", services=["pricing"]))["pricing"]
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(plain(first.url))
    connection = await asyncpg.connect(plain(second.url))
    assert await connection.fetchval("SELECT figure FROM kept") == 7
    await connection.close()
    await drop_databases(postgres.admin_url, names=[second.name])


async def test_a_service_cannot_enter_the_database_of_another(postgres: TestPostgres) -> None:
    made = await create_databases(postgres.admin_url, prefix="apart_", services=["pricing", "rewards"])
    foreign = plain(made["pricing"].url).removesuffix("apart_pricing") + "apart_rewards"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(foreign)
    await drop_databases(postgres.admin_url, names=[database.name for database in made.values()])


@pytest.mark.kafka
async def test_topics_have_twelve_partitions_and_are_made_once(kafka: str) -> None:
    topics = declared_topics(prefix="once.")
    assert set(await create_topics(kafka, topics=topics)) == {topic.name for topic in topics}
    assert await create_topics(kafka, topics=topics) == []
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    seen = await admin.describe_topics([topic.name for topic in topics])
    await admin.close()
    assert {topic["topic"]: len(topic["partitions"]) for topic in seen} == {topic.name: 12 for topic in topics}
    await delete_topics(kafka, names=[topic.name for topic in topics])
    assert set(await create_topics(kafka, topics=topics)) == {topic.name for topic in topics}
    await delete_topics(kafka, names=[topic.name for topic in topics])


@pytest.mark.kafka
async def test_groups_under_a_prefix_are_removed_and_others_stay(kafka: str, topic_prefix: str) -> None:
    topic = topic_prefix + "orders.v1"
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    await producer.send_and_wait(topic, b"one", partition=0)
    await producer.stop()
    for group in ("leaving.rewards", "staying.rewards"):
        consumer = AIOKafkaConsumer(
            topic,
            bootstrap_servers=kafka,
            group_id=group,
            group_instance_id=f"{group}-0",  # it keeps its place after it has stopped
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await consumer.start()
        await consumer.getone()
        await consumer.commit()
        await consumer.stop()
    assert await delete_groups(kafka, prefix="leaving.") == ["leaving.rewards"]
    assert await delete_groups(kafka, prefix="leaving.") == []
    assert await delete_groups(kafka, prefix="staying.") == ["staying.rewards"]


async def test_removing_groups_without_a_prefix_is_refused() -> None:
    with pytest.raises(ValueError, match="every group"):
        await delete_groups("127.0.0.1:1", prefix="")


async def test_a_test_database_is_a_copy_at_the_head_of_the_migrations(postgres: TestPostgres) -> None:
    first, second = await postgres.create_database("pricing"), await postgres.create_database("pricing")
    assert first != second
    connection = await asyncpg.connect(plain(second))
    assert await connection.fetchval("SELECT to_regclass('outbox') IS NOT NULL")
    await connection.close()
    await postgres.drop_database(first)
    await postgres.drop_database(second)
