"""The accounts service with everybody at his desk."""

import pytest_asyncio

from tests.accounts.conftest import Accounts
from tests.accounts.programmes_house import House, open_house


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(accounts: Accounts) -> House:
    return await open_house(accounts)
