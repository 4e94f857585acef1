"""What pricing knows of accounts from their owner's events, heard twice, late or all at once."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from services.pricing.accounts.consumer import applied
from services.pricing.accounts.domain import Account, Member
from services.pricing.accounts.repository import account_by_id
from shared.events.accounts import (
    AccountFrozen,
    AccountUnfrozen,
    ClassChanged,
    ElectionMade,
    KeyAccountListAgreed,
    TeamChanged,
    TeamMember,
    TierChanged,
)
from tests.pricing.conftest import Pricing, account_events

AT = datetime(2020, 12, 21, tzinfo=UTC)
KEY = uuid4()


def an_election(name: str, choice: str, first: date, until: date, replaces: str | None = None) -> ElectionMade:
    return ElectionMade(
        occurred_at=AT,
        account_id=str(KEY),
        election_id=name,
        programme="p4",
        choice=choice,
        valid_from=first,
        valid_until=until,
        elected_by="Ms Chen",
        replaces=replaces,
    )


def after(*events: object) -> Account:
    account: Account | None = Account(KEY, "A-1", "kinshasa")
    for event in events:
        account = applied(account, event)  # type: ignore[arg-type]
    assert account is not None
    return account


@pytest.mark.parametrize(
    ("day", "choice"),
    [
        pytest.param(date(2020, 12, 31), "none", id="before its first day there is none"),
        pytest.param(date(2021, 1, 1), "subsidy", id="from its first day"),
        pytest.param(date(2021, 5, 31), "subsidy", id="until the day before the switch"),
        pytest.param(date(2021, 6, 1), "discount", id="from the first day of the switch"),
        pytest.param(date(2022, 1, 1), "none", id="not on the day it ends"),
    ],
)
def test_a12_an_election_holds_on_its_days_and_a_switch_ends_the_one_before(day: date, choice: str) -> None:
    year_end = date(2022, 1, 1)
    first = an_election("one", "subsidy", date(2021, 1, 1), year_end)
    second = an_election("two", "discount", date(2021, 6, 1), year_end, replaces="one")
    assert after(first, second).election(day) == choice
    assert after(first, second, second).election(day) == choice


def test_a5_a_class_holds_from_its_first_day_and_the_past_keeps_its_own() -> None:
    classes = [
        ClassChanged(occurred_at=AT, account_id=str(KEY), grade=grade, valid_from=first, proposal_id=grade)
        for grade, first in (("A", date(2021, 1, 1)), ("B", date(2021, 7, 1)))
    ]
    account = after(*classes)
    days = (date(2020, 12, 31), date(2021, 6, 30), date(2021, 7, 1))
    assert [account.class_on(day) for day in days] == [None, "A", "B"]


def test_a5_a_class_set_by_hand_stands_above_a_rating_told_later_until_its_end() -> None:
    by_hand = ClassChanged(
        occurred_at=AT,
        account_id=str(KEY),
        grade="A",
        valid_from=date(2021, 1, 1),
        valid_until=date(2021, 9, 1),
        proposal_id="override",
    )
    rated = ClassChanged(
        occurred_at=AT, account_id=str(KEY), grade="C", valid_from=date(2021, 7, 1), proposal_id="rating"
    )
    account = after(by_hand, rated)
    assert [account.class_on(day) for day in (date(2021, 8, 31), date(2021, 9, 1))] == ["A", "C"]


def test_a4_an_account_dropped_from_a_list_is_no_key_account() -> None:
    half = {"list_id": "2021-H1", "valid_from": date(2021, 1, 1), "valid_until": date(2021, 7, 1)}
    listed, dropped = (
        KeyAccountListAgreed(occurred_at=AT, account_id=str(KEY), listed=listed, **half)  # type: ignore[arg-type]
        for listed in (True, False)
    )
    assert after(listed).is_key_account(date(2021, 6, 30))
    assert not after(listed).is_key_account(date(2021, 7, 1))
    assert not after(listed, dropped).is_key_account(date(2021, 6, 30))


def test_s_i1_the_salespeople_are_those_of_the_day_with_their_shares() -> None:
    members = (
        TeamMember(
            user_id="ann", duty="account_rep", share="1", valid_from=date(2020, 1, 1), valid_until=date(2021, 3, 1)
        ),
        TeamMember(user_id="bob", duty="account_rep", share="0.6", valid_from=date(2021, 3, 1)),
        TeamMember(user_id="cid", duty="account_rep", share="0.4", valid_from=date(2021, 3, 1)),
        TeamMember(user_id="kam", duty="key_account_manager", valid_from=date(2020, 1, 1)),
    )
    account = after(TeamChanged(occurred_at=AT, account_id=str(KEY), members=members))
    assert account.salespeople(date(2021, 2, 28)) == (("ann", "1"),)
    assert account.salespeople(date(2021, 3, 1)) == (("bob", "0.6"), ("cid", "0.4"))
    assert Member("kam", "key_account_manager", "1", date(2020, 1, 1)) in account.team


def test_a_fact_before_the_dossier_leaves_nothing_to_know() -> None:
    assert applied(None, an_election("one", "subsidy", date(2021, 1, 1), date(2022, 1, 1))) is None


async def test_a_batch_of_events_heard_twice_gives_the_same_account(pricing: Pricing) -> None:
    account_id = uuid4()
    key = {"account_id": str(account_id), "reason": "unpaid", "on": AT.date()}
    events = [*account_events(account_id, elects="subsidy"), AccountFrozen(occurred_at=AT, **key)]
    await pricing.hear(*events)
    async with pricing.sessions() as session:
        once = await account_by_id(session, account_id)
    await pricing.hear(*events)
    async with pricing.sessions() as session:
        twice = await account_by_id(session, account_id)
    assert once == twice
    assert once is not None
    assert (once.frozen, once.election(date(2021, 3, 1)), once.class_on(date(2021, 3, 1))) == (True, "subsidy", "A")
    await pricing.hear(AccountUnfrozen(occurred_at=AT, **key))
    async with pricing.sessions() as session:
        thawed = await account_by_id(session, account_id)
    assert thawed is not None
    assert not thawed.frozen


@pytest.mark.parametrize(
    ("day", "tier"),
    [
        pytest.param(date(2020, 12, 31), None, id="none before it began"),
        pytest.param(date(2021, 1, 1), "silver", id="from its first day"),
        pytest.param(
            date(2021, 5, 31), "silver", id="what was told later of the days after replaces what was told first"
        ),
        pytest.param(date(2021, 6, 1), "gold", id="from the day told last"),
        pytest.param(date(2021, 9, 1), None, id="none from the day it left"),
    ],
)
def test_p5_what_was_told_last_of_a_tiers_days_holds(day: date, tier: str | None) -> None:
    told = (
        ("silver", date(2021, 1, 1)),
        ("diamond", date(2021, 7, 1)),
        ("gold", date(2021, 6, 1)),
        (None, date(2021, 9, 1)),
    )
    events = [TierChanged(occurred_at=AT, account_id=str(KEY), tier=tier, valid_from=first) for tier, first in told]
    assert after(*events).tier_on(day) == tier


async def test_p5_tiers_are_kept_with_the_account(pricing: Pricing) -> None:
    account_id = await pricing.new_account()
    told = {"account_id": str(account_id), "occurred_at": AT}
    await pricing.hear(TierChanged(**told, tier="gold", valid_from=date(2021, 1, 1)))
    await pricing.hear(TierChanged(**told, tier=None, valid_from=date(2021, 6, 1)))
    async with pricing.sessions() as session:
        account = await account_by_id(session, account_id)
    assert account is not None
    assert [account.tier_on(date(2021, month, 1)) for month in (1, 6)] == ["gold", None]
