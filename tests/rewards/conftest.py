"""A rewards database for each test, bare or behind the running service."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest_asyncio

from services.rewards.accrual.policies import PublishedBenefits
from services.rewards.app import make_app
from services.rewards.consumers import accrues_by
from services.rewards.settings import RewardsSettings
from shared.db.session import Sessions, commit
from shared.events.envelope import Event
from shared.policy.seed import pack_of, seed_pack
from tests.rewards import facts_told as said
from tests.rewards.accounts_kept import PACK
from tests.rewards.books_kept import Kept, kept_in, received
from tests.servers import TestPostgres, fresh_database
from tests.serving import Caller, Issuer, employ, serving


@pytest_asyncio.fixture
async def kept(postgres: TestPostgres) -> AsyncIterator[Kept]:
    async with fresh_database(postgres, "rewards") as url, kept_in(url) as opened:
        yield opened


@dataclass
class Rewards:
    """The running service; `told` is what its consumer would apply."""

    client: httpx2.AsyncClient
    issuer: Issuer
    sessions: Sessions

    def caller(self, user_id: str) -> Caller:
        return Caller(self.client, self.issuer.token(user_id))

    async def told(self, *events: Event, now: datetime) -> None:
        async with self.sessions() as session:
            batch = [received(event, now) for event in events]
            await accrues_by(PublishedBenefits())(session, batch)
            await commit(session)

    async def at(self, when: str) -> None:
        moved = await self.caller("admin").put("/v1/clock", {"now": f"{when}:00Z"})
        assert moved.status_code == 200, moved.text


@pytest_asyncio.fixture
async def rewards(postgres: TestPostgres) -> AsyncIterator[Rewards]:
    issuer = Issuer()
    async with fresh_database(postgres, "rewards") as url:
        settings = RewardsSettings(
            database_url=url,
            jwks_url=issuer.jwks,
            clock_profile="story",
            story_clock_start=datetime(2021, 3, 1, tzinfo=UTC),
        )
        app = make_app(settings)
        async with serving(app) as client:
            sessions = app.state.mainstay.sessions
            async with sessions() as session:
                begun = datetime(2020, 1, 1, tzinfo=UTC)
                for service in ("accounts", "pricing", "approvals", "rewards"):
                    pack = pack_of(PACK.parent, service)
                    await seed_pack(session, service=service, documents=pack, now=begun)
                await employ(session, said.REP, ("account_rep", "kinshasa"))
                await employ(session, "other", ("account_rep", "lubumbashi"))
                await employ(session, "finance", "finance")
                await employ(session, "admin", "admin")
                await commit(session)
            yield Rewards(client, issuer, sessions)


async def items(caller: Caller, path: str) -> list[dict[str, Any]]:
    answer = await caller.get(path)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])
