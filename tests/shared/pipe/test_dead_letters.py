"""A person replays what was parked: in order per key, through the same handler, and it is told who did."""

import asyncio
from collections.abc import Sequence

import pytest

from shared import dead_letters, inbox
from shared.consumer import Consumer
from shared.db.session import Sessions, commit
from shared.errors import NotFound
from shared.ids import new_id
from shared.messages import Message
from tests.shared.pipe.build import NOON, message_of_event, order_paid
from tests.shared.pipe.notes import note_keeper, noted, rows


def paid(sequence: int, *, order: str = "a", account: str = "account-1", payment: str = "fine") -> Message:
    event = order_paid(order_id=order, account_id=account, payment_id=payment)
    return message_of_event(event, sequence=sequence)


async def take(sessions: Sessions, messages: Sequence[Message], *, consumer: Consumer) -> None:
    async with sessions() as session:
        await inbox.take(session, consumer, messages, now=NOON, isolated=True)
        await commit(session)


async def replay(sessions: Sessions, message: Message, *, consumer: Consumer) -> dead_letters.Replay:
    async with sessions() as session:
        outcome = await dead_letters.replay_key_of(
            session, [consumer], event_id=message.event_id, by="admin-1", now=NOON
        )
        await commit(session)
    return outcome


async def test_once_the_cause_is_mended_a_key_flows_in_order_and_stays_open(sessions: Sessions) -> None:
    poison = {"bad"}
    keeper = note_keeper(poison)
    bad = paid(1, payment="bad")
    await take(sessions, [bad, paid(2), paid(1, order="b"), paid(3)], consumer=keeper)
    assert await noted(sessions) == []

    poison.clear()
    assert await replay(sessions, bad, consumer=keeper) == dead_letters.Replay("account-1", 4, 0, None, None)
    assert await noted(sessions) == [("a", 1), ("a", 2), ("b", 1), ("a", 3)]
    assert await rows(sessions, "SELECT DISTINCT resolved_by FROM dead_letter") == [("admin-1",)]

    await take(sessions, [paid(4)], consumer=keeper)
    assert (await noted(sessions))[-1] == ("a", 4)


async def test_a_replay_stops_at_what_fails_again_and_keeps_the_rest_waiting(sessions: Sessions) -> None:
    poison = {"bad", "worse"}
    keeper = note_keeper(poison)
    bad, worse = paid(1, payment="bad"), paid(3, payment="worse")
    await take(sessions, [bad, paid(2), worse, paid(4)], consumer=keeper)

    poison.remove("bad")
    outcome = await replay(sessions, bad, consumer=keeper)
    assert (outcome.applied, outcome.waiting, outcome.failed) == (2, 2, worse.event_id)
    assert await noted(sessions) == [("a", 1), ("a", 2)]
    assert await rows(
        sessions, "SELECT reason, attempts FROM dead_letter WHERE resolved_at IS NULL ORDER BY arrival"
    ) == [
        ("poison", 2),
        ("parked", 1),
    ]

    poison.clear()
    assert (await replay(sessions, worse, consumer=keeper)).applied == 2
    assert await noted(sessions) == [("a", 1), ("a", 2), ("a", 3), ("a", 4)]


async def test_replaying_any_letter_of_a_key_begins_with_its_oldest(sessions: Sessions) -> None:
    poison = {"bad"}
    keeper = note_keeper(poison)
    last = paid(3)
    await take(sessions, [paid(1, payment="bad"), paid(2), last], consumer=keeper)
    poison.clear()
    await replay(sessions, last, consumer=keeper)
    assert await noted(sessions) == [("a", 1), ("a", 2), ("a", 3)]


async def test_events_that_come_while_their_key_is_replayed_end_up_behind_it(sessions: Sessions) -> None:
    poison = {"bad"}
    keeper = note_keeper(poison)
    bad = paid(1, payment="bad")
    await take(sessions, [bad], consumer=keeper)
    poison.clear()
    later = [take(sessions, [paid(sequence)], consumer=keeper) for sequence in range(2, 8)]
    await asyncio.gather(replay(sessions, bad, consumer=keeper), *later)
    async with sessions() as session:
        due = await inbox.due_streams(session, keeper)
        await inbox.take(session, keeper, (), now=NOON, revisit=due)
        await commit(session)
    assert await noted(sessions) == [("a", sequence) for sequence in range(1, 8)]
    assert await rows(sessions, "SELECT 1 FROM dead_letter WHERE resolved_at IS NULL") == []


async def test_a_body_that_still_cannot_be_read_goes_on_waiting(sessions: Sessions) -> None:
    keeper = note_keeper()
    broken = message_of_event(order_paid(order_id="a"), sequence=1, payload=b"{")
    await take(sessions, [broken], consumer=keeper)
    outcome = await replay(sessions, broken, consumer=keeper)
    assert (outcome.applied, outcome.waiting, outcome.failed) == (0, 1, broken.event_id)


async def test_there_is_no_replay_of_what_is_not_waiting(sessions: Sessions) -> None:
    keeper = note_keeper()
    async with sessions() as session:
        with pytest.raises(NotFound):
            await dead_letters.replay_key_of(session, [keeper], event_id=new_id(), by="admin-1", now=NOON)
