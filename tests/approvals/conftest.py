"""A migrated database of approvals for each test module, its sessions, and the house's policies as committed."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances
from services.approvals.settings import ApprovalsSettings
from shared.db.engine import make_engine
from shared.db.session import Sessions, make_sessions
from shared.policy.loader import load_pack
from shared.policy.plan import Numbered, Plans, compile_plans
from shared.policy.registry import load_registry
from tests.approvals.build import START

PACK = Path(__file__).parents[2] / "deploy" / "policies"


@pytest.fixture(scope="module", autouse=True)
def plain_tracebacks() -> Iterator[None]:
    """The default draws every local value into a traceback, compiled policies included: seconds for each."""
    before = structlog.get_config()
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[plain])
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def plans() -> Plans:
    """The house's policies, version 1 each."""
    return compile_plans([Numbered(placed.document) for placed in load_pack(PACK)], load_registry())


@pytest.fixture
def at(plans: Plans) -> Callable[..., Circumstances]:
    """`at()` is the story's 3 March 2021; `at(moment)` another one."""

    def circumstances(now: datetime = START) -> Circumstances:
        return Circumstances(now, "Africa/Kinshasa", plans)

    return circumstances


@pytest_asyncio.fixture(scope="module")
async def sessions(service_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Sessions]:
    """The module's own database."""
    engine = make_engine(ApprovalsSettings(database_url=await service_database("approvals"), database_pool_size=20))
    yield make_sessions(engine, service="approvals")
    await engine.dispose()


@pytest_asyncio.fixture
async def session(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """One transaction, undone at the end of the test."""
    async with sessions() as opened:
        yield opened
        await opened.rollback()
