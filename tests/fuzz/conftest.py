"""The four services in this process, two callers who may do everything, and a little business to refer to."""

import importlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest_asyncio

from deploy.configuration import service_settings
from services.accounts.identity.bootstrap import create_first_administrator
from shared.auth.permissions import permission_table
from shared.db.session import commit
from shared.policy.seed import pack_of, seed_pack
from tests.serving import Caller, Issuer, employ, serving

NOW = datetime(2021, 3, 2, 8, tzinfo=UTC)
PACK = Path(__file__).parents[2] / "deploy" / "policies"
PASSWORD = secrets.token_hex(12)
EVERY_ROLE = [role.name for role in permission_table().roles.values() if role.held_by in {"person", "either"}]


@dataclass(frozen=True)
class Served:
    client: httpx2.AsyncClient
    document: dict[str, Any]
    tokens: tuple[str, ...]


Serve = Callable[[str], Any]


@pytest_asyncio.fixture(loop_scope="session")
async def serve(service_database: Callable[[str], Awaitable[str]], tmp_path: Path) -> Serve:
    """`async with serve("pricing") as served`: the whole service on a database of its own."""
    classes = dict(service_settings())

    @asynccontextmanager
    async def served(service: str) -> AsyncIterator[Served]:
        issuer = Issuer()
        app = importlib.import_module(f"services.{service}.app").make_app(
            classes[service](
                database_url=await service_database(service),
                jwks_url=issuer.jwks,
                files_path=tmp_path,
                clock_profile="story",
                story_clock_start=NOW,
                rate_limit_per_s=1e6,
                rate_limit_burst=1_000_000,
                anonymous_rate_limit_burst=1_000_000,
            )
        )
        async with serving(app) as client:
            async with app.state.mainstay.sessions() as session:
                await seed_pack(session, service=service, documents=pack_of(PACK, service), now=NOW)
                if service == "accounts":
                    await create_first_administrator(session, login="admin", password=PASSWORD, now=NOW)
                else:
                    await employ(session, "maker", *EVERY_ROLE)
                    await employ(session, "checker", *EVERY_ROLE)
                await commit(session)
            tokens = (issuer.token("maker"), issuer.token("checker"))
            yield Served(client, app.openapi(), await _employed_here(client) if service == "accounts" else tokens)

    return served


async def _employed_here(client: httpx2.AsyncClient) -> tuple[str, str]:
    """The accounts service knows its people itself: an administrator gives every role to two."""
    admin = await _logged_in(client, "admin")
    for login in ("maker", "checker"):
        made = await admin.post("/v1/users", {"name": login, "login": login, "password": PASSWORD})
        for role in EVERY_ROLE:
            body = {"role": role, "valid_from": "2000-01-01"}
            await admin.post(f"/v1/users/{made.json()['user_id']}/roles", body)
    return (await _logged_in(client, "maker")).token, (await _logged_in(client, "checker")).token


async def _logged_in(client: httpx2.AsyncClient, login: str) -> Caller:
    asked = {"grant_type": "password", "username": login, "password": PASSWORD}
    answer = await client.post("/v1/token", json=asked)
    assert answer.status_code == 200, answer.text
    return Caller(client, answer.json()["access_token"])
