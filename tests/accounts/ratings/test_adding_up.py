"""What the database adds up is what the rules say, movement by movement, whatever happened to the orders."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.accounts.ratings.adding_up import purchases_of
from services.accounts.ratings.facts import Bought, Span
from services.accounts.ratings.movements import Movement, Worth, changes, worth_of
from services.accounts.ratings.one_account import added_up
from services.accounts.ratings.order_book import add_movements
from services.accounts.ratings.purchases import Bought as BoughtOrder
from services.accounts.ratings.purchases import BoughtLine
from shared.ids import new_id
from shared.money import ExchangeRate
from tests.accounts.ratings.build import at

FIRST = date(2020, 1, 1)
SPANS = tuple(
    Span(first, until, currency)
    for first, until in ((date(2019, 1, 1), FIRST), (FIRST, date(2020, 3, 1)))
    for currency in ("CNY", "JPY")
)
RATES = (
    ExchangeRate("USD", "CNY", Decimal("6.5123"), date(2019, 6, 1), "bank"),
    ExchangeRate("USD", "CNY", Decimal("7.01"), date(2020, 2, 1), "bank"),
    ExchangeRate("CNY", "JPY", Decimal("15.03"), date(2019, 1, 1), "bank"),
)
days = st.integers(-100, 100).map(lambda n: FIRST + timedelta(days=n))
moves = st.builds(
    Movement,
    order_id=st.sampled_from(["one", "two", "three"]),
    account_id=st.sampled_from(["a", "b"]),
    currency=st.sampled_from(["CNY", "USD", "JPY"]),
    due_on=st.none() | days,
    happened_on=days,
    recorded_at=st.just(at("2020-06-01")),
    change=st.builds(Worth, days, *[st.integers(-(10**9), 10**9)] * 4),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moved=st.lists(moves, max_size=12), as_of=days)
async def test_a2_the_database_adds_up_as_the_rules_say(accounts, moved, as_of):
    accounts_of_this = {name: str(new_id()) for name in ("a", "b")}
    mine = [
        Movement(one.order_id, accounts_of_this[one.account_id], *(getattr(one, name) for name in REST))
        for one in moved
    ]
    async with accounts.sessions() as session:
        if mine:
            await add_movements(session, movements=mine)
        ids = list(accounts_of_this.values())
        rows = await purchases_of(session, account_ids=ids, spans=SPANS, as_of=as_of, rates=RATES)
        await session.rollback()
    found = {(account, span): without_origin(bought) for account, span, bought in rows}
    for account in ids:
        theirs = [one for one in mine if one.account_id == account]
        for span in SPANS:
            expected = added_up(theirs, span=span, as_of=as_of, rates=RATES)
            assert found.get((account, span), Bought()) == expected


REST = ("currency", "due_on", "happened_on", "recorded_at", "change")


def without_origin(bought: Bought) -> Bought:
    return bought._replace(first_position=0, last_position=0, digest="")


@given(
    net_minor=st.integers(0, 10**7),
    taken=st.lists(st.tuples(st.sampled_from(["deliver", "pay", "return", "cancel"]), st.integers(1, 10)), max_size=8),
)
def test_what_the_events_of_an_order_moved_adds_up_to_what_it_is_worth(net_minor, taken):
    order = BoughtOrder("a", "CNY", FIRST, {"1": BoughtLine(40, net_minor, net_minor // 2)})
    moved: list[Worth] = []
    for what, quantity in taken:
        before = worth_of(order)
        if what == "deliver" and sum(one.lines["1"].quantity for one in order.deliveries) + quantity <= 40:
            order.deliver(FIRST + timedelta(days=len(order.deliveries)), [("1", quantity)])
        elif what == "pay":
            order.paid_minor += quantity * 1000
        elif what == "return" and order.deliveries and order.deliveries[0].lines["1"].quantity >= quantity:
            held = order.deliveries[0].lines["1"]
            order.take_back([("1", quantity, held.net_minor * quantity // held.quantity)])
        elif what == "cancel":
            order.cancelled = True
        moved += changes(before, worth_of(order))
    for place in range(1, 5):
        assert sum(change[place] for change in moved) == sum(one[place] for one in worth_of(order))


@pytest.mark.parametrize("due", [None, date(2020, 2, 1)])
def test_what_is_not_due_by_the_day_says_nothing_of_timeliness(due):
    change = Worth(FIRST, 100, 0, 0, 100)
    moved = [Movement("one", "a", "CNY", due, FIRST, at("2020-01-01"), change)]
    found = added_up(moved, span=SPANS[2], as_of=date(2020, 1, 31), rates=())
    assert (found.net_minor, found.late_minor) == (100, 0)
