"""What was known when can be asked again for ever, whoever was writing at that moment."""

import asyncio
from datetime import timedelta

from sqlalchemy import text

from shared import journal
from shared.db.session import Sessions, commit
from shared.ids import new_id
from shared.received import Received
from tests.shared.pipe.build import NOON, message_of_event, order_paid

MINUTE = timedelta(minutes=1)


def received(order: str = "a", *, account: str = "account-1") -> Received:
    event = order_paid(order_id=order, account_id=account)
    return message_of_event(event, sequence=1, event_id=new_id()).received(now=NOON)


async def write(sessions: Sessions, *, count: int, minute: int) -> list[int]:
    async with sessions() as session:
        batch = [received(f"order-{n}") for n in range(count)]
        positions = await journal.append(session, batch, now=NOON + minute * MINUTE)
        await commit(session)
    return positions


async def test_an_empty_journal_ends_at_position_0(sessions: Sessions) -> None:
    async with sessions() as session:
        assert await journal.head(session) == 0
        assert await journal.position_at(session, NOON, now=NOON) == 0


async def test_a_batch_is_journaled_in_its_order_with_the_bytes_it_had(sessions: Sessions) -> None:
    batch = [received("b"), received("a", account="account-2"), received("c")]
    async with sessions() as session:
        positions = await journal.append(session, batch, now=NOON)
        await commit(session)
        assert positions == [1, 2, 3]
        entries = await journal.read(session)
        assert [entry.payload for entry in entries] == [one.payload for one in batch]
        assert [entry.position for entry in await journal.read(session, key="account-1")] == [1, 3]
        assert [entry.position for entry in await journal.read(session, after=1, until=2)] == [2]


async def test_a_time_resolves_to_what_was_recorded_by_then(sessions: Sessions) -> None:
    for minute in (0, 1, 2):
        await write(sessions, count=10, minute=minute)
    now = NOON + 10 * MINUTE
    async with sessions() as session:
        assert await journal.position_at(session, NOON - MINUTE, now=now) == 0
        assert await journal.position_at(session, NOON, now=now) == 10
        assert await journal.position_at(session, NOON + 1.5 * MINUTE, now=now) == 20
        assert await journal.position_at(session, NOON + 9 * MINUTE, now=now) == 30


async def test_the_head_waits_for_writers_that_already_have_positions(sessions: Sessions) -> None:
    async with sessions() as slow, sessions() as reader:
        await journal.append(slow, [received("slow")], now=NOON)
        await write(sessions, count=1, minute=0)
        asking = asyncio.create_task(journal.head(reader))
        await _until_somebody_waits_for_a_lock(sessions)
        assert not asking.done()
        await commit(slow)
        assert await asking == 2


async def test_a_position_once_answered_never_changes_even_for_a_writer_whose_clock_is_behind(
    sessions: Sessions,
) -> None:
    await write(sessions, count=3, minute=0)
    asked = NOON + 5 * MINUTE
    async with sessions() as session:
        assert await journal.position_at(session, asked, now=asked) == 3
        await commit(session)
    await write(sessions, count=2, minute=1)
    async with sessions() as session:
        assert await journal.position_at(session, asked, now=asked + MINUTE) == 3
        late = await journal.read(session, after=3)
        assert all(entry.recorded_at > asked for entry in late)


async def test_asking_about_the_future_does_not_push_writers_into_it(sessions: Sessions) -> None:
    async with sessions() as session:
        assert await journal.position_at(session, NOON + 365 * 24 * 60 * MINUTE, now=NOON) == 0
        await commit(session)
    await write(sessions, count=1, minute=1)
    async with sessions() as session:
        assert [entry.recorded_at for entry in await journal.read(session)] == [NOON + MINUTE]


async def test_under_concurrent_writers_everything_up_to_a_head_is_already_visible(sessions: Sessions) -> None:
    done = asyncio.Event()

    async def keep_writing() -> None:
        while not done.is_set():
            await write(sessions, count=3, minute=0)

    async def look() -> None:
        for _ in range(30):
            async with sessions() as session:
                head = await journal.head(session)
                before = await session.scalar(text("SELECT count(*) FROM journal WHERE pos <= :head"), {"head": head})
                await session.rollback()
                await asyncio.sleep(0)
                after = await session.scalar(text("SELECT count(*) FROM journal WHERE pos <= :head"), {"head": head})
                assert before == after

    writers = [asyncio.create_task(keep_writing()) for _ in range(3)]
    try:
        await look()
    finally:
        done.set()
        await asyncio.gather(*writers)


async def _until_somebody_waits_for_a_lock(sessions: Sessions) -> None:
    async with sessions() as session:
        while not await session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype='advisory'")):
            await session.rollback()
            await asyncio.sleep(0.01)
