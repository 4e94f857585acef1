"""An empty system gets its first administrator and its first policies, once, and never again."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from deploy.local.settings import PROJECT
from services.accounts.identity.bootstrap import AlreadyBootstrapped, create_first_administrator
from services.accounts.identity.repository import any_user_exists
from shared.db.engine import make_engine
from shared.db.session import commit, make_sessions
from shared.policy.seed import pack_of, seed_pack
from shared.settings import ServiceSettings

ADMINISTRATOR = "admin"
PACK = PROJECT / "deploy" / "policies"


async def begin(urls: Mapping[str, str], *, pack: Path, password: str, now: datetime) -> dict[str, int]:
    """Publish the pack as version 1 in each service and make the administrator; `urls` are the databases by service.

    Answers how many policies each service got. Raises `AlreadyBootstrapped` while any user exists. The administrator
    comes last, so that a broken attempt can be made again.
    """
    if not await is_empty(urls["accounts"]):
        raise AlreadyBootstrapped
    seeded = {}
    for service in sorted(urls, key=lambda service: service == "accounts"):
        async with _session(urls[service], service) as session:
            seeded[service] = await seed_pack(session, service=service, documents=pack_of(pack, service), now=now)
            if service == "accounts":
                await create_first_administrator(session, login=ADMINISTRATOR, password=password, now=now)
            await commit(session)
    return seeded


async def is_empty(accounts_url: str) -> bool:
    """Whether nobody is known yet."""
    async with _session(accounts_url, "accounts") as session:
        return not await any_user_exists(session)


@asynccontextmanager
async def _session(url: str, service: str) -> AsyncIterator[AsyncSession]:
    engine = make_engine(ServiceSettings(database_url=url))
    try:
        async with make_sessions(engine, service=service)() as session:
            yield session
    finally:
        await engine.dispose()
