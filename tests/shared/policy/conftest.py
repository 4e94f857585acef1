"""A database of the rewards service; what a test writes in its session is undone after it."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from shared.db.engine import async_url
from tests.shared.policy.house import seed_house


@pytest_asyncio.fixture(scope="module")
async def engine(service_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[AsyncEngine]:
    made = create_async_engine(async_url(await service_database("rewards")))
    yield made
    await made.dispose()


@pytest_asyncio.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A transaction on an empty database that never becomes true."""
    async with engine.connect() as connection:
        outer = await connection.begin()
        async with AsyncSession(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint", info={"service": "rewards"}
        ) as opened:
            yield opened
        await outer.rollback()


@pytest_asyncio.fixture
async def house(session: AsyncSession) -> AsyncSession:
    """The same, with the pack of every service known and every role held."""
    await seed_house(session)
    return session
