"""What approvals learns of the others: the newest word counts, and hearing it twice changes nothing."""

from datetime import UTC, date, datetime

import pytest

from services.approvals.consumers import make_consumers
from services.approvals.facts import repository
from services.approvals.settings import ApprovalsSettings
from shared import inbox
from shared.events.accounts import (
    AccountChanged,
    AccountFrozen,
    AccountOpened,
    AccountUnfrozen,
    ClassChanged,
    KeyAccountListAgreed,
    Licence,
    TeamChanged,
    TeamMember,
)
from shared.events.catalogue import ExchangeRatePublished, PricePublished
from shared.events.orders import OrderCancelled, OrderLine, OrderPlaced
from shared.events.quotes import QuoteExpired, QuotePriced
from shared.ids import new_id
from tests.shared.pipe.build import message_of_event

NOW = datetime(2021, 3, 3, 9, tzinfo=UTC)
CONSUMER = make_consumers(ApprovalsSettings())[0]
ACCOUNT = {
    "number": "K-1",
    "legal_name": "Congo Mobile",
    "branch": "kinshasa",
    "channel": "dealer",
    "sales_class": "wholesale",
    "industry": "telecom",
    "industrial": True,
}


@pytest.fixture
def account_id():
    return str(new_id())


@pytest.fixture
def hear(session):
    """Take events in the order given, each twice."""
    heard = {}

    async def take(*events):
        messages = []
        for event in events:
            stream = (event.topic, event.aggregate_id())
            heard[stream] = heard.get(stream, 0) + 1
            message = message_of_event(event, sequence=heard[stream])
            messages += [message, message]
        tally = await inbox.take(session, CONSUMER, messages, now=NOW)
        assert tally["duplicate"] == len(events)

    return take


async def test_an_account_is_what_was_last_said_of_it(session, hear, account_id):
    await hear(
        AccountOpened(occurred_at=NOW, account_id=account_id, **ACCOUNT),
        AccountChanged(
            occurred_at=NOW,
            account_id=account_id,
            licence=Licence(number="CD-1", expires_on=date(2021, 12, 31), file_hash="f"),
            **ACCOUNT | {"branch": "goma"},
        ),
    )
    known = await repository.account(session, account_id)
    assert (known.branch, known.industrial, known.licence.number) == ("goma", True, "CD-1")


async def test_frozen_and_free_again(session, hear, account_id):
    await hear(
        AccountOpened(occurred_at=NOW, account_id=account_id, **ACCOUNT),
        AccountFrozen(occurred_at=NOW, account_id=account_id, reason="late", on=date(2021, 3, 3)),
    )
    assert (await repository.account(session, account_id)).frozen is True
    await hear(AccountChanged(occurred_at=NOW, account_id=account_id, **ACCOUNT))
    assert (await repository.account(session, account_id)).frozen is True
    await hear(AccountUnfrozen(occurred_at=NOW, account_id=account_id, reason="paid", on=date(2021, 3, 4)))
    assert (await repository.account(session, account_id)).frozen is False


async def test_a5_a_class_set_by_hand_stands_above_a_rating_of_the_same_day_until_its_end(session, hear, account_id):
    first, until = date(2021, 1, 1), date(2021, 9, 1)
    ids = {"occurred_at": NOW, "account_id": account_id, "valid_from": first}
    await hear(
        AccountOpened(occurred_at=NOW, account_id=account_id, **ACCOUNT),
        ClassChanged(**ids, grade="A", valid_until=until, proposal_id="override"),
        ClassChanged(**ids, grade="C", proposal_id="rating"),
    )
    known = await repository.account(session, account_id)
    assert [known.grade(day) for day in (first, date(2021, 8, 31), until)] == ["A", "A", "C"]


