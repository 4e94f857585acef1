"""The whole pack published, and one caller for each role that ratings need."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from shared.db.session import commit
from shared.ids import new_id
from shared.policy.seed import pack_of, seed_pack
from tests.accounts.conftest import PACK, Accounts
from tests.serving import Caller

ROLES = {
    "rep": {"role": "account_rep", "branch": "kinshasa"},
    "other_rep": {"role": "account_rep", "branch": "lubumbashi"},
    "kam": {"role": "key_account_manager"},
    "auditor": {"role": "auditor"},
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def people(accounts: Accounts) -> dict[str, Caller]:
    async with accounts.sessions() as session:
        now = accounts.app.state.mainstay.clock.now()
        for service in ("accounts", "approvals"):
            await seed_pack(session, service=service, documents=pack_of(PACK, service), now=now)
        await commit(session)
    return {name: await accounts.caller((await accounts.new_user(role))["login"]) for name, role in ROLES.items()}


@pytest.fixture
def opened(people: dict[str, Caller]) -> Callable[[], Awaitable[str]]:
    """A new account's id."""

    async def open_one() -> str:
        body = {"legal_name": "Ngaliema", "branch": "kinshasa", "channel": "dealer", "sales_class": "wholesale"}
        answer = await people["rep"].post("/v1/accounts", {"number": f"N-{new_id()}", **body})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    return open_one


@pytest.fixture
def told(accounts: Accounts) -> Callable[[str, str], Awaitable[list[dict[str, Any]]]]:
    """What was recorded of a type about an aggregate, in its order."""

    async def read(event: str, aggregate_id: str) -> list[dict[str, Any]]:
        query = """SELECT convert_from(payload, 'UTF8')::jsonb AS payload FROM outbox
                   WHERE type = :type AND aggregateid = :id ORDER BY aggregate_seq"""
        async with accounts.sessions() as session:
            return list(await session.scalars(text(query), {"type": event, "id": aggregate_id}))

    return read
