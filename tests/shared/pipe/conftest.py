"""A service's database and sessions, as every test of the pipe needs them."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.topics import create_topics, declared_topics, delete_topics
from shared.db.engine import async_url
from shared.db.session import Sessions, make_sessions
from shared.ids import new_id
from shared.kafka import Broker

EMPTIED = (
    "outbox event_archive feed_head aggregate_sequence inbox stream_position held_event dead_letter journal "
    "journal_fence taken_note"
)


@pytest_asyncio.fixture(scope="module")
async def database_url(service_database: Callable[[str], Awaitable[str]]) -> str:
    """The sender's and the reader's database in one: their tables are apart."""
    return await service_database("pricing")


@pytest_asyncio.fixture(scope="module")
async def module_sessions(database_url: str) -> AsyncIterator[Sessions]:
    engine = create_async_engine(async_url(database_url))
    async with engine.begin() as connection:
        await connection.execute(
            text("CREATE TABLE taken_note (place bigserial, event_id uuid, order_id text, sequence bigint, note text)")
        )
    yield make_sessions(engine, service="pricing")
    await engine.dispose()


@pytest_asyncio.fixture
async def sessions(module_sessions: Sessions) -> Sessions:
    """Sessions on tables that are empty."""
    async with module_sessions() as session:
        await session.execute(text(f"TRUNCATE {EMPTIED.replace(' ', ', ')} RESTART IDENTITY"))
        await session.commit()
    return module_sessions


@pytest_asyncio.fixture
async def broker(kafka: str) -> AsyncIterator[Broker]:
    """Topics and groups of its own for each test: what one leaves behind must not help another."""
    prefix = f"pipe-{new_id().hex[-8:]}."
    topics = [topic for topic in declared_topics(prefix=prefix) if "orders.v1" in topic.name]
    await create_topics(kafka, topics=topics)
    yield Broker(kafka, prefix, prefix)
    await delete_topics(kafka, names=[topic.name for topic in topics])
