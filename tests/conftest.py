"""What every test may ask for: a migrated database, a broker, topics of its own."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.settings import LocalSettings
from deploy.topics import create_topics, declared_topics, delete_topics
from tests.servers import TestPostgres, fresh_database, kafka_of_the_session, postgres_of_the_session, story_stack_on


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[TestPostgres]:
    with postgres_of_the_session(given_url=LocalSettings().test_database_url) as server:
        yield server


@pytest_asyncio.fixture(scope="session")
async def postgres(postgres_server: TestPostgres) -> AsyncIterator[TestPostgres]:
    """The session's server: `await postgres.create_database("pricing")` answers a URL."""
    yield postgres_server
    await postgres_server.remove_everything()


@pytest_asyncio.fixture(scope="module")
async def service_database(postgres: TestPostgres) -> AsyncIterator[Callable[[str], Awaitable[str]]]:
    """`await service_database("pricing")`: the URL of a database this test module has for itself (one a service)."""
    async with AsyncExitStack() as opened:
        urls: dict[str, str] = {}

        async def database_of(service: str) -> str:
            if service not in urls:
                urls[service] = await opened.enter_async_context(fresh_database(postgres, service))
            return urls[service]

        yield database_of


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """Bootstrap servers of a real broker, started when the first test asks."""
    with kafka_of_the_session(given_servers=LocalSettings().test_kafka_bootstrap_servers) as servers:
        yield servers


@pytest.fixture(scope="session")
def story_stack(postgres_server: TestPostgres, kafka: str) -> Iterator[dict[str, Any]]:
    """The notes of the whole of Mainstay on a story clock, on this session's servers: four APIs and four workers."""
    with story_stack_on(postgres_server.admin_url, kafka) as notes:
        yield notes


@pytest_asyncio.fixture(scope="module")
async def topic_prefix(kafka: str) -> AsyncIterator[str]:
    """A prefix under which this test module finds every topic of Mainstay, empty; serves for groups too."""
    prefix = f"test-{secrets.token_hex(4)}."
    topics = declared_topics(prefix=prefix)
    await create_topics(kafka, topics=topics)
    yield prefix
    await delete_topics(kafka, names=[topic.name for topic in topics])
