"""An empty system begins once: the pack in each service, one administrator, and no second time."""

from datetime import UTC, datetime

import asyncpg
import pytest

from deploy.bootstrap import PACK, begin, is_empty
from deploy.local.databases import SERVICES, plain
from services.accounts.identity.bootstrap import AlreadyBootstrapped
from shared.policy.seed import pack_of
from tests.servers import TestPostgres

NOW = datetime(2009, 11, 30, tzinfo=UTC)


async def test_a_system_begins_once_and_refuses_the_second_time_untouched(postgres: TestPostgres) -> None:
    urls = {service: await postgres.create_database(service) for service in SERVICES}
    assert await is_empty(urls["accounts"])
    seeded = await begin(urls, pack=PACK, password="a long enough password", now=NOW)
    assert seeded == {service: len(pack_of(PACK, service)) for service in SERVICES}
    assert all(seeded.values())
    assert not await is_empty(urls["accounts"])
    with pytest.raises(AlreadyBootstrapped):
        await begin(urls, pack=PACK, password="another password", now=NOW)
    assert await count_audited(urls["pricing"]) == seeded["pricing"]
    for url in urls.values():
        await postgres.drop_database(url)


async def count_audited(url: str) -> int:
    connection = await asyncpg.connect(plain(url))
    try:
        counted: int = await connection.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'policy.seeded'")
        return counted
    finally:
        await connection.close()
