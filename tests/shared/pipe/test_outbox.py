"""What is recorded is numbered, written with its effect, or not at all."""

import asyncio
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared import outbox, relay
from shared.db.engine import plain_url
from shared.db.session import Sessions, commit, make_sessions
from tests.shared.pipe.build import order_confirmed, order_paid


async def rows(sessions: Sessions, query: str) -> list[Any]:
    async with sessions() as session:
        return list(await session.execute(text(query)))


async def test_sequences_are_dense_per_aggregate_across_transactions(sessions: Sessions) -> None:
    for orders in (("a", "b", "a"), ("b", "a")):
        async with sessions() as session:
            outbox.record_many(session, [order_paid(order_id=order) for order in orders])
            await commit(session)
    written = await rows(sessions, "SELECT aggregateid, aggregate_seq FROM outbox ORDER BY pos")
    assert written == [("a", 1), ("b", 1), ("a", 2), ("b", 2), ("a", 3)]


async def test_the_writer_learns_the_sequences_it_was_given(sessions: Sessions) -> None:
    async with sessions() as session:
        outbox.record(session, order_confirmed(order_id="a"))
        outbox.record(session, order_paid(order_id="a"))
        await commit(session)
        assert outbox.seen(session) == (outbox.Seen("order", "a", 1), outbox.Seen("order", "a", 2))


async def test_concurrent_writers_of_one_aggregate_leave_no_hole_and_number_in_order_of_position(
    sessions: Sessions,
) -> None:
    async def write() -> None:
        async with sessions() as session:
            outbox.record_many(session, [order_paid(order_id="a"), order_paid(order_id="b")])
            await commit(session)

    await asyncio.gather(*(write() for _ in range(20)))
    for order in ("a", "b"):
        found = await rows(sessions, f"SELECT aggregate_seq FROM outbox WHERE aggregateid = '{order}' ORDER BY pos")
        assert [row.aggregate_seq for row in found] == list(range(1, 21))


async def test_a_commit_that_fails_leaves_no_event_and_uses_no_number(sessions: Sessions) -> None:
    async with sessions() as session:
        await session.execute(text("CREATE TEMP TABLE due (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
        await session.execute(text("INSERT INTO due VALUES (1), (1)"))
        outbox.record(session, order_paid(order_id="a"))
        with pytest.raises(DBAPIError):
            await commit(session)
    assert await rows(sessions, "SELECT 1 FROM outbox") == []
    assert await rows(sessions, "SELECT 1 FROM aggregate_sequence") == []


async def test_what_is_rolled_back_is_not_published_by_a_later_commit_of_the_session(sessions: Sessions) -> None:
    async with sessions() as session:
        await session.execute(text("SELECT 1"))
        outbox.record(session, order_paid(order_id="undone"))
        await session.rollback()
        outbox.record(session, order_paid(order_id="done"))
        await commit(session)
    assert await rows(sessions, "SELECT aggregateid FROM outbox") == [("done",)]


async def test_what_is_recorded_in_a_savepoint_goes_with_it(sessions: Sessions) -> None:
    async with sessions() as session:
        outbox.record(session, order_paid(order_id="before"))
        savepoint = await session.begin_nested()
        outbox.record(session, order_paid(order_id="inside"))
        await savepoint.rollback()
        async with session.begin_nested():
            outbox.record(session, order_paid(order_id="kept"))
        await commit(session)
    written = await rows(sessions, "SELECT aggregateid FROM outbox ORDER BY pos")
    assert written == [("before",), ("kept",)]


async def test_an_event_kafka_would_never_take_is_refused_when_recorded(sessions: Sessions) -> None:
    async with sessions() as session:
        with pytest.raises(outbox.EventTooLarge):
            outbox.record(session, order_paid(evidence="x" * outbox.MAX_PAYLOAD_BYTES))
        with pytest.raises(outbox.WrongPartitionKey):
            outbox.record(session, order_paid(account_id=""))


async def test_a_topic_nobody_created_is_refused_when_recorded(sessions: Sessions) -> None:
    letter = outbox.unnumbered(order_paid())
    async with sessions() as session:
        with pytest.raises(outbox.UnknownTopic):
            outbox.record_dead_letter(session, replace(letter, topic="orders.v9"))


async def test_the_relay_is_woken_after_a_commit_with_events_only(sessions: Sessions) -> None:
    wakes: list[str] = []
    engine = sessions.kw["bind"]
    waking = make_sessions(engine, service="pricing", wake=lambda: wakes.append("woken"))
    async with waking() as session:
        await session.execute(text("SELECT 1"))
        await commit(session)
        assert wakes == []
        outbox.record(session, order_paid())
        await commit(session)
    assert wakes == ["woken"]


async def test_thousands_of_events_of_a_transaction_are_one_statement_each_way(sessions: Sessions) -> None:
    async with sessions() as session:
        outbox.record_many(session, (order_paid(order_id=f"order-{n % 700}") for n in range(3000)))
        await commit(session)
    assert await rows(sessions, "SELECT count(*), count(DISTINCT aggregateid), max(aggregate_seq) FROM outbox") == [
        (3000, 700, 5)
    ]


async def test_the_relay_reads_the_oldest_rows_up_to_a_size_and_always_at_least_one(
    sessions: Sessions, database_url: str
) -> None:
    large = "x" * (outbox.MAX_PAYLOAD_BYTES - 1000)
    async with sessions() as session:
        outbox.record_many(session, (order_paid(order_id=f"o{n}", evidence=large) for n in range(12)))
        await commit(session)
    connection = await asyncpg.connect(plain_url(database_url))
    read = await relay.fetch_unpublished(connection, limit=1000)
    assert [row["pos"] for row in read] == list(range(1, 10))
    assert len(await relay.fetch_unpublished(connection, limit=1)) == 1
    await connection.close()
