"""A rewards database for each test."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.rewards.books_kept import Kept, kept_in
from tests.servers import TestPostgres, fresh_database


@pytest_asyncio.fixture
async def kept(postgres: TestPostgres) -> AsyncIterator[Kept]:
    async with fresh_database(postgres, "rewards") as url, kept_in(url) as opened:
        yield opened
