"""What fails on the driver itself is told as SQLAlchemy tells it: a busy database is one, and a mistake is one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from shared.db.driver import copy_rows, fetch_value
from shared.db.engine import async_url
from shared.db.session import Sessions, make_sessions
from shared.errors import TemporarilyUnavailable, ValidationProblem
from shared.faults import is_lock_timeout, is_transient, met_time_limit
from shared.http.problems import as_problem

RATES = "exchange_rate"


@pytest_asyncio.fixture(scope="module")
async def sessions(service_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Sessions]:
    """Sessions that wait for a lock no longer than a tenth of a second."""
    limits = {"server_settings": {"lock_timeout": "100"}}
    engine = create_async_engine(async_url(await service_database("pricing")), connect_args=limits)
    yield make_sessions(engine, service="pricing")
    await engine.dispose()


async def failure(session: AsyncSession, asking: Callable[[], Awaitable[Any]]) -> DBAPIError:
    await session.execute(text("SELECT 1"))
    with pytest.raises(DBAPIError) as failed:
        await asking()
    await session.rollback()
    assert await session.scalar(text("SELECT 1")) == 1  # the connection is as good as before
    return failed.value


@pytest.mark.parametrize("copying", [False, True], ids=["while it reads", "while it copies"])
async def test_a_lock_timeout_on_the_driver_passes_by_itself(sessions: Sessions, copying: bool) -> None:
    async with sessions() as other, sessions() as session:
        await other.execute(text(f"LOCK TABLE {RATES} IN ACCESS EXCLUSIVE MODE"))

        async def ask() -> None:
            if copying:
                await copy_rows(session, RATES, ["base"], [("USD",)])
            else:
                await fetch_value(session, f"SELECT count(*) FROM {RATES}")

        failed = await failure(session, ask)
        await other.rollback()
    assert (is_transient(failed), met_time_limit(failed), is_lock_timeout(failed)) == (True, True, True)
    assert isinstance(as_problem(failed), TemporarilyUnavailable)


async def test_a_zero_byte_given_to_the_driver_is_the_senders_mistake(sessions: Sessions) -> None:
    async with sessions() as session:
        failed = await failure(session, lambda: fetch_value(session, "SELECT $1::text", "a\x00b"))
    assert not is_transient(failed)
    assert isinstance(as_problem(failed), ValidationProblem)


async def test_a_value_that_the_driver_cannot_write_is_not_tried_for_ever(sessions: Sessions) -> None:
    async with sessions() as session:
        failed = await failure(session, lambda: fetch_value(session, "SELECT $1::int", 2**40))
        assert not is_transient(failed)
        failed = await failure(session, lambda: fetch_value(session, "SELECT $1::text", "\ud800"))
        assert not is_transient(failed)


async def test_a_copied_row_that_breaks_a_rule_of_the_table_says_so(sessions: Sessions) -> None:
    async with sessions() as session:
        failed = await failure(session, lambda: copy_rows(session, RATES, ["base"], [("USD",)]))
    assert isinstance(failed, IntegrityError)


async def test_a_connection_that_ends_under_the_driver_passes_by_itself(sessions: Sessions) -> None:
    async with sessions() as session:
        await session.execute(text("SELECT 1"))
        with pytest.raises(DBAPIError) as failed:
            await fetch_value(session, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert is_transient(failed.value)
    assert isinstance(as_problem(failed.value), TemporarilyUnavailable)
    async with sessions() as session:
        assert await session.scalar(text("SELECT 1")) == 1
