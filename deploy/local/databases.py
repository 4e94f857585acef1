"""One role and one database for each service, which no other service may enter."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import asyncpg

SERVICES = ("accounts", "pricing", "approvals", "rewards")


@dataclass(frozen=True)
class ServiceDatabase:
    name: str
    url: str


def plain(url: str) -> str:
    """The URL for asyncpg itself, without SQLAlchemy's driver name."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


async def create_databases(
    admin_url: str, *, prefix: str, services: Iterable[str] = SERVICES
) -> dict[str, ServiceDatabase]:
    """Make what is missing of role and database `<prefix><service>`; each start gives the roles a fresh password."""
    connection = await asyncpg.connect(plain(admin_url))
    try:
        return {service: await _create(connection, admin_url, name=prefix + service) for service in services}
    finally:
        await connection.close()


async def drop_databases(admin_url: str, *, names: Iterable[str]) -> None:
    """Remove databases with their roles, ending whoever is still connected; what is not there is no error."""
    connection = await asyncpg.connect(plain(admin_url))
    try:
        for name in names:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            await connection.execute(f'DROP ROLE IF EXISTS "{name}"')
    finally:
        await connection.close()


async def _create(connection: asyncpg.Connection, admin_url: str, *, name: str) -> ServiceDatabase:
    password = secrets.token_urlsafe(24)
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name):
        await connection.execute(f'CREATE ROLE "{name}" LOGIN')
    await connection.execute(f"ALTER ROLE \"{name}\" PASSWORD '{password}'")
    if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        await connection.execute(
            f'CREATE DATABASE "{name}" OWNER "{name}" TEMPLATE template0 ENCODING \'UTF8\''
            " LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
        )
        await connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
    return ServiceDatabase(name, url_of(admin_url, role=name, password=password, database=name))


def url_of(admin_url: str, *, role: str, password: str, database: str) -> str:
    parts = urlsplit(plain(admin_url))
    place = f"{parts.hostname}:{parts.port or 5432}"
    return urlunsplit(("postgresql+asyncpg", f"{role}:{password}@{place}", f"/{database}", parts.query, ""))
