"""Events as Kafka hands them over: twice, out of sequence, poisonous, late; and what an integrator rebuilds."""

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from uuid import uuid4

from sqlalchemy import text

from services.rewards.consumers import TOPICS, accrues_by
from services.rewards.ledger.service import balance_digest
from services.rewards.settlement.service import Closing, close_period
from shared.calendar import Duration
from shared.consumer import Consumer
from shared.db.session import commit
from shared.events.accounts import KpiWarningRaised, SalesTargetSet
from shared.events.envelope import Event
from shared.events.registry import EVENT_CLASSES
from shared.events.rewards import RewardEvent
from shared.inbox import take
from shared.messages import Message
from shared.money import Money
from tests.rewards import facts_told as said
from tests.rewards.accounts_kept import ZONE
from tests.rewards.books_kept import Kept, kept_in
from tests.servers import TestPostgres, fresh_database
from tests.shared.pipe.build import message_of_event

NOW = datetime(2021, 3, 31, tzinfo=UTC)


def numbered(events: Iterable[Event]) -> list[Message]:
    """Each event with the next number of its aggregate."""
    last: dict[tuple[str, str], int] = {}
    messages = []
    for event in events:
        stream = (event.topic, event.aggregate_id())
        last[stream] = last.get(stream, 0) + 1
        messages.append(message_of_event(event, sequence=last[stream], event_id=uuid4()))
    return messages


async def take_in(kept: Kept, messages: Sequence[Message], *, isolated: bool = False) -> dict[str, int]:
    consumer = Consumer(service="rewards", topics=TOPICS, handler=accrues_by(kept.policies))
    async with kept.sessions() as session:
        taken = await take(session, consumer, messages, now=NOW, isolated=isolated)
        await commit(session)
    return dict(taken)


async def close(kept: Kept, period: str) -> None:
    closing = Closing(datetime(2021, 8, 1, tzinfo=UTC), "finance", Duration.parse("P5D"), ZONE)
    async with kept.sessions() as session:
        await close_period(session, period=period, closing=closing, policies=kept.policies)
        await commit(session)


async def digest(kept: Kept) -> str:
    async with kept.sessions() as session:
        return await balance_digest(session)


FIRST = said.bought("o1", "2021-03-10", 400, 35_200_000)


async def test_the_same_messages_twice_post_once(kept: Kept) -> None:
    messages = numbered([said.listed(), said.elected(), *FIRST])
    await take_in(kept, messages)
    again = await take_in(kept, messages)
    assert (len(await kept.postings()), again.get("duplicate")) == (1, 5)


async def test_a_payment_that_overtook_its_order_waits_for_it(kept: Kept) -> None:
    listed, elected, placed, delivered, paid = numbered([said.listed(), said.elected(), *FIRST])
    await take_in(kept, [listed, elected, paid, delivered])
    assert await kept.postings() == []
    await take_in(kept, [placed])
    assert [posting.amount_minor for posting in await kept.postings()] == [8_800_000]


async def test_a_poisonous_event_is_parked_and_other_accounts_go_on(kept: Kept) -> None:
    wrong = said.paid("o1", "2021-03-11", 1, currency="USD", payment="p2")
    other = said.bought("o9", "2021-03-10", 1, 1_000, account="acc-2")
    around = [said.listed(), said.elected(), said.listed(account="acc-2"), said.elected(account="acc-2")]
    await take_in(kept, numbered([*around, *FIRST]))
    poisonous = numbered([*FIRST, wrong])[-1]
    taken = await take_in(kept, [poisonous, *numbered(other)], isolated=True)
    assert (taken["poison"], taken["applied"]) == (1, 3)
    assert {posting.beneficiary for posting in await kept.postings()} == {"account:acc-1", "account:acc-2"}


async def test_rates_lists_and_elections_that_come_last_pay_for_everything_before(kept: Kept) -> None:
    pounds = said.bought("o1", "2021-03-10", 4, 1_000_000, currency="GBP")
    rate = said.rate("2020-01-01", "10.00", base="GBP")
    *orders, elected, listed, rated = numbered([*pounds, said.elected(), said.listed(), rate])
    for batch in (orders, [elected], [listed]):
        await take_in(kept, batch)
    assert await kept.balances() == {}
    await take_in(kept, [rated])
    assert list((await kept.balances()).values()) == [2_500_000]


