"""The driver alone, on the session's own connection and in its transaction: for what SQLAlchemy would slow down."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession


def driver_of(session: AsyncSession) -> Any:
    """The asyncpg connection of a session that has asked something already: its transaction has begun."""
    return session.sync_session.connection().connection.driver_connection


async def fetch_value(session: AsyncSession, sql: str, *values: Any) -> Any:
    """First column of the first row; `$1` is `values[0]`, and JSON comes read."""
    return await driver_of(session).fetchval(sql, *values)