async def test_class_list_and_rep_are_dated(session, hear, account_id):
    rep = TeamMember(user_id="r1", duty="account_rep", valid_from=date(2020, 1, 1), valid_until=date(2021, 3, 1))
    now = TeamMember(user_id="r2", duty="account_rep", valid_from=date(2021, 3, 1))
    kam = TeamMember(user_id="kam", duty="key_account_manager", valid_from=date(2020, 1, 1))
    await hear(
        AccountOpened(occurred_at=NOW, account_id=account_id, **ACCOUNT),
        TeamChanged(occurred_at=NOW, account_id=account_id, members=(kam, rep, now)),
        ClassChanged(occurred_at=NOW, account_id=account_id, grade="B", valid_from=date(2020, 1, 1), proposal_id="p1"),
        ClassChanged(occurred_at=NOW, account_id=account_id, grade="A", valid_from=date(2021, 1, 1), proposal_id="p2"),
        KeyAccountListAgreed(
            occurred_at=NOW,
            account_id=account_id,
            list_id="2021-H1",
            listed=True,
            valid_from=date(2021, 1, 1),
            valid_until=date(2021, 7, 1),
        ),
    )
    known = await repository.account(session, account_id)
    assert [known.grade(date(2020, 12, 31)), known.grade(date(2021, 1, 1))] == ["B", "A"]
    assert [known.rep(date(2021, 2, 28)), known.rep(date(2021, 3, 1))] == ["r1", "r2"]
    assert [known.is_key_account(day) for day in (date(2021, 6, 30), date(2021, 7, 1))] == [True, False]


async def test_an_account_dropped_from_a_list_is_not_on_it(session, hear, account_id):
    days = {"valid_from": date(2021, 1, 1), "valid_until": date(2021, 7, 1)}
    agreed = [
        KeyAccountListAgreed(occurred_at=NOW, account_id=account_id, list_id="2021-H1", listed=listed, **days)
        for listed in (True, False)
    ]
    await hear(AccountOpened(occurred_at=NOW, account_id=account_id, **ACCOUNT), *agreed)
    assert not (await repository.account(session, account_id)).is_key_account(date(2021, 3, 1))


async def test_rates_are_kept_by_pair_and_day(session, hear):
    rate = {"occurred_at": NOW, "base": "EUR", "quote": "CDF", "source": "bank"}
    await hear(
        ExchangeRatePublished(rate="2400", date=date(2021, 1, 1), **rate),
        ExchangeRatePublished(rate="2500", date=date(2021, 2, 1), **rate),
        ExchangeRatePublished(rate="2401", date=date(2021, 1, 1), **rate),
    )
    rates = [one for one in await repository.exchange_rates(session) if one.base == "EUR"]
    assert [(str(one.rate), one.on.month) for one in rates] == [("2401", 1), ("2500", 2)]


async def test_the_strictest_floor_of_the_day_counts(session, hear):
    for price_list, floor, since in (("a", 90, 1), ("b", 95, 1), ("b", 80, 6)):
        await hear(
            PricePublished(
                occurred_at=NOW,
                sku=f"FLOORED-{price_list}" if since == 6 else "FLOORED",
                price_list=price_list,
                currency="USD",
                price_minor=100,
                floor_minor=floor,
                valid_from=date(2021, since, 1),
            )
        )
    asked = {"currency": "USD", "on": date(2021, 3, 3)}
    assert await repository.floors(session, ["FLOORED", "FLOORED-b"], **asked) == {"FLOORED": 95}


async def test_a_quote_has_the_state_it_was_last_told_in(session, hear, account_id):
    quote_id = str(new_id())
    await hear(
        QuotePriced(
            occurred_at=NOW,
            quote_id=quote_id,
            account_id=account_id,
            number="Q-1",
            branch="kinshasa",
            state="priced",
            currency="CNY",
            price_list="standard",
            lines=(),
            total_minor=0,
            expires_on=date(2021, 4, 1),
            requested_by="rep",
        ),
        QuoteExpired(occurred_at=NOW, quote_id=quote_id, account_id=account_id),
    )
    state, quote = await repository.quote(session, quote_id)
    assert (state, quote.number) == ("expired", "Q-1")


async def test_a_cancelled_order_does_not_make_an_old_customer(session, hear, account_id):
    line = OrderLine(line=1, sku="X", quantity=1, list_minor=1, net_minor=1)
    orders = [
        OrderPlaced(
            occurred_at=NOW,
            order_id=str(new_id()),
            account_id=account_id,
            number=str(i),
            branch="kinshasa",
            currency="CNY",
            placed_at=NOW,
            priced_at=NOW,
            lines=(line,),
        )
        for i in range(2)
    ]
    await hear(*orders)
    assert await repository.orders_standing(session, account_id) == 2
    for order in orders:
        await hear(
            OrderCancelled(
                occurred_at=NOW, order_id=order.order_id, account_id=account_id, cancelled_at=NOW, reason="x"
            )
        )
    assert await repository.orders_standing(session, account_id) == 0
