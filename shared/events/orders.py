"""What an account ordered, received, paid and sent back."""

from __future__ import annotations

import datetime as dt

from shared.events.envelope import Contents, Event, Instant
from shared.events.sales import AppliedRule, Election, Salesperson


class OrderEvent(Event):
    topic = "orders.v1"
    aggregate = "order"

    order_id: str
    account_id: str

    def aggregate_id(self) -> str:
        return self.order_id

    def partition_key(self) -> str:
        return self.account_id


class OrderSource(Contents):
    """The foreign system an order came from and what it is called there."""

    system: str
    reference: str


class OrderLine(Contents):
    """Amounts are of the whole line in minor units, before tax and freight, frozen when the order was priced."""

    line: int
    sku: str
    quantity: int
    list_minor: int
    discount_minor: int = 0
    net_minor: int
    cost_minor: int | None = None
    new_brand: bool = False
    gift: bool = False
    salespeople: tuple[Salesperson, ...] = ()
    election: Election = "none"
    p4_discount: bool = False
    rules: tuple[AppliedRule, ...] = ()


class LineQuantity(Contents):
    line: int
    quantity: int


class ReturnedLine(Contents):
    """`net_minor` is the part of the original line's stored amount that goes back with these pieces."""

    line: int
    quantity: int
    net_minor: int


class OrderPlaced(OrderEvent):
    """`credit_days` after each delivery its payment is due; none where the order came without terms."""

    number: str
    branch: str
    currency: str
    placed_at: Instant
    priced_at: Instant
    quote_id: str | None = None
    contract_id: str | None = None
    source: OrderSource | None = None
    credit_days: int | None = None
    lines: tuple[OrderLine, ...]


class OrderConfirmed(OrderEvent):
    """The order is binding."""


class OrderDelivered(OrderEvent):
    delivery_id: str
    delivered_at: Instant
    lines: tuple[LineQuantity, ...]


class OrderAccepted(OrderEvent):
    """The account accepted what was delivered of these lines; none named are all."""

    accepted_at: Instant
    lines: tuple[int, ...] = ()


class OrderPaid(OrderEvent):
    payment_id: str
    paid_at: Instant
    amount_minor: int
    currency: str
    evidence: str | None = None


class OrderReturned(OrderEvent):
    return_id: str
    returned_at: Instant
    reason: str | None = None
    lines: tuple[ReturnedLine, ...]


class OrderAmended(OrderEvent):
    """`reversed` are lines as they stood, `applied` what stands in their place, by the same number or a new one.

    A line that is only reversed is no longer ordered. Deliveries, payments and returns stay as they were told.
    """

    amendment_id: str
    amended_at: Instant
    reason: str
    reversed: tuple[OrderLine, ...] = ()
    applied: tuple[OrderLine, ...] = ()


class StockAllocated(OrderEvent):
    """How many of the pieces that a line still waits for it gets from now on, in which place of the ranking."""

    line: int
    sku: str
    branch: str
    rank: int
    wanted: int
    quantity: int
    policy: str


class OrderCancelled(OrderEvent):
    cancelled_at: Instant
    reason: str


class SubscriptionEvent(Event):
    topic = "orders.v1"
    aggregate = "subscription"

    subscription_id: str
    account_id: str
    branch: str
    plan: str
    seats: int

    def aggregate_id(self) -> str:
        return self.subscription_id

    def partition_key(self) -> str:
        return self.account_id


class SubscriptionStarted(SubscriptionEvent):
    """A telephone group of so many people begins; it lasts whole months, `[starts_on, ends_on)`."""

    starts_on: dt.date
    ends_on: dt.date
    quote_id: str
    contract_id: str | None = None


class HeadCountChanged(SubscriptionEvent):
    """The customer declared by letter how many people the group has, and the responsible head agreed (C7)."""

    seats_before: int
    declared_on: dt.date
    counts_from: dt.date


EVENTS = (
    OrderPlaced,
    OrderConfirmed,
    OrderDelivered,
    OrderAccepted,
    OrderPaid,
    OrderReturned,
    OrderAmended,
    OrderCancelled,
    StockAllocated,
    SubscriptionStarted,
    HeadCountChanged,
)
