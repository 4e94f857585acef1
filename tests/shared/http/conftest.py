"""The made-up service on a real database, and callers of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import httpx2
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.http.app import create_app
from shared.settings import ServiceSettings
from tests.serving import Caller, Issuer, employ, serving
from tests.shared.http import probe

ServiceDatabase = Callable[[str], Awaitable[str]]


@dataclass
class Probe:
    """The running service: its app, its database, and callers with a role each."""

    app: FastAPI
    engine: AsyncEngine
    client: httpx2.AsyncClient
    issuer: Issuer
    settings: ServiceSettings

    def caller(self, user_id: str) -> Caller:
        return Caller(self.client, self.issuer.token(user_id))

    @property
    def writer(self) -> Caller:
        """May write and import orders everywhere."""
        return self.caller("writer")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running_probe(service_database: ServiceDatabase) -> AsyncIterator[Probe]:
    issuer = Issuer()
    url = await service_database("pricing")
    settings = ServiceSettings(
        database_url=url,
        jwks_url=issuer.jwks,
        clock_profile="story",
        statement_timeout_ms=1000,
        cors_origins=("https://shop.example",),
    )
    engine = create_async_engine(url)
    await probe.add_table(engine)
    app = create_app(probe.describe(settings))
    async with serving(app) as client:
        async with app.state.mainstay.sessions() as session:
            await employ(session, "writer", "integrator", "key_account_manager")
            await employ(session, "reader", ("branch_finance_manager", "kinshasa"))
            await employ(session, "admin", "admin")
            await employ(session, "nobody")
            await session.commit()
        yield Probe(app, engine, client, issuer, settings)
    await engine.dispose()


@pytest_asyncio.fixture(loop_scope="session")
async def service(running_probe: Probe) -> AsyncIterator[Probe]:
    """The running service without the things of other tests."""
    yield running_probe
    async with running_probe.engine.begin() as connection:
        await connection.execute(delete(probe.thing))
        await connection.execute(text("TRUNCATE outbox, idempotency_key, stream_position"))
