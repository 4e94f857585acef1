"""What was offered to an account, and which offers went below the floor."""

from __future__ import annotations

import datetime as dt

from shared.events.envelope import Contents, Event
from shared.events.sales import AppliedRule, Election, Salesperson


class QuoteEvent(Event):
    topic = "quotes.v1"
    aggregate = "quote"

    quote_id: str
    account_id: str

    def aggregate_id(self) -> str:
        return self.quote_id

    def partition_key(self) -> str:
        return self.account_id


class GrantedException(Contents):
    """An approval below the floor: this price, these quantities, until that day, nothing else."""

    subject_id: str
    price_minor: int
    quantity_from: int
    quantity_to: int
    valid_until: dt.date


class QuoteLine(Contents):
    """`*_unit` amounts are of one piece, the others of the whole line, before tax and freight.

    Of a plan a piece is a month of a group of so many seats.
    """

    line: int
    sku: str
    quantity: int
    list_unit_minor: int
    floor_unit_minor: int
    net_unit: str
    list_minor: int
    net_minor: int
    cost_minor: int | None = None
    new_brand: bool = False
    salespeople: tuple[Salesperson, ...] = ()
    election: Election = "none"
    rules: tuple[AppliedRule, ...] = ()
    exception: GrantedException | None = None
    plan: str | None = None
    seats: int | None = None


class QuoteGift(Contents):
    """Comes with the order that takes the last of what is paid for; it costs the account nothing."""

    policy: str
    sku: str
    quantity: int


class QuoteContents(QuoteEvent):
    number: str
    branch: str
    state: str
    currency: str
    price_list: str
    lines: tuple[QuoteLine, ...]
    total_minor: int
    expires_on: dt.date
    requested_by: str
    gifts: tuple[QuoteGift, ...] = ()
    coupon: str | None = None
    revision: int = 1
    revises: str | None = None


class QuotePriced(QuoteContents):
    """The quote as it was priced."""


class QuoteExceptionRequested(QuoteEvent):
    line: int
    sku: str
    unit_price_minor: int
    floor_minor: int
    quantity: int
    currency: str
    reason: str


class QuoteAccepted(QuoteContents):
    """The quote as the account accepted it."""

    accepted_by: str


class QuoteExpired(QuoteEvent):
    """Nobody accepted in time."""


class QuoteWithdrawn(QuoteEvent):
    reason: str | None = None


EVENTS = (QuotePriced, QuoteExceptionRequested, QuoteAccepted, QuoteExpired, QuoteWithdrawn)
