"""From the commit of a sender to the commit of a reader, over a real broker."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import dead_letters, outbox
from shared.clock import LiveClock
from shared.consumer import Consumer, Received, TryLater
from shared.db.session import Sessions, commit
from shared.kafka import Broker
from shared.kafka_reader import KafkaReader
from shared.relay import Relay
from tests.shared.pipe.build import NOON, order_paid
from tests.shared.pipe.harness import record_orders
from tests.shared.pipe.notes import note_keeper, noted, noting, rows
from tests.shared.pipe.waiting import until

pytestmark = pytest.mark.kafka


@asynccontextmanager
async def running(*parts: Relay | KafkaReader) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for part in parts:
            group.create_task(part.run(stopping))
        try:
            yield
        finally:
            stopping.set()


def relay(database_url: str, broker: Broker) -> Relay:
    return Relay(database_url=database_url, broker=broker, batch_size=50)


def reader(consumer: Consumer, sessions: Sessions, broker: Broker, *, replica: str = "0") -> KafkaReader:
    return KafkaReader(consumer, sessions=sessions, clock=LiveClock(), broker=broker, replica=replica)


async def until_noted(sessions: Sessions, count: int) -> None:
    async def all_noted() -> bool:
        return len(await noted(sessions)) >= count

    await until(all_noted)


async def in_sequence(sessions: Sessions, *, orders: int, events_each: int) -> bool:
    applied = await noted(sessions)
    wanted = list(range(1, events_each + 1))
    return len(applied) == orders * events_each and all(
        [sequence for order, sequence in applied if order == f"order-{n}"] == wanted for n in range(orders)
    )


async def test_what_is_committed_arrives_once_and_in_order(
    sessions: Sessions, database_url: str, broker: Broker
) -> None:
    async with running(relay(database_url, broker), reader(note_keeper(), sessions, broker)):
        await record_orders(sessions, orders=40, events_each=5)
        await until_noted(sessions, 200)
    assert await in_sequence(sessions, orders=40, events_each=5)
    assert await rows(sessions, "SELECT count(*) FROM outbox") == [(0,)]
    assert await rows(sessions, "SELECT count(*), min(feed_pos), max(feed_pos) FROM event_archive") == [(200, 1, 200)]


async def test_the_largest_event_that_may_be_recorded_arrives(
    sessions: Sessions, database_url: str, broker: Broker
) -> None:
    longest_key = "k" * outbox.MAX_KEY_BYTES
    room = outbox.MAX_PAYLOAD_BYTES - len(order_paid(account_id=longest_key, evidence="").to_bytes())
    async with running(relay(database_url, broker), reader(note_keeper(), sessions, broker)):
        async with sessions() as session:
            for order in ("a", "b"):
                event = order_paid(order_id=order * len("order-1"), account_id=longest_key, evidence="x" * room)
                outbox.record(session, event)
            await commit(session)
        await until_noted(sessions, 2)


async def test_poison_parks_its_key_while_others_flow_and_a_replay_lets_it_flow(
    sessions: Sessions, database_url: str, broker: Broker
) -> None:
    poison = {"bad"}
    keeper = note_keeper(poison)
    async with running(relay(database_url, broker), reader(keeper, sessions, broker)):
        async with sessions() as session:
            outbox.record(session, order_paid(order_id="order-0", account_id="account-0", payment_id="bad"))
            await commit(session)
        await record_orders(sessions, orders=10, events_each=3)
        await until_noted(sessions, 24)  # order-0 and order-5 are of account-0
        parked = await rows(sessions, "SELECT event_id, aggregateid FROM dead_letter ORDER BY arrival")
        assert Counter(order for _, order in parked) == {"order-0": 4, "order-5": 3}

        poison.clear()
        async with sessions() as session:
            await dead_letters.replay_key_of(session, [keeper], event_id=parked[0][0], by="admin-1", now=NOON)
            await commit(session)
        await record_orders(sessions, orders=10, events_each=1)
        await until_noted(sessions, 41)
    sequences = [sequence for order, sequence in await noted(sessions) if order == "order-0"]
    assert sequences == [1, 2, 3, 4, 5]
    letters = await rows(
        sessions, "SELECT type, headers ->> 'ce_deadletterconsumer' FROM event_archive WHERE topic = 'orders.v1.dlq'"
    )
    assert letters == [("OrderPaid", "notes")]


async def test_a_batch_that_has_to_wait_is_tried_again_in_place(
    sessions: Sessions, database_url: str, broker: Broker
) -> None:
    refusals = 3
    note = noting()

    async def not_yet(session: AsyncSession, batch: Sequence[Received]) -> None:
        nonlocal refusals
        await note(session, batch)
        if refusals:
            refusals -= 1
            raise TryLater("the read model is behind")

    keeper = Consumer(service="pricing", topics=("orders.v1",), handler=not_yet, name="waits", batch_size=5)
    async with running(relay(database_url, broker), reader(keeper, sessions, broker)):
        await record_orders(sessions, orders=4, events_each=5)
        await until_noted(sessions, 20)
    assert refusals == 0
    assert await in_sequence(sessions, orders=4, events_each=5)
    assert await rows(sessions, "SELECT 1 FROM dead_letter") == []


async def test_database_connections_that_die_are_no_reason_to_park(
    sessions: Sessions, database_url: str, broker: Broker
) -> None:
    note = noting()
    deaths = 2

    async def dies(session: AsyncSession, batch: Sequence[Received]) -> None:
        nonlocal deaths
        await note(session, batch)
        if deaths:
            deaths -= 1
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    keeper = Consumer(service="pricing", topics=("orders.v1",), handler=dies, name="dies", batch_size=5)
    async with running(relay(database_url, broker), reader(keeper, sessions, broker)):
        await record_orders(sessions, orders=4, events_each=5)
        await until_noted(sessions, 20)
    assert deaths == 0
    assert await in_sequence(sessions, orders=4, events_each=5)
    assert await rows(sessions, "SELECT 1 FROM dead_letter") == []


async def test_what_only_the_commit_refuses_is_found_and_parked(
    sessions: Sessions, database_url: str, broker: Broker
) -> None:
    """A trigger that fires at the commit speaks earlier when an event is applied alone."""
    async with sessions() as session:
        for statement in (
            "CREATE FUNCTION refuse_bad_note() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN IF NEW.order_id = ''order-1'' THEN RAISE EXCEPTION ''no such order''; END IF; RETURN NEW; END'",
            "CREATE CONSTRAINT TRIGGER refuses_bad_notes AFTER INSERT ON taken_note DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION refuse_bad_note()",
        ):
            await session.execute(text(statement))
        await session.commit()
    try:
        async with running(relay(database_url, broker), reader(note_keeper(), sessions, broker)):
            await record_orders(sessions, orders=4, events_each=3)
            await until_noted(sessions, 9)
        assert {order for order, _ in await noted(sessions)} == {"order-0", "order-2", "order-3"}
        assert await rows(sessions, "SELECT aggregateid, reason FROM dead_letter ORDER BY arrival") == [
            ("order-1", "poison"),
            ("order-1", "parked"),
            ("order-1", "parked"),
        ]
    finally:
        async with sessions() as session:
            await session.execute(text("DROP FUNCTION refuse_bad_note() CASCADE"))
            await session.commit()


async def test_a_second_reader_takes_its_share_and_gives_it_back(
    sessions: Sessions, database_url: str, broker: Broker
) -> None:
    keeper = note_keeper(batch_size=10)
    async with running(relay(database_url, broker), reader(keeper, sessions, broker, replica="one")):
        await record_orders(sessions, orders=12, events_each=5)
        async with running(reader(keeper, sessions, broker, replica="two")):
            await record_orders(sessions, orders=12, events_each=5)
            await until_noted(sessions, 120)
        await record_orders(sessions, orders=12, events_each=5)
        await until_noted(sessions, 180)
    assert await in_sequence(sessions, orders=12, events_each=15)


async def test_what_an_event_causes_belongs_to_its_senders_trace(
    sessions: Sessions, database_url: str, broker: Broker
) -> None:
    from shared.consumer import one_by_one
    from shared.events.orders import OrderPaid
    from shared.telemetry import traced
    from tests.shared.pipe.build import order_confirmed

    async def confirm(session: AsyncSession, event: OrderPaid) -> None:
        outbox.record(session, order_confirmed(order_id=event.order_id))

    keeper = Consumer(service="pricing", topics=("orders.v1",), handler=one_by_one({OrderPaid: confirm}), name="traces")
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    async with running(relay(database_url, broker), reader(keeper, sessions, broker)):
        async with sessions() as session:
            with traced(f"00-{trace_id}-00f067aa0ba902b7-01"):
                outbox.record(session, order_paid(order_id="a"))
            await commit(session)

        async def confirmed() -> list[tuple[str]]:
            return await rows(sessions, "SELECT headers ->> 'traceparent' FROM event_archive ORDER BY feed_pos")

        async def both_published() -> bool:
            return len(await confirmed()) == 2

        await until(both_published)
        traces = [trace.split("-")[1] for (trace,) in await confirmed()]
    assert traces == [trace_id, trace_id]
