"""The pack published, a caller for each role that keeps dossiers, and how to open one."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest_asyncio

from shared.db.session import commit
from shared.policy.seed import pack_of, seed_pack
from tests.accounts.conftest import PACK, Accounts
from tests.serving import Caller

ROLES = {
    "rep": {"role": "account_rep", "branch": "kinshasa"},
    "other_rep": {"role": "account_rep", "branch": "lubumbashi"},
    "kam": {"role": "key_account_manager"},
    "finance": {"role": "finance"},
    "market": {"role": "department_head", "department": "market_development"},
    "auditor": {"role": "auditor"},
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def people(accounts: Accounts) -> dict[str, Caller]:
    async with accounts.sessions() as session:
        now = accounts.app.state.mainstay.clock.now()
        await seed_pack(session, service="accounts", documents=pack_of(PACK, "accounts"), now=now)
        await commit(session)
    return {name: await accounts.caller((await accounts.new_user(role))["login"]) for name, role in ROLES.items()}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ids(people: dict[str, Caller]) -> dict[str, str]:
    """The user id of each of them."""
    return {name: (await caller.get("/v1/me")).json()["user_id"] for name, caller in people.items()}


Open = Callable[..., Awaitable[dict[str, Any]]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def opened(people: dict[str, Caller]) -> Open:
    """`await opened(phone="…")`: a dossier of the rep's branch, with little in it."""

    async def open_one(**fields: Any) -> dict[str, Any]:
        least = {"legal_name": "Ngaliema SARL", "branch": "kinshasa", "channel": "dealer", "sales_class": "wholesale"}
        answer = await people["kam"].post("/v1/accounts", {**least, **fields})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    return open_one
