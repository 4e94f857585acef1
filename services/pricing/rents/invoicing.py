"""Each month of a group becomes one order, once: placed, confirmed and delivered in that month (P3)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.accounts.repository import account_by_id
from services.pricing.catalogue.domain import cost_on
from services.pricing.catalogue.repository import costs_of
from services.pricing.orders import events
from services.pricing.orders import repository as orders
from services.pricing.orders.domain import Order, OrderLine, confirm, deliver
from services.pricing.orders.repository import Movement
from services.pricing.quotes.repository import quote_by_id
from services.pricing.rents import repository
from services.pricing.rents.domain import Subscription, UnknownPlan
from services.pricing.rents.models import RentRow
from services.pricing.rents.renting import rent_document, rent_of_month
from services.pricing.rents.service import facts_of
from shared.calendar import Period, day_start, local_day, period_of
from shared.events import orders as told
from shared.ids import new_id
from shared.outbox import record
from shared.policy.evaluation import Case
from shared.policy.rulebook import NotGoverned, Rulebook
from shared.policy.worth import Award
from shared.trace import Decision, Subject

AT_ONCE, MOST_A_RUN = 200, 2_000
RulesOn = Callable[[date], Rulebook]

log = structlog.get_logger(__name__)


async def invoice_rents(session: AsyncSession, *, rules_on: RulesOn, now: datetime, zone: str) -> int:
    """A worker's job: every month that is due and has no invoice; how many were written.

    A rent by the first day is due when its month begins, one by days when it is over.
    """
    clock, written, after = Clockwork(rules_on, local_day(now, zone), zone), 0, None
    until = period_of("month", clock.today).until
    while written < MOST_A_RUN:
        groups = await repository.due(session, before=until, after=after, at_most=AT_ONCE)
        for group in groups:
            written += await _invoice(session, group, clock)
        if len(groups) < AT_ONCE:
            break
        after = groups[-1].id
    return written


@dataclass(frozen=True, slots=True)
class Clockwork:
    """The local day, its zone, and the rules of each day."""

    rules_on: RulesOn
    today: date
    zone: str


async def _invoice(session: AsyncSession, group: Subscription, clock: Clockwork) -> int:
    """Its months up to today's, each by the rules of its own first day (S-D7)."""
    written = 0
    while (month := group.month_due()) is not None and month.first <= clock.today:
        try:
            rent = _rent(group, month, clock)
        except (NotGoverned, UnknownPlan) as missing:
            log.warning("rent_not_governed", group=str(group.id), month=month.key, why=str(missing))
            break
        if rent is None:
            break
        order = await _order(session, group, month, rent, zone=clock.zone)
        row = RentRow(
            subscription_id=group.id,
            month=month.first,
            order_id=order.id,
            rent_minor=order.net_minor,
            trace=rent.decision.to_plain(),
        )
        await repository.add_rent(session, row)
        group = replace(group, next_month=month.until, version=group.version + 1)
        await repository.save_subscription(session, group)
        written += 1
    return written


@dataclass(frozen=True, slots=True)
class Rent:
    """Of one month: the designated one, what is asked for it, and the local day it counts for."""

    designated_minor: int
    asked_minor: int
    decision: Decision[Award]
    day: date


def _rent(group: Subscription, month: Period, clock: Clockwork) -> Rent | None:
    """None while a rent by days cannot be known yet, and where no document says what the month costs."""
    rules = clock.rules_on(month.first)
    facts, subject = facts_of(group, rules, clock.zone), Subject("subscription", str(group.id))
    document = rent_document(rules, Case(facts, subject, day_start(month.first, clock.zone)))
    daily = document.document.outcome.proration == "daily"
    if daily and not month.is_over(clock.today):
        return None
    decision = rent_of_month(document, facts, subject, month)
    amount = decision.outcome.amount
    if amount is None:
        return None
    agreed = group.agreed_minor(month) if not group.sold.at_plan_rent and group.is_as_sold(month) else None
    asked = amount.amount_minor if agreed is None else agreed
    return Rent(amount.amount_minor, asked, decision, month.last if daily else month.first)


async def _order(session: AsyncSession, group: Subscription, month: Period, rent: Rent, *, zone: str) -> Order:
    """Of one piece of the plan, on the quote and the contract it was sold by (P10)."""
    account = await account_by_id(session, group.account_id)
    quote = await quote_by_id(session, group.sold.quote_id)
    if account is None or quote is None:
        raise LookupError(f"group {group.id} has lost its account or quote")
    at = day_start(rent.day, zone)
    cost = cost_on((await costs_of(session, [group.sku], group.currency)).get(group.sku, ()), group.currency, rent.day)
    sold = next(line for line in quote.lines if line.line == group.sold.quote_line)
    line = OrderLine(
        line=1,
        sku=group.sku,
        quantity=1,
        list_minor=rent.designated_minor,
        before_p4_minor=rent.asked_minor,
        net_minor=rent.asked_minor,
        cost_minor=None if cost is None else cost.cost_minor,
        salespeople=account.salespeople(rent.day) or sold.salespeople,
        election=account.election(rent.day),
        quote_line=sold.line,
    )
    placed = Order(
        id=new_id(),
        account_id=account.id,
        number=await orders.next_number(session, rent.day),
        branch=group.branch,
        currency=group.currency,
        placed_at=at,
        priced_at=at,
        lines=(line,),
        quote_id=quote.id,
        contract_id=group.contract_id,
        terms=quote.terms,
    )
    return await _delivered(session, placed, at + timedelta(seconds=1))


async def _delivered(session: AsyncSession, placed: Order, at: datetime) -> Order:
    """Told as any order is, so that whoever counts purchases counts rents."""
    order = deliver(confirm(placed), {1: 1})
    await orders.add_orders(session, [order])
    delivery = Movement(order.id, new_id(), "delivered", at, at, [{"line": 1, "quantity": 1}])
    await orders.add_movements(session, [delivery])
    ids = {"order_id": str(order.id), "account_id": str(order.account_id)}
    record(session, events.placed(placed))
    record(session, told.OrderConfirmed(occurred_at=at, **ids))
    lines = (told.LineQuantity(line=1, quantity=1),)
    record(
        session,
        told.OrderDelivered(occurred_at=at, **ids, delivery_id=str(delivery.id), delivered_at=at, lines=lines),
    )
    return order