def a_spring() -> list[list[Event]]:
    """Lives of forty orders of eight accounts over three months, with returns, a freeze and a contract."""
    chance = random.Random(7)
    lives: list[list[Event]] = [[said.rate("2009-01-01", "10.00", base="GBP")], [said.product()]]
    for number in range(8):
        account = f"acc-{number}"
        lives += [
            [said.opened(account=account)],
            [said.listed(account=account)],
            [said.elected(since=f"2021-0{1 + number % 3}-01", account=account)],
        ]
    lives.append([said.frozen("2021-02-01", account="acc-3"), said.unfrozen("2021-02-20", account="acc-3")])
    lives.append([said.signed(account="acc-1")])
    for number in range(40):
        account, pieces, net = f"acc-{number % 8}", chance.randint(1, 6), chance.randint(1_000, 40_000_000)
        when = f"2021-0{chance.randint(1, 3)}-{chance.randint(1, 28):02}"
        currency = chance.choice(["CNY", "GBP"])
        contract = "con-1" if number % 8 == 1 else ""
        life: list[Event] = list(
            said.bought(
                f"o{number}", when, pieces, net, account=account, currency=currency, contract=contract, new_brand=True
            )
        )
        if chance.random() < 0.3:
            life.append(said.returned(f"o{number}", "2021-03-30", [(1, pieces, net)], account=account))
        lives.append(life)
    return lives


def shuffled(messages: list[Message], seed: int) -> list[Message]:
    """Across topics and within keys, and every third one twice."""
    chance = random.Random(seed)
    found = [*messages, *messages[::3]]
    chance.shuffle(found)
    return found


async def test_shuffled_and_doubled_events_before_the_closes_give_the_same_balances(postgres: TestPostgres) -> None:
    messages = numbered([event for life in a_spring() for event in life])
    digests = set()
    for seed in (0, 1, 2):
        told = shuffled(messages, seed) if seed else messages
        async with fresh_database(postgres, "rewards") as url, kept_in(url) as kept:
            for start in range(0, len(told), 37):
                await take_in(kept, told[start : start + 37])
            await close(kept, "2021-03")
            assert await kept.balances()
            digests.add(await digest(kept))
    assert len(digests) == 1


async def test_an_integrator_who_has_only_the_events_rebuilds_every_balance(kept: Kept) -> None:
    messages = numbered([event for life in a_spring() for event in life])
    await take_in(kept, messages)
    await close(kept, "2021-02")
    await take_in(kept, numbered([*FIRST[:1]]))
    balances: dict[tuple[str, str, str, str, str], int] = {}
    for kind, payload in await kept.published():
        event = EVENT_CLASSES[kind].from_bytes(payload)
        if isinstance(event, RewardEvent):
            key = (event.beneficiary, event.policy.partition("@")[0], event.window, event.amount.currency, event.state)
            amount, after = (Money.parse(one.amount, one.currency) for one in (event.amount, event.balance_after))
            balances[key] = balances.get(key, 0) + amount.amount_minor
            assert balances[key] == after.amount_minor
    assert {key: amount for key, amount in balances.items() if amount} == dict(await kept.balances())


_STATED = text("SELECT sum((one ->> 'amount')::numeric) * 100 FROM statement, jsonb_array_elements(totals) AS one")


async def test_statements_of_all_closed_months_sum_to_what_the_ledger_says_is_payable(kept: Kept) -> None:
    await take_in(kept, numbered([event for life in a_spring() for event in life]))
    await close(kept, "2021-01")
    late = [said.paid(f"o{number}", "2021-03-31", 1, account=f"acc-{number % 8}", payment="late") for number in (0, 9)]
    await take_in(kept, [message_of_event(event, sequence=9, event_id=uuid4()) for event in late])
    await close(kept, "2021-03")
    async with kept.sessions() as session:
        stated = int(await session.scalar(_STATED) or 0)
    payable = sum(amount for balance, amount in (await kept.balances()).items() if balance.state == "payable")
    assert stated == payable > 0


async def test_what_accounts_tells_of_a_person_or_a_branch_is_taken_too(postgres: TestPostgres) -> None:
    told = [
        KpiWarningRaised(
            occurred_at=NOW,
            warning_id="w",
            kpi="kpi.plan_completion",
            scope="branch",
            scope_id="kinshasa",
            period="2021-Q1",
            policy="kpi-quarter@1",
            code="plan_warning",
            value="0.5",
            light="red",
        ),
        SalesTargetSet(
            occurred_at=NOW,
            target_id="t",
            scope="rep",
            scope_id="rep",
            period="2021-Q2",
            valid_from=date(2021, 4, 1),
            valid_until=date(2021, 7, 1),
            amount_minor=100,
            currency="CNY",
        ),
    ]
    async with fresh_database(postgres, "rewards") as url, kept_in(url) as kept:
        assert await take_in(kept, numbered(told)) == {"applied": 2}
