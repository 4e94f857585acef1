"""A database is built by its migrations, and these say the same as the models."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.local.databases import SERVICES
from shared.db.migrate import differences, migrate
from shared.db.revisions import heads, heads_reached
from tests.servers import TestPostgres


@pytest.mark.parametrize("service", SERVICES)
async def test_models_and_migrations_agree(postgres: TestPostgres, service: str) -> None:
    url = await postgres.create_database(service)
    assert await differences(service, url) == []
    await postgres.drop_database(url)


async def test_a_difference_is_found(postgres: TestPostgres) -> None:
    url = await postgres.create_database("rewards")
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE person DROP COLUMN manager_id"))
        await connection.execute(text("DROP INDEX ix_role_holding_role"))
        await connection.execute(text("CREATE TABLE leftover (id int)"))
    await engine.dispose()
    found = {entry[0] for entry in await differences("rewards", url) if isinstance(entry, tuple)}
    assert found == {"add_column", "add_index", "remove_table"}
    await postgres.drop_database(url)


async def test_several_processes_may_migrate_at_once_and_again(postgres: TestPostgres) -> None:
    url = await postgres.create_empty_database("approvals")
    await asyncio.gather(*(migrate("approvals", url) for _ in range(4)))
    await migrate("approvals", url)
    engine = create_async_engine(url)
    assert await heads_reached(engine, "approvals")
    await engine.dispose()
    await postgres.drop_database(url)


@pytest.mark.parametrize("service", SERVICES)
def test_there_is_one_head_for_the_mechanisms_and_at_most_one_for_the_service(service: str) -> None:
    newest = heads(service)
    assert len(newest) <= 2
    assert sum(head.startswith("mechanisms") for head in newest) <= 1
