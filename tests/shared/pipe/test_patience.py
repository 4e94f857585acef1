"""An event that always meets a time limit is parked, and only that one; one that met it by bad luck never is."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from shared import dead_letters, inbox
from shared.consumer import Consumer, Received
from shared.db.engine import async_url
from shared.db.session import Sessions, commit, make_sessions
from shared.ids import new_id
from shared.kafka import Broker
from shared.patience import (
    LOCK_PATIENCE_S,
    MOST_IN_ONE_PASS,
    STATEMENT_PATIENCE_S,
    TRIES_ALONE,
    TRIES_TOGETHER,
    Pass,
    Patience,
    Slow,
    TookTooLong,
)
from tests.shared.pipe.build import NOON, message_of_event, order_paid
from tests.shared.pipe.harness import record_orders
from tests.shared.pipe.notes import noted, noting, rows
from tests.shared.pipe.test_end_to_end import in_sequence, reader, relay, running, until_noted
from tests.shared.pipe.waiting import until

SLOW_ACCOUNT = "account-0"
LOCK_OF_ACCOUNT = text("SELECT pg_advisory_xact_lock(hashtextextended(:account, 7))")


@pytest_asyncio.fixture
async def impatient(sessions: Sessions, database_url: str) -> AsyncIterator[Sessions]:
    """Sessions whose statements may run for a fifth of a second."""
    limits = {"statement_timeout": "200", "lock_timeout": "100"}
    engine = create_async_engine(async_url(database_url), connect_args={"server_settings": limits})
    yield make_sessions(engine, service="pricing")
    await engine.dispose()


def slow_keeper(slow: set[str], *, name: str = "slow") -> Consumer:
    """Takes notes of a batch in one go, and sleeps over each account in `slow`."""
    note = noting()

    async def note_slowly(session: AsyncSession, batch: Sequence[Received]) -> None:
        if slow & {received.key for received in batch}:
            await session.execute(text("SELECT pg_sleep(5)"))
        await note(session, batch)

    return Consumer(service="pricing", topics=("orders.v1",), handler=note_slowly, name=name)


async def letters(sessions: Sessions) -> list[tuple[UUID, str, str, str]]:
    return await rows(sessions, "SELECT event_id, partition_key, reason, error FROM dead_letter ORDER BY arrival")


@pytest.mark.kafka
async def test_an_event_that_is_always_too_slow_is_parked_alone_and_the_others_go_on(
    sessions: Sessions, impatient: Sessions, database_url: str, broker: Broker
) -> None:
    slow = {SLOW_ACCOUNT}
    keeper = slow_keeper(slow)
    async with running(relay(database_url, broker), reader(keeper, impatient, broker)):
        await record_orders(sessions, orders=10, events_each=3)
        await until_noted(sessions, 24)  # order-0 and order-5 are of account-0

        async def all_parked() -> bool:
            return len(await letters(sessions)) == 6

        await until(all_parked)
        parked = await letters(sessions)
        assert {key for _, key, _, _ in parked} == {SLOW_ACCOUNT}
        assert [reason for _, _, reason, _ in parked] == ["poison"] + ["parked"] * 5
        assert parked[0][3].startswith("TookTooLong: tried 3 times alone")

        slow.clear()
        async with impatient() as session:
            replay = await dead_letters.replay_key_of(session, [keeper], event_id=parked[0][0], by="admin-1", now=NOON)
            await commit(session)
        assert (replay.applied, replay.waiting) == (6, 0)
    assert await in_sequence(sessions, orders=10, events_each=3)


@pytest.mark.kafka
async def test_a_lock_that_is_held_for_a_while_parks_nothing(
    sessions: Sessions, impatient: Sessions, database_url: str, broker: Broker
) -> None:
    note, refusals = noting(), 0

    async def note_under_lock(session: AsyncSession, batch: Sequence[Received]) -> None:
        nonlocal refusals
        try:
            for key in sorted({received.key for received in batch}):
                await session.execute(LOCK_OF_ACCOUNT, {"account": key})
        except Exception:
            refusals += 1
            raise
        await note(session, batch)

    async def each_was_tried_alone_often_enough() -> bool:
        return refusals > TRIES_TOGETHER + TRIES_ALONE * MOST_IN_ONE_PASS

    keeper = Consumer(service="pricing", topics=("orders.v1",), handler=note_under_lock, name="locks")
    async with sessions() as other:
        for account in ("account-0", "account-1", "account-2", "account-3", "account-4"):
            await other.execute(LOCK_OF_ACCOUNT, {"account": account})
        async with running(relay(database_url, broker), reader(keeper, impatient, broker)):
            await record_orders(sessions, orders=10, events_each=3)
            await until(each_was_tried_alone_often_enough)
            assert await noted(sessions) == []
            await other.rollback()
            await until_noted(sessions, 30)
    assert await in_sequence(sessions, orders=10, events_each=3)
    assert await letters(sessions) == []


async def test_of_a_batch_the_slow_event_is_named_and_what_was_applied_beside_it_is_not_kept(
    sessions: Sessions, impatient: Sessions
) -> None:
    slow, fine = ({"order_id": order, "account_id": f"account-{order}"} for order in ("slow", "fine"))
    messages = [message_of_event(order_paid(**one), sequence=1) for one in (slow, fine)]
    keeper = slow_keeper({"account-slow"})
    async with impatient() as session:
        with pytest.raises(TookTooLong) as refused:
            await inbox.take(session, keeper, messages, now=NOON, isolated=True)
    assert [one.event_id for one in refused.value.slow] == [messages[0].event_id]
    assert refused.value.others_went_on
    assert await noted(sessions) == []
    assert await rows(sessions, "SELECT 1 FROM inbox") == []


async def test_an_event_behind_which_another_was_held_is_not_blamed_for_it(
    sessions: Sessions, impatient: Sessions
) -> None:
    first, second = (message_of_event(order_paid(order_id="a"), sequence=sequence) for sequence in (1, 2))
    calls = 0
    note = noting()

    async def slow_with_the_second(session: AsyncSession, batch: Sequence[Received]) -> None:
        nonlocal calls
        calls += 1
        if any(received.sequence == 2 for received in batch):
            await session.execute(text("SELECT pg_sleep(5)"))
        await note(session, batch)

    keeper = Consumer(service="pricing", topics=("orders.v1",), handler=slow_with_the_second, name="held")
    async with impatient() as session:
        assert await inbox.take(session, keeper, [second], now=NOON) == {"held": 1}
        await commit(session)
    async with impatient() as session:
        with pytest.raises(TookTooLong) as refused:
            await inbox.take(session, keeper, [first], now=NOON, isolated=True)
    (slow,) = refused.value.slow
    assert slow.event_id == second.event_id
    async with impatient() as session:
        given_up = {slow.event_id: "TookTooLong"}
        taken = await inbox.take(session, keeper, [first], now=NOON, isolated=True, given_up=given_up)
        await commit(session)
    assert taken == {"applied": 1, "poison": 1}
    assert await noted(sessions) == [("a", 1)]


async def test_a_replay_that_is_still_too_slow_says_so_and_keeps_what_came_before(
    sessions: Sessions, impatient: Sessions
) -> None:
    slow = {"account-1"}
    keeper = slow_keeper(slow)
    message = message_of_event(order_paid(order_id="a"), sequence=1)
    async with impatient() as session:
        given_up = {message.event_id: "TookTooLong"}
        await inbox.take(session, keeper, [message], now=NOON, isolated=True, given_up=given_up)
        await commit(session)
    async with impatient() as session:
        replay = await dead_letters.replay_key_of(session, [keeper], event_id=message.event_id, by="x", now=NOON)
        await commit(session)
    assert (replay.applied, replay.waiting, replay.failed) == (0, 1, message.event_id)
    assert (replay.error or "").startswith("TookTooLong: ")
    assert await rows(sessions, "SELECT attempts FROM dead_letter") == [(2,)]


def refusal(event_id: UUID, *, others: int, is_lock: bool) -> TookTooLong:
    return TookTooLong(Pass([Slow(event_id, "account-1", is_lock, "QueryCanceledError")], others))


@pytest.mark.parametrize(
    ("others", "is_lock", "waited_s", "is_given_up"),
    [
        pytest.param((1, 1, 1), False, 0.0, True, id="others went on: it is the event"),
        pytest.param((1, 1, 1), True, 0.0, False, id="others got on, but the lock is still somebody else's making"),
        pytest.param((1, 1, 1), True, LOCK_PATIENCE_S - 1, False, id="others got on for nearly a quarter of an hour"),
        pytest.param((1, 1, 1), True, LOCK_PATIENCE_S, True, id="a lock held for a quarter of an hour"),
        pytest.param((0, 0, 1), False, 0.0, False, id="the database was loaded until the midst of a pass"),
        pytest.param((0, 0, 0), False, STATEMENT_PATIENCE_S - 1, False, id="nothing went on: it may be the database"),
        pytest.param((0, 0, 0), False, STATEMENT_PATIENCE_S, True, id="too slow for two minutes"),
        pytest.param(
            (0, 0, 0), True, STATEMENT_PATIENCE_S, False, id="a lock may be held for longer: a period is closed"
        ),
        pytest.param((0, 0, 0), True, LOCK_PATIENCE_S, True, id="but not for a quarter of an hour"),
    ],
)
def test_an_event_is_given_up_at_its_third_try_alone(
    others: tuple[int, ...], is_lock: bool, waited_s: float, is_given_up: bool
) -> None:
    patience, event_id = Patience(), new_id()
    for went_on, at_s in zip(others, (0.0, 0.0, waited_s), strict=True):
        assert event_id not in patience.given_up
        patience.lose(refusal(event_id, others=went_on, is_lock=is_lock), at_s=at_s)
    assert (event_id in patience.given_up) is is_given_up
    patience.forget()
    assert not patience.given_up


def test_many_passes_that_others_share_never_shorten_the_patience_with_a_lock() -> None:
    patience, locked, slow = Patience(), new_id(), new_id()
    for at_s in range(60):
        shared = Pass([Slow(locked, "account-1", True, "LockNotAvailable"), Slow(slow, "account-2", False, "x")], 9)
        patience.lose(TookTooLong(shared), at_s=float(at_s))
    assert set(patience.given_up) == {slow}
    patience.lose(refusal(locked, others=9, is_lock=True), at_s=LOCK_PATIENCE_S)
    assert set(patience.given_up) == {slow, locked}
