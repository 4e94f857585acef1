"""A group begins on an accepted quote, changes by its customer's letter, and pays once a month (P3, C7)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.quotes.domain import Quote, QuoteLine
from services.pricing.quotes.service import find_quote
from services.pricing.rents import announcements, repository
from services.pricing.rents.admission import admit
from services.pricing.rents.domain import (
    AlreadySubscribed,
    ChangeUnderWay,
    HeadCount,
    Sold,
    Subscription,
    SubscriptionNotPossible,
    UnknownSubscription,
    counts_from,
    lasts,
)
from services.pricing.rents.models import HeadCountChangeRow
from services.pricing.rents.renting import GroupFacts, always, plan_named
from services.pricing.when import When
from shared.auth.principal import Principal, Reach
from shared.calendar import local_day, period_of
from shared.errors import FieldError, Words
from shared.ids import new_id
from shared.outbox import record
from shared.policy.evaluation import Case
from shared.policy.rulebook import Rulebook
from shared.trace import Subject

WRITING = "subscriptions.write"
SELLING, CHANGING = "quote.pricing", "subscription.changing"
ASKED, GRANTED, REFUSED = "asked", "granted", "refused"


@dataclass(frozen=True, slots=True)
class Beginning:
    """Which line of which accepted quote becomes a group, under which contract, from which month on."""

    quote_id: UUID
    quote_line: int
    contract_id: UUID | None
    starts_on: date


async def begin_subscription(
    session: AsyncSession, beginning: Beginning, *, caller: Principal, when: When
) -> Subscription:
    """Raises SubscriptionNotPossible, AlreadySubscribed, and what placing an order of the quote would (P7, P8, C1)."""
    quote = await find_quote(session, beginning.quote_id, reach=caller.reach(WRITING), lock=True)
    line = _line(quote, beginning.quote_line)
    starts_on = beginning.starts_on
    if starts_on < period_of("month", local_day(when.now, when.zone)).first:
        raise _not_possible("/starts_on", "month_is_past", {"en": "that month is past", "zh": "该月份已过"})
    ends_on = lasts(starts_on, line.quantity)
    await admit(session, quote, line, contract_id=beginning.contract_id, starts_on=starts_on, when=when)
    plan = plan_named(when.rules, line.plan or "")
    group = Subject("subscription", str(quote.id), Subject("account", str(quote.account_id)))
    facts = always(plan, line.seats or 0, when.zone)
    when.rules.ask(SELLING, Case(facts, group, when.now), subject="subscription")
    subscription = Subscription(
        id=new_id(),
        account_id=quote.account_id,
        branch=quote.branch,
        plan=plan.name,
        sku=line.sku,
        currency=quote.currency,
        starts_on=starts_on,
        ends_on=ends_on,
        counts=(HeadCount(line.seats or 0, starts_on),),
        sold=Sold(quote.id, line.line, line.net_minor, line.net_minor == line.list_minor),
        contract_id=beginning.contract_id,
    )
    if not await repository.add_subscription(session, subscription):
        raise AlreadySubscribed
    record(session, announcements.started(subscription, at=when.now))
    return subscription


def _line(quote: Quote, number: int) -> QuoteLine:
    for line in quote.lines:
        if line.line == number and line.plan is not None:
            return line
    raise _not_possible("/quote_line", "no_plan", {"en": "that line sells no plan", "zh": "该行不是套餐"})


def _not_possible(pointer: str, code: str, words: Words) -> SubscriptionNotPossible:
    return SubscriptionNotPossible(errors=[FieldError(pointer, code, words)])


async def find_subscription(
    session: AsyncSession, subscription_id: UUID, *, reach: Reach, lock: bool = False
) -> Subscription:
    """Raises UnknownSubscription."""
    found = await repository.subscription_by_id(session, subscription_id, reach=reach, lock=lock)
    if found is None:
        raise UnknownSubscription
    return found


@dataclass(frozen=True, slots=True)
class Declared:
    """A head count as the customer's letter declares it from a day on; `letter` names the paper."""

    seats: int
    declared_on: date
    letter: Mapping[str, Any] | None


async def declare_head_count(
    session: AsyncSession, subscription_id: UUID, declared: Declared, *, caller: Principal, when: When
) -> HeadCountChangeRow:
    """Ask the responsible head (C7). Raises ChangeNotPossible, ChangeUnderWay, PolicyRefuses."""
    group = await find_subscription(session, subscription_id, reach=caller.reach(WRITING), lock=True)
    counts_from(group, declared.declared_on)
    subject = Subject("subscription", str(group.id), Subject("account", str(group.account_id)))
    facts = always(plan_named(when.rules, group.plan), declared.seats, when.zone, letter=declared.letter is not None)
    when.rules.ask(CHANGING, Case(facts, subject, when.now), subject="subscription")
    change = HeadCountChangeRow(
        id=new_id(),
        subscription_id=group.id,
        seats=declared.seats,
        declared_on=declared.declared_on,
        counts_from=None,
        letter=dict(declared.letter or {}),
        requested_by=caller.user_id,
        requested_at=when.now,
        state=ASKED,
    )
    if not await repository.add_change(session, change):
        raise ChangeUnderWay
    route = when.rules.route_for(announcements.CHANGE)
    record(session, announcements.change_sought(group, change, route=route, at=when.now))
    return change


async def answer_change(session: AsyncSession, change_id: UUID, *, granted: bool, at: datetime) -> None:
    """The responsible head's word: a granted count counts from its day, or from the first month without an invoice."""
    change = await repository.change_by_id(session, change_id)
    if change is None or change.state != ASKED:
        return
    change.state = GRANTED if granted else REFUSED
    group = await repository.subscription_by_id(session, change.subscription_id, lock=True)
    if not granted or group is None:
        return
    change.counts_from = counts_from(group, change.declared_on)
    counts = (*group.counts, HeadCount(change.seats, change.counts_from))
    after = replace(group, counts=counts, version=group.version + 1)
    await repository.save_subscription(session, after)
    record(session, announcements.head_count_changed(after, change, before=group.counts[-1].seats, at=at))


def facts_of(group: Subscription, rules: Rulebook, zone: str) -> GroupFacts:
    counts = tuple((count.valid_from, count.seats) for count in group.counts)
    return GroupFacts(plan_named(rules, group.plan), counts, zone)
