"""An empty system gets its first administrator and its first policies; a newer release adds policies it was without."""

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
from shared.policy.loader import load_pack
from shared.policy.seed import seed_pack
from shared.policy.store import await_turn, read_versions
from shared.settings import ServiceSettings

ADMINISTRATOR = "admin"
PACK = PROJECT / "deploy" / "policies"


async def begin(
    urls: Mapping[str, str], *, pack: Path, password: str, now: datetime, login: str = ADMINISTRATOR
) -> dict[str, int]:
    """Publish the pack as version 1 in each service and make the administrator; `urls` are the databases by service.

    Answers how many policies each service got. Raises `AlreadyBootstrapped` while any user exists. The administrator
    comes last, so that a broken attempt can be made again.
    """
    placed = load_pack(pack)
    documents = {service: [one.document for one in placed if one.service == service] for service in urls}
    seeded = {}
    # Open to the end: whoever else begins the same system waits here, and then finds the administrator.
    async with _session(urls["accounts"], "accounts") as accounts:
        if await any_user_exists(accounts):
            raise AlreadyBootstrapped
        for service in sorted(set(urls) - {"accounts"}):
            async with _session(urls[service], service) as session:
                seeded[service] = await seed_pack(session, service=service, documents=documents[service], now=now)
                await commit(session)
        seeded["accounts"] = await seed_pack(accounts, service="accounts", documents=documents["accounts"], now=now)
        await create_first_administrator(accounts, login=login, password=password, now=now)
        await commit(accounts)
    return seeded


async def add_missing(urls: Mapping[str, str], *, pack: Path, now: datetime) -> dict[str, int]:
    """Publish as version 1 what the pack holds and a service that has begun never had; nothing it has is touched.

    Answers how many policies each service got; one that has none at all has not begun, and gets none.
    """
    placed, added = load_pack(pack), {}
    for service, url in urls.items():
        documents = [one.document for one in placed if one.service == service]
        async with _session(url, service) as session:
            await await_turn(session)
            if any(one.service == service for one in await read_versions(session)):
                added[service] = await seed_pack(session, service=service, documents=documents, now=now)
                await commit(session)
    return {service: count for service, count in added.items() if count}


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
