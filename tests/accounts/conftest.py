"""The accounts service with its own issuer and a bootstrapped administrator."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI

from services.accounts.app import make_app
from services.accounts.identity.bootstrap import create_first_administrator
from services.accounts.settings import AccountsSettings
from shared.clock import system_now
from shared.db.session import commit
from shared.policy.seed import pack_of, seed_pack
from tests.serving import Caller, serving

PACK = Path(__file__).resolve().parents[2] / "deploy" / "policies"
PASSWORD = "a long enough password"
_numbers = count(1)


@dataclass
class Accounts:
    app: FastAPI
    client: httpx2.AsyncClient
    settings: AccountsSettings
    admin_id: str

    @property
    def sessions(self) -> Any:
        return self.app.state.mainstay.sessions

    async def log_in(self, login: str, password: str = PASSWORD) -> httpx2.Response:
        asked = {"grant_type": "password", "username": login, "password": password}
        return await self.client.post("/v1/token", json=asked)

    async def caller(self, login: str) -> Caller:
        answer = await self.log_in(login)
        assert answer.status_code == 200, answer.text
        return Caller(self.client, answer.json()["access_token"])

    async def admin(self) -> Caller:
        return await self.caller("admin")

    async def new_user(self, *roles: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """A user with the roles, made by the administrator as everybody is."""
        admin = await self.admin()
        login = f"user{next(_numbers)}"
        proof = {} if fields.get("kind") == "machine" else {"login": login, "password": PASSWORD}
        made = await admin.post("/v1/users", {"name": login, **proof, **fields})
        assert made.status_code == 201, made.text
        for role in roles:
            given = await admin.post(f"/v1/users/{made.json()['user_id']}/roles", {"valid_from": "2000-01-01", **role})
            assert given.status_code == 201, given.text
        return dict(made.json())


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def accounts(
    service_database: Callable[[str], Awaitable[str]], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Accounts]:
    settings = AccountsSettings(
        database_url=await service_database("accounts"),
        anonymous_rate_limit_burst=100_000,
        rate_limit_burst=100_000,
        files_path=tmp_path_factory.mktemp("files"),
    )
    app = make_app(settings)
    async with serving(app) as client:
        async with app.state.mainstay.sessions() as session:
            branches = [document for document in pack_of(PACK, "accounts") if document.id == "branches"]
            await seed_pack(session, service="accounts", documents=branches, now=system_now())
            admin_id = await create_first_administrator(session, login="admin", password=PASSWORD, now=system_now())
            await commit(session)
        yield Accounts(app, client, settings, admin_id)
