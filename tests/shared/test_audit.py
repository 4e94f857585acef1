"""The audit trail is written with its effect, nobody changes it, and whoever could is found out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from shared import audit
from shared.audit import Entry
from shared.db.session import make_sessions

NOW = datetime(2021, 3, 2, 8, tzinfo=UTC)


@pytest_asyncio.fixture(loop_scope="session")
async def engine(service_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[AsyncEngine]:
    made = create_async_engine(await service_database("approvals"))
    yield made
    async with made.begin() as connection:
        await tamper(connection, "TRUNCATE audit_entry, audit_block")
    await made.dispose()


async def tamper(connection: object, statement: str) -> None:
    """What only the owner of the database could do: switch the guards off."""
    for table in ("audit_entry", "audit_block"):
        await connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))  # type: ignore[attr-defined]
    await connection.execute(text(statement))  # type: ignore[attr-defined]
    for table in ("audit_entry", "audit_block"):
        await connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))  # type: ignore[attr-defined]


async def write(session: AsyncSession, *actions: str) -> None:
    for action in actions:
        await audit.append(session, Entry(NOW, "u1", action, "user/u2", {"reason": "审计", "figures": [1, "2.50"]}))


async def sealed(engine: AsyncEngine, *blocks: tuple[str, ...]) -> audit.Head:
    for actions in blocks:
        async with make_sessions(engine)() as session:
            await write(session, *actions)
            await session.commit()
        async with make_sessions(engine)() as session:
            head = await audit.seal(session)
            await session.commit()
    assert head is not None
    return head


async def test_an_entry_of_a_transaction_that_fails_was_never_written(engine: AsyncEngine) -> None:
    async with make_sessions(engine)() as session:
        await write(session, "a")
        await session.rollback()
        assert await audit.count_unsealed(session) == 0


async def test_blocks_follow_each_other_and_an_untouched_chain_is_intact(engine: AsyncEngine) -> None:
    head = await sealed(engine, ("a", "b"), ("c",), ("d", "e", "f"))
    async with make_sessions(engine)() as session:
        assert head.number == 3
        assert await audit.head(session) == head
        assert await audit.verify(session, published=head) == []
        assert await audit.seal(session) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'somebody else'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "UPDATE audit_block SET sealed_at = now()",
        "DELETE FROM audit_block",
        "TRUNCATE audit_block",
    ],
)
async def test_the_services_own_role_cannot(engine: AsyncEngine, statement: str) -> None:
    await sealed(engine, ("a",))
    with pytest.raises(DBAPIError, match="append-only"):
        async with engine.begin() as connection:
            await connection.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE audit_entry SET actor = 'u9' WHERE action = 'b'", id="another actor"),
        pytest.param("UPDATE audit_entry SET detail = detail || '{\"figures\": [1, \"2.51\"]}' WHERE action = 'b'",
                     id="one byte of a figure"),
        pytest.param("UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE action = 'b'", id="the time"),
        pytest.param("DELETE FROM audit_entry WHERE action = 'b'", id="an entry less"),
        pytest.param("UPDATE audit_entry SET action = CASE action WHEN 'a' THEN 'b' WHEN 'b' THEN 'a' ELSE action END",
                     id="two entries exchanged"),
        pytest.param("UPDATE audit_block SET digest = decode(repeat('00', 32), 'hex') WHERE number = 1", id="a digest"),
        pytest.param("DELETE FROM audit_block WHERE number = 1", id="the first block"),
        pytest.param("DELETE FROM audit_block WHERE number = 2", id="a block in the middle"),
    ],
)  # fmt: skip
async def test_is_found_out(engine: AsyncEngine, statement: str) -> None:
    await sealed(engine, ("a", "b"), ("c",), ("d",))
    async with engine.begin() as connection:
        await tamper(connection, statement)
    async with make_sessions(engine)() as session:
        assert await audit.verify(session)


async def test_a_tail_that_was_cut_is_found_out_by_the_published_head(engine: AsyncEngine) -> None:
    head = await sealed(engine, ("a",), ("b",))
    async with engine.begin() as connection:
        await tamper(connection, "DELETE FROM audit_entry WHERE action = 'b'")
        await tamper(connection, "DELETE FROM audit_block WHERE number = 2")
    async with make_sessions(engine)() as session:
        assert await audit.verify(session) == []
        assert await audit.verify(session, published=head) == [
            "the chain ends at block 1, before the published block 2"
        ]


async def test_a_seal_leaves_out_nobody_who_is_still_writing(engine: AsyncEngine) -> None:
    async with make_sessions(engine)() as slow, make_sessions(engine)() as sealing:
        await write(slow, "slow")
        assert await asyncio.wait_for(audit.seal(sealing), 2) is None
        await sealing.rollback()
        await slow.commit()
        head = await audit.seal(sealing)
        assert head is not None
        await sealing.commit()
        assert await audit.verify(sealing, published=head) == []
