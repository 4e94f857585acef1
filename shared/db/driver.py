"""The driver alone, on the session's own connection and in its transaction: for what SQLAlchemy would slow down.

Its failures are told as SQLAlchemy tells them, so that who knows a lock timeout there knows it here too.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError
from sqlalchemy.ext.asyncio import AsyncSession

_INTEGRITY = "23"
_FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError)


async def fetch_value(session: AsyncSession, sql: str, *values: Any) -> Any:
    """First column of the first row; `$1` is `values[0]`, and JSON comes read. Raises DBAPIError."""
    driver = _driver_of(session)
    try:
        return await driver.fetchval(sql, *values)
    except _FAILURES as error:
        raise await _as_sqlalchemy_tells_it(session, sql, error) from error


async def copy_rows(session: AsyncSession, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Binary COPY; JSON cells are text. Raises DBAPIError."""
    driver = _driver_of(session)
    try:
        await driver.copy_records_to_table(table, columns=columns, records=rows)
    except _FAILURES as error:
        raise await _as_sqlalchemy_tells_it(session, f"COPY {table}", error) from error


def _driver_of(session: AsyncSession) -> Any:
    """The asyncpg connection of a session that has asked something already: its transaction has begun."""
    return session.sync_session.connection().connection.driver_connection


async def _as_sqlalchemy_tells_it(session: AsyncSession, statement: str, error: Exception) -> DBAPIError:
    """A connection that ended is taken out of the pool, or rolling back on it would fail in place of this error."""
    ended = bool(_driver_of(session).is_closed())
    if ended:
        await (await session.connection()).invalidate()
    told = _class_of(error)
    return told(statement, None, error, hide_parameters=True, connection_invalidated=ended)


def _class_of(error: Exception) -> type[DBAPIError]:
    if isinstance(error, asyncpg.PostgresError):
        return IntegrityError if (error.sqlstate or "").startswith(_INTEGRITY) else DBAPIError
    # A value that cannot be written stays so however often it is tried; the others tell of a connection that ended.
    return DBAPIError if isinstance(error, ValueError) else InterfaceError
