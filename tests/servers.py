"""The real PostgreSQL and Kafka of one test session: started once, copied cheaply, gone at the end."""

import asyncio
import re
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from deploy.local.databases import SERVICES, plain, url_of
from deploy.local.folder import local_folder
from deploy.local.kafka import running_kafka
from deploy.local.kafka_runtime import kafka_runtime
from deploy.local.postgres import running_postgres
from mainstay.stage import fresh_stack


@dataclass
class TestPostgres:
    """A server that makes migrated databases: the migrations run once a service, every database is a copy."""

    __test__ = False

    admin_url: str
    _session: str = field(default_factory=lambda: f"test_{secrets.token_hex(3)}")
    _templates: dict[str, asyncio.Task[str]] = field(default_factory=dict)
    _made: int = 0

    async def create_database(self, service: str) -> str:
        """The URL (`postgresql+asyncpg://…`) of a fresh database of `service` at the head of its migrations.

        Its user is the service's own role, as in production, and owns the database.
        """
        template = await self._template(service)
        self._made += 1
        name = f"{self._session}_{service}_{self._made}"
        await self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER "{template}" STRATEGY file_copy')
        return self._url(name, role=template)

    async def create_empty_database(self, service: str) -> str:
        """The same without any migration: for tests of the migrations themselves."""
        self._made += 1
        name = f"{self._session}_{service}_{self._made}"
        await self._create_role(name)
        await self._run(f'CREATE DATABASE "{name}" OWNER "{name}"')
        return self._url(name, role=name)

    async def drop_database(self, url: str) -> None:
        name = url.rsplit("/", 1)[1].partition("?")[0]
        await self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def remove_everything(self) -> None:
        """Drop each database and role of this session: the server may be one that lives longer than the tests."""
        connection = await asyncpg.connect(plain(self.admin_url))
        try:
            mine = re.escape(self._session) + "_%"
            for row in await connection.fetch("SELECT datname FROM pg_database WHERE datname LIKE $1", mine):
                await connection.execute(f'DROP DATABASE "{row["datname"]}" WITH (FORCE)')
            for row in await connection.fetch("SELECT rolname FROM pg_roles WHERE rolname LIKE $1", mine):
                await connection.execute(f'DROP ROLE "{row["rolname"]}"')
        finally:
            await connection.close()

    async def _template(self, service: str) -> str:
        if service not in self._templates:
            self._templates[service] = asyncio.ensure_future(self._build_template(service))
        return await self._templates[service]

    async def _build_template(self, service: str) -> str:
        from shared.db.migrate import migrate

        name = f"{self._session}_{service}"
        await self._create_role(name)
        await self._run(f'CREATE DATABASE "{name}" OWNER "{name}"')
        await migrate(service, self._url(name, role=name))
        return name

    async def _create_role(self, name: str) -> None:
        await self._run(f"CREATE ROLE \"{name}\" LOGIN PASSWORD '{self._session}'")

    def _url(self, name: str, *, role: str) -> str:
        return url_of(self.admin_url, role=role, password=self._session, database=name)

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(plain(self.admin_url))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@contextmanager
def postgres_of_the_session(*, given_url: str) -> Iterator[TestPostgres]:
    """The server at `given_url`, or one of our own that does not wait for the disk and leaves nothing behind."""
    if given_url:
        yield TestPostgres(given_url)
        return
    with _temporary_folder() as folder, running_postgres(folder, log=folder / "postgres.log", durable=False) as server:
        yield TestPostgres(server.admin_url)


@contextmanager
def kafka_of_the_session(*, given_servers: str) -> Iterator[str]:
    """Bootstrap servers of the given broker, or of one of our own; its jars are shared in `.local/`."""
    if given_servers:
        yield given_servers
        return
    runtime = kafka_runtime(local_folder().path / "kafka", say=print)
    with _temporary_folder() as folder, running_kafka(folder, runtime=runtime, log=folder / "kafka.log") as broker:
        yield broker.wait_until_ready()


@contextmanager
def story_stack_on(admin_url: str, kafka: str) -> Iterator[dict[str, Any]]:
    """Everything `make demo` starts, on the given servers and free ports; removed at the end."""
    free = {f"{service.upper()}_{port}": "0" for service in SERVICES for port in ("PORT", "PROBE_PORT")}
    with (
        _temporary_folder() as folder,
        fresh_stack(
            keep=False, LOCAL_DIR=str(folder), DATABASE_URL=admin_url, KAFKA_BOOTSTRAP_SERVERS=kafka, **free
        ) as notes,
    ):
        yield notes


@asynccontextmanager
async def fresh_database(postgres: TestPostgres, service: str) -> AsyncIterator[str]:
    url = await postgres.create_database(service)
    try:
        yield url
    finally:
        await postgres.drop_database(url)


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    # Not pytest's own: it keeps the last three, and takes from others the right to pass through.
    with tempfile.TemporaryDirectory(prefix="mainstay-test-", ignore_cleanup_errors=True) as name:
        yield Path(name)
