"""One pool a process, with limits no statement, lock or forgotten transaction can outlive."""

from typing import Any

import orjson
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.settings import ServiceSettings


def async_url(database_url: str) -> str:
    """The same database, spoken to through asyncpg; the password stays readable."""
    return make_url(database_url).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


def plain_url(database_url: str) -> str:
    """The same database as libpq writes it, for asyncpg used bare."""
    return make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)


def make_engine(settings: ServiceSettings) -> AsyncEngine:
    """The engine of one process of a service."""
    return create_async_engine(
        async_url(settings.database_url),
        pool_size=settings.database_pool_size,
        max_overflow=settings.database_pool_overflow,
        pool_timeout=settings.database_pool_wait_s,
        pool_pre_ping=True,
        hide_parameters=True,
        json_serializer=_to_json,
        json_deserializer=orjson.loads,
        connect_args={"server_settings": _session_limits(settings)},
    )


def _session_limits(settings: ServiceSettings) -> dict[str, str]:
    return {
        "application_name": settings.service,
        "timezone": "UTC",
        "statement_timeout": str(settings.statement_timeout_ms),
        "lock_timeout": str(settings.lock_timeout_ms),
        "idle_in_transaction_session_timeout": str(settings.idle_in_transaction_timeout_ms),
    }


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()
