"""A service's database is always built by its migrations: the mechanisms' branch and the service's own."""

import asyncio
import importlib
import sys
from collections.abc import Callable

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.db import mechanisms
from shared.db.engine import async_url
from shared.db.revisions import ROOT, version_folders

ONE_MIGRATION_AT_A_TIME = 0x4D41494E  # advisory lock: an API and a worker may both start on an empty database


def service_metadata(service: str) -> list[MetaData]:
    """Every table the service's database should have: the mechanisms' and those of each slice's models.py."""
    database = importlib.import_module(f"services.{service}.database")
    for models in sorted((ROOT / "services" / service).glob("*/models.py")):
        importlib.import_module(f"services.{service}.{models.parent.name}.models")
    base: MetaData = database.Base.metadata
    return [mechanisms.metadata, base]


def alembic_config(service: str) -> Config:
    """Alembic, told where both branches of `service` lie; a revision is a plain file in …/migrations/versions."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "shared" / "db" / "migrations"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(folder) for folder in version_folders(service)))
    config.attributes["service"] = service
    return config


async def migrate(service: str, database_url: str) -> None:
    """Bring the service's database to the newest revision of both branches; safe to call from several processes."""
    await _in_one_transaction(database_url, lambda connection: _upgrade(connection, service))


async def differences(service: str, database_url: str) -> list[object]:
    """What the models say and the migrated database does not, or the other way round; empty when they agree."""
    found: list[object] = []

    def compare(connection: Connection) -> None:
        context = MigrationContext.configure(connection, opts={"compare_server_default": False})
        merged = MetaData()
        for metadata in service_metadata(service):
            for table in metadata.tables.values():
                table.to_metadata(merged)
        found.extend(compare_metadata(context, merged))

    await _in_one_transaction(database_url, compare)
    return found


async def draft_revision(service: str, database_url: str, name: str) -> None:
    """Write the service's next revision from what its models say beyond the (migrated) database."""
    versions = ROOT / "services" / service / "migrations" / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    number = len(list(versions.glob("[0-9]*.py"))) + 1
    config = alembic_config(service)
    config.set_main_option("file_template", f"{number:04}_%%(slug)s")

    def draft(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.revision(
            config,
            message=name,
            autogenerate=True,
            rev_id=f"{service}_{number:04}",
            head=f"{service}@head" if number > 1 else "base",
            branch_label=service if number == 1 else None,
            depends_on="mechanisms_0001" if number == 1 else None,
            version_path=str(versions),
        )

    await _in_one_transaction(database_url, draft)


def _upgrade(connection: Connection, service: str) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_MIGRATION_AT_A_TIME})
    config = alembic_config(service)
    config.attributes["connection"] = connection
    command.upgrade(config, "heads")


async def _in_one_transaction(database_url: str, work: Callable[[Connection], None]) -> None:
    engine = create_async_engine(async_url(database_url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(work)
    finally:
        await engine.dispose()


def main(arguments: list[str]) -> None:
    """`upgrade SERVICE URL` or `draft SERVICE URL NAME`."""
    match arguments:
        case ["upgrade", service, url]:
            asyncio.run(migrate(service, url))
        case ["draft", service, url, name]:
            asyncio.run(draft_revision(service, url, name))
        case _:
            sys.exit("usage: python -m shared.db.migrate upgrade SERVICE URL | draft SERVICE URL NAME")


if __name__ == "__main__":
    main(sys.argv[1:])
