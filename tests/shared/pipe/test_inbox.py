"""Each event has its effect once and in sequence, whatever the topic holds (S-E1 … S-E8)."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence

import pytest

from shared import inbox
from shared.consumer import Consumer
from shared.db.session import Sessions, commit
from shared.ids import new_id
from shared.messages import Message
from tests.shared.pipe.build import NOON, message_of_event, order_confirmed, order_paid
from tests.shared.pipe.notes import Poisonous, note_keeper, noted, rows


async def take(
    sessions: Sessions, messages: Sequence[Message], *, consumer: Consumer | None = None, isolated: bool = False
) -> Counter[str]:
    async with sessions() as session:
        tally = await inbox.take(session, consumer or note_keeper(), messages, now=NOON, isolated=isolated)
        await commit(session)
    return tally


def paid(sequence: int, *, order: str = "a", account: str = "account-1", payment: str = "fine") -> Message:
    event = order_paid(order_id=order, account_id=account, payment_id=payment)
    return message_of_event(event, sequence=sequence)


async def test_a_message_handed_over_twice_has_its_effect_once(sessions: Sessions) -> None:
    message = paid(1)
    assert await take(sessions, [message]) == {"applied": 1}
    assert await take(sessions, [message]) == {"duplicate": 1}
    assert await noted(sessions) == [("a", 1)]


async def test_the_same_message_twice_in_one_batch_has_its_effect_once(sessions: Sessions) -> None:
    message = paid(1)
    assert await take(sessions, [message, paid(2), message]) == {"applied": 2, "duplicate": 1}
    assert await noted(sessions) == [("a", 1), ("a", 2)]


async def test_two_consumers_of_one_database_each_take_every_event(sessions: Sessions) -> None:
    message = paid(1)
    for name in ("one", "two"):
        assert await take(sessions, [message], consumer=note_keeper(name=name)) == {"applied": 1}


async def test_an_event_before_its_predecessor_waits_and_flows_by_itself(sessions: Sessions) -> None:
    first, second, third = paid(1), paid(2), paid(3)
    assert await take(sessions, [third]) == {"held": 1}
    assert await take(sessions, [second]) == {"held": 1}
    assert await noted(sessions) == []
    assert await take(sessions, [first]) == {"applied": 3}
    assert await noted(sessions) == [("a", 1), ("a", 2), ("a", 3)]
    assert await rows(sessions, "SELECT 1 FROM held_event") == []


@pytest.mark.parametrize("seed", range(5))
async def test_any_shuffle_with_duplicates_in_any_batches_is_applied_in_sequence(sessions: Sessions, seed: int) -> None:
    chance = random.Random(seed)
    messages = [paid(sequence, order=order) for order in "abc" for sequence in range(1, 11)]
    shuffled = chance.sample(messages, 30) + chance.sample(messages, 15)
    while shuffled:
        size = chance.randint(1, 9)
        batch, shuffled = shuffled[:size], shuffled[size:]
        await take(sessions, batch)
    applied = await noted(sessions)
    assert sorted(applied) == [(order, sequence) for order in "abc" for sequence in range(1, 11)]
    for order in "abc":
        assert [sequence for name, sequence in applied if name == order] == list(range(1, 11))


async def test_a_known_id_with_another_body_is_rejected_and_parks_nothing_s_e2(sessions: Sessions) -> None:
    event_id = new_id()
    original = message_of_event(order_paid(order_id="a"), sequence=1, event_id=event_id)
    impostor = message_of_event(order_paid(order_id="a", amount_minor=1), sequence=1, event_id=event_id)
    await take(sessions, [original])
    assert await take(sessions, [impostor, paid(2)]) == {"other_body": 1, "applied": 1}
    assert await take(sessions, [impostor]) == {"other_body": 1}
    assert await noted(sessions) == [("a", 1), ("a", 2)]
    assert await rows(sessions, "SELECT reason, blocks FROM dead_letter") == [("other_body", False)]
    assert await rows(sessions, "SELECT topic FROM outbox") == [("orders.v1.dlq",)]


async def test_an_impostor_in_the_same_batch_is_rejected_s_e2(sessions: Sessions) -> None:
    event_id = new_id()
    both = [
        message_of_event(order_paid(order_id="a", amount_minor=amount), sequence=1, event_id=event_id)
        for amount in (1, 2)
    ]
    assert await take(sessions, both) == {"applied": 1, "other_body": 1}


async def test_an_older_sequence_under_a_new_id_is_recorded_and_ignored_s_e3(sessions: Sessions) -> None:
    await take(sessions, [paid(1), paid(2)])
    assert await take(sessions, [paid(2)]) == {"stale": 1}
    assert await noted(sessions) == [("a", 1), ("a", 2)]
    assert await rows(sessions, "SELECT count(*) FROM inbox") == [(3,)]


async def test_unknown_fields_are_ignored_s_e8(sessions: Sessions) -> None:
    event = order_confirmed(order_id="a")
    newer = event.to_bytes()[:-1] + b',"mood":"sunny"}'
    assert await take(sessions, [message_of_event(event, sequence=1, payload=newer)]) == {"applied": 1}


async def test_an_unknown_type_is_acknowledged_counted_and_leaves_no_gap_s_e8(sessions: Sessions) -> None:
    unheard = message_of_event(order_confirmed(order_id="a"), sequence=1, ce_type="OrderSang")
    assert await take(sessions, [unheard, paid(2)]) == {"unknown": 1, "applied": 1}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"ce_dataschema": "urn:mainstay:event:OrderConfirmed:2"}, id="an unknown major version"),
        pytest.param({"payload": b"{"}, id="a body that is no JSON"),
        pytest.param({"payload": b'{"occurred_at":"2021-03-10T12:00:00Z"}'}, id="a body without its fields"),
        pytest.param({"topic": "contracts.v1"}, id="an event of another topic"),
        pytest.param({"ce_sequence": None}, id="a missing sequence"),
        pytest.param({"ce_sequence": "0"}, id="a sequence before the first"),
        pytest.param({"ce_id": "not-an-id"}, id="an id that is none"),
        pytest.param({"ce_id": "nul\x00"}, id="text the database cannot hold"),
        pytest.param({"ce_dataschema": "https://elsewhere/1"}, id="a foreign schema"),
    ],
)
async def test_what_can_never_be_applied_becomes_a_dead_letter(sessions: Sessions, changes: dict[str, str]) -> None:
    broken = message_of_event(order_confirmed(order_id="a"), sequence=1, **changes)
    assert await take(sessions, [broken]) == {"poison": 1}
    assert await take(sessions, [broken]) == {"duplicate": 1}
    assert await rows(sessions, "SELECT reason, blocks, attempts FROM dead_letter") == [("poison", True, 1)]
    assert await rows(sessions, "SELECT payload FROM outbox WHERE topic LIKE '%.dlq'") == [(broken.payload,)]


async def test_poison_fails_the_batch_and_alone_it_parks_its_key_while_others_flow_s_e5(sessions: Sessions) -> None:
    keeper = note_keeper(poison={"bad"})
    batch = [
        paid(1, order="a"),
        paid(2, order="a", payment="bad"),
        paid(3, order="a"),
        paid(1, order="b"),
        paid(1, order="c", account="account-2"),
    ]
    with pytest.raises(Poisonous):
        await take(sessions, batch, consumer=keeper)
    assert await noted(sessions) == []
    assert await take(sessions, batch, consumer=keeper, isolated=True) == {"applied": 2, "poison": 1, "parked": 2}
    assert await noted(sessions) == [("a", 1), ("c", 1)]
    assert await take(sessions, [paid(4, order="a")], consumer=keeper) == {"parked": 1}
    assert await take(sessions, [paid(2, order="c", account="account-2")], consumer=keeper) == {"applied": 1}
    parked = await rows(sessions, "SELECT aggregateid, aggregate_seq, reason FROM dead_letter ORDER BY arrival")
    assert parked == [("a", 2, "poison"), ("a", 3, "parked"), ("b", 1, "parked"), ("a", 4, "parked")]
    assert await rows(sessions, "SELECT aggregateid, aggregate_seq FROM outbox") == [("a", 1)]


async def test_a_held_event_whose_predecessor_is_parked_is_parked_behind_it(sessions: Sessions) -> None:
    keeper = note_keeper(poison={"bad"})
    await take(sessions, [paid(2)], consumer=keeper)
    outcome = await take(sessions, [paid(1, payment="bad")], consumer=keeper, isolated=True)
    assert outcome == {"poison": 1, "parked": 1}


async def test_members_that_overlap_for_a_moment_apply_nothing_twice_and_nothing_late(sessions: Sessions) -> None:
    messages = [paid(sequence, order=order) for order in "abcd" for sequence in range(1, 6)]
    await asyncio.gather(*(take(sessions, messages[start::2]) for start in (0, 1)), take(sessions, messages))
    async with sessions() as session:
        due = await inbox.due_streams(session, note_keeper())
        await inbox.take(session, note_keeper(), (), now=NOON, revisit=due)
        await commit(session)
    applied = await noted(sessions)
    assert sorted(applied) == [(order, sequence) for order in "abcd" for sequence in range(1, 6)]
    for order in "abcd":
        assert [sequence for name, sequence in applied if name == order] == list(range(1, 6))


async def test_what_a_poisonous_event_recorded_before_it_failed_is_not_published(sessions: Sessions) -> None:
    from shared import outbox
    from shared.consumer import one_by_one
    from shared.events.orders import OrderPaid

    async def echo(session: object, event: OrderPaid, received: object) -> None:
        outbox.record(session, order_confirmed(order_id=event.order_id))  # type: ignore[arg-type]
        if event.payment_id == "bad":
            raise Poisonous("after recording")

    keeper = Consumer(service="pricing", topics=("orders.v1",), handler=one_by_one({OrderPaid: echo}))
    batch = [paid(1, order="a"), paid(1, order="b", account="account-2", payment="bad")]
    await take(sessions, batch, consumer=keeper, isolated=True)
    assert await rows(sessions, "SELECT topic, aggregateid FROM outbox ORDER BY pos") == [
        ("orders.v1", "a"),
        ("orders.v1.dlq", "b"),
    ]
