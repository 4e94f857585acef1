"""What a batch of events needs to see before it can be judged: read off the events themselves."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any

from services.rewards.accrual.reach import REACH, Reach
from services.rewards.accrual.windows import WindowKey
from shared.events.accounts import AccountEvent
from shared.events.envelope import Event
from shared.events.orders import OrderCancelled, OrderEvent, OrderPlaced, OrderReturned

SHARED: frozenset[Reach] = frozenset((Reach.RATE, Reach.POLICY, Reach.PRODUCT, Reach.CONTRACT, Reach.ANSWER))
"""Reaches that cross accounts: such a batch works alone."""


@dataclass
class Needs:
    """Keys to load; `whole` are accounts of which every order is needed, `returned` orders that lost pieces."""

    accounts: set[str] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    orders: set[str] = field(default_factory=set)
    returned: set[str] = field(default_factory=set)
    contracts: set[str] = field(default_factory=set)
    salespeople: set[str] = field(default_factory=set)
    skus: set[str] = field(default_factory=set)
    windows: set[WindowKey] = field(default_factory=set)
    rates: list[Any] = field(default_factory=list)
    policies: list[Any] = field(default_factory=list)
    crosses_accounts: bool = False


def needs_of(events: Iterable[Event]) -> Needs:
    """Everything the engine may look at for these events."""
    needs = Needs()
    for event in events:
        reach = REACH.get(type(event), Reach.NOTHING)
        needs.crosses_accounts |= reach in SHARED
        _add(needs, event, reach)
    return needs


def begins(day: Any) -> datetime:
    """An instant before the local day begins in every zone."""
    return datetime.combine(day, time.min, UTC).replace(hour=0) - _HALF_A_DAY


def _add(needs: Needs, event: Any, reach: Reach) -> None:
    if isinstance(event, AccountEvent | OrderEvent):
        needs.accounts.add(event.account_id)
    if reach is Reach.ORDER:
        _add_order(needs, event)
    elif reach in (Reach.DAYS, Reach.STANDING):
        needs.whole.add(event.account_id)
    elif reach is Reach.CONTRACT:
        needs.accounts.add(event.account_id)
        needs.contracts.add(event.contract_id)
        needs.salespeople |= {one.user_id for line in event.lines for one in line.salespeople} | {event.initiator}
        needs.skus |= {line.sku for line in event.lines}
    elif reach is Reach.ANSWER:
        _add_answer(needs, event)
    elif reach is Reach.RATE:
        needs.rates.append(event)
    elif reach is Reach.POLICY:
        needs.policies.append(event)
    elif reach is Reach.PRODUCT:
        needs.skus.add(event.sku)


def _add_order(needs: Needs, event: Any) -> None:
    needs.orders.add(event.order_id)
    if isinstance(event, OrderReturned | OrderCancelled):
        needs.whole.add(event.account_id)
        needs.returned.add(event.order_id)
    if isinstance(event, OrderPlaced) and event.contract_id:
        needs.contracts.add(event.contract_id)


def _add_answer(needs: Needs, event: Any) -> None:
    key = WindowKey.named(event.subject_id)
    if key is not None:
        needs.windows.add(key)
        kind, _, name = key.window.partition(":")
        if kind == "contract":
            needs.contracts.add(name)


_HALF_A_DAY = datetime(2000, 1, 1, 14, tzinfo=UTC) - datetime(2000, 1, 1, tzinfo=UTC)
