"""A process knows whether its database is as new as its code, and agrees with the migration tool about it."""

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from deploy.local.databases import SERVICES
from shared.db.migrate import alembic_config, migrate
from shared.db.revisions import heads, heads_reached, revisions
from tests.servers import TestPostgres


@pytest.mark.parametrize("service", SERVICES)
def test_the_newest_revisions_are_those_the_migration_tool_names(service: str) -> None:
    script = ScriptDirectory.from_config(alembic_config(service))
    assert heads(service) == frozenset(script.get_heads())
    assert set(revisions(service)) == {revision.revision for revision in script.walk_revisions()}


@pytest.mark.parametrize("service", SERVICES)
async def test_a_migrated_database_is_as_new_as_the_code(postgres: TestPostgres, service: str) -> None:
    url = await postgres.create_database(service)
    engine = create_async_engine(url)
    assert await heads_reached(engine, service)
    await engine.dispose()
    await postgres.drop_database(url)


async def test_a_database_that_lacks_a_revision_is_not_as_new(postgres: TestPostgres) -> None:
    url = await postgres.create_empty_database("pricing")
    await migrate("pricing", url)
    engine = create_async_engine(url)
    await name_as_present(engine, "mechanisms_0001", "pricing_0001")
    assert not await heads_reached(engine, "pricing")
    await name_as_present(engine, "mechanisms_0002")
    assert not await heads_reached(engine, "pricing")
    await engine.dispose()
    await postgres.drop_database(url)


async def name_as_present(engine: AsyncEngine, *names: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM alembic_version"))
        for name in names:
            await connection.execute(text("INSERT INTO alembic_version VALUES (:name)"), {"name": name})
