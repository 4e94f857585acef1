"""One fact name has one definition: accounts, pricing and rewards say the same of an account's purchases."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.accounts.ratings.consumer import note_order
from services.accounts.ratings.movements import worth_of
from services.accounts.ratings.purchases import Bought
from services.pricing.orders.measures import purchases_of
from services.rewards.facts.fold import order_after
from services.rewards.facts.orders import Order, delivered
from shared.calendar import Period, local_day
from shared.errors import Problem
from shared.events.envelope import Event
from shared.events.orders import (
    LineQuantity,
    OrderCancelled,
    OrderDelivered,
    OrderEvent,
    OrderLine,
    OrderPaid,
    OrderPlaced,
    OrderReturned,
    ReturnedLine,
)
from tests.pricing.conftest import Pricing, pricing  # noqa: F401  (a fixture)
from tests.pricing.orders.lives import Life, quoted
from tests.real_orders import real_events  # noqa: F401  (a fixture)

ZONE = "Africa/Kinshasa"
START = datetime(2021, 3, 1, 12, tzinfo=UTC)
ByDelivery = list[tuple[date, int, int]]


@st.composite
def histories(draw: st.DrawFn) -> list[OrderEvent]:
    """An order placed, and what may happen to it: partial deliveries, payments, returns of what is held, an end."""
    lines = draw(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 100_000)), min_size=1, max_size=3))
    placed = OrderPlaced(
        occurred_at=START,
        order_id="order",
        account_id="account",
        number="O-1",
        branch="kinshasa",
        currency="CNY",
        placed_at=START,
        priced_at=START,
        lines=tuple(
            OrderLine(line=number, sku="S", quantity=quantity, list_minor=net, net_minor=net)
            for number, (quantity, net) in enumerate(lines, 1)
        ),
    )
    events: list[OrderEvent] = [placed]
    waiting = {number: quantity for number, (quantity, _) in enumerate(lines, 1)}
    held = dict.fromkeys(waiting, 0)
    worth = {number: net for number, (_, net) in enumerate(lines, 1)}
    left = {number: quantity for number, (quantity, _) in enumerate(lines, 1)}
    at = START
    for step in range(draw(st.integers(0, 8))):
        at += timedelta(days=draw(st.integers(0, 20)), minutes=1)
        what = draw(st.sampled_from(("deliver", "pay", "return")))
        line = draw(st.sampled_from(sorted(waiting)))
        if what == "deliver" and waiting[line]:
            quantity = draw(st.integers(1, waiting[line]))
            waiting[line] -= quantity
            held[line] += quantity
            parts = (LineQuantity(line=line, quantity=quantity),)
            events.append(
                OrderDelivered(
                    occurred_at=at, order_id="order", account_id="account", delivery_id=f"{step}", delivered_at=at,
                    lines=parts,
                )
            )  # fmt: skip
        elif what == "pay":
            amount = draw(st.integers(1, 150_000))
            events.append(
                OrderPaid(
                    occurred_at=at, order_id="order", account_id="account", payment_id=f"{step}", paid_at=at,
                    amount_minor=amount, currency="CNY",
                )
            )  # fmt: skip
        elif what == "return" and held[line]:
            quantity = draw(st.integers(1, held[line]))
            net = worth[line] if quantity == left[line] else worth[line] * quantity // left[line]
            held[line] -= quantity
            left[line] -= quantity
            worth[line] -= net
            events.append(
                OrderReturned(
                    occurred_at=at, order_id="order", account_id="account", return_id=f"{step}", returned_at=at,
                    lines=(ReturnedLine(line=line, quantity=quantity, net_minor=net),),
                )
            )  # fmt: skip
    if draw(st.booleans()) and len(events) == 1:
        events.append(
            OrderCancelled(occurred_at=at, order_id="order", account_id="account", cancelled_at=at, reason="changed")
        )
    return events


def as_accounts_sees_it(events: Sequence[OrderEvent]) -> ByDelivery:
    known: dict[str, Bought] = {}
    for event in events:
        note_order(known, event, recorded_at=event.occurred_at, zone=ZONE)
    return [(one.delivered_on, one.net_minor, one.paid_minor) for one in worth_of(known[events[0].order_id])]


def as_rewards_sees_it(events: Sequence[OrderEvent]) -> ByDelivery:
    order: Order | None = None
    for event in events:
        order = order_after(order, event)
    assert order is not None
    found: dict[str, tuple[date, int, int]] = {}
    for atom in delivered(order):
        day, net, paid = found.get(atom.delivery_id, (local_day(atom.at, ZONE), 0, 0))
        found[atom.delivery_id] = day, net + atom.held_minor, paid + atom.paid_minor
    return list(found.values())


@given(histories())
def test_each_delivery_is_worth_and_is_paid_the_same_in_accounts_and_in_rewards_i4(events: list[OrderEvent]) -> None:
    assert as_accounts_sees_it(events) == as_rewards_sees_it(events)


@st.composite
def amended_lives(draw: st.DrawFn) -> list[OrderEvent]:
    """What pricing itself tells of an order that is amended between its deliveries, payments and returns."""
    lines = draw(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 100_000)), min_size=1, max_size=3))
    life = Life.begun(quoted(*lines), {number: max(1, quantity // 2) for number, (quantity, _) in enumerate(lines, 1)})
    life.confirm()
    for _ in range(draw(st.integers(1, 10))):
        life.wait(draw(st.integers(0, 20)))
        line, quantity = draw(st.integers(1, len(life.order.lines))), draw(st.integers(0, 12))
        command = draw(st.sampled_from(("deliver", "pay", "send_back", "amend", "amend")))
        with suppress(Problem):
            match command:
                case "deliver" | "send_back" if quantity:
                    getattr(life, command)(line, quantity)
                case "pay":
                    life.pay(draw(st.integers(1, 60_000)))
                case "amend":
                    life.amend({draw(st.integers(1, len(lines))): quantity})
    return life.heard


@given(amended_lives())
def test_s_e4_an_amended_order_is_worth_the_same_in_accounts_and_in_rewards(events: list[OrderEvent]) -> None:
    assert as_accounts_sees_it(events) == as_rewards_sees_it(events)


Month = tuple[str, int, int]
MONTHS = Period("2009-12 to 2010-03", date(2009, 12, 1), date(2010, 4, 1))


async def test_accounts_pricing_and_rewards_add_up_the_same_months_of_real_orders_i4(
    real_events: list[Event],  # noqa: F811
    pricing: Pricing,  # noqa: F811
) -> None:
    told = [event for event in real_events if isinstance(event, OrderEvent)]
    of_accounts, of_rewards = Counter(_months_of_accounts(told)), Counter(_months_of_rewards(told))
    assert sum(of_accounts.values()) > 30_000_000
    assert of_accounts == of_rewards
    assert of_accounts == await _months_of_pricing(pricing, {event.account_id for event in told})


def _months_of_accounts(told: Iterable[OrderEvent]) -> dict[Month, int]:
    known: dict[str, Bought] = {}
    for event in told:
        note_order(known, event, recorded_at=event.occurred_at, zone=ZONE)
    found: Counter[Month] = Counter()
    for order in known.values():
        for part in worth_of(order):
            found[_month(order.account_id, part.delivered_on)] += part.paid_minor
    return found


def _months_of_rewards(told: Iterable[OrderEvent]) -> dict[Month, int]:
    known: dict[str, Order] = {}
    for event in told:
        known[event.order_id] = order_after(known.get(event.order_id), event)
    found: Counter[Month] = Counter()
    for order in known.values():
        for atom in delivered(order):
            found[_month(order.account_id, local_day(atom.at, ZONE))] += atom.paid_minor
    return found


async def _months_of_pricing(pricing: Pricing, accounts: set[str]) -> Counter[Month]:  # noqa: F811
    """At the price before P4; orders of accounts that elected the subsidy have no other."""
    found: Counter[Month] = Counter()
    async with pricing.app.state.mainstay.sessions() as session:
        by_account = await purchases_of(session, account_ids=[UUID(one) for one in accounts], months=MONTHS, zone=ZONE)
    for account, purchases in by_account.items():
        for one in purchases:
            found[_month(str(account), one.day)] += one.before_p4_minor - one.returned_minor
    return found


def _month(account: str, day: date) -> Month:
    return account, day.year, day.month
