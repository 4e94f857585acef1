"""What other systems tell of orders; nobody here writes this topic."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.events.envelope import Contents, Event, Instant

ORDERS_IN = "orders.in.v1"


class ReportedLine(Contents):
    """`quantity` counts pieces, more than zero also where they came back; `unit_price` is decimal text, net of tax."""

    sku: Annotated[str, Field(max_length=500)]
    quantity: int
    unit_price: Annotated[str, Field(max_length=100)]


class OrderReported(Event):
    """An order that another system took, delivered and was paid for, or a return of such.

    `ce_subject` is `source_order/<system>/<reference>`; `ce_sequence` begins at 1 for each and counts its corrections,
    which are taken as long as the order waits or was refused. The record key is the account's number, so that a
    customer's orders and returns keep their order.
    """

    topic = ORDERS_IN
    aggregate = "source_order"

    system: Annotated[str, Field(max_length=40, description="letters, digits, dot, dash and underscore")]
    reference: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Literal["sale", "return"] = "sale"
    account: Annotated[str, Field(max_length=100)]
    ordered_at: Instant
    currency: Annotated[str, Field(max_length=40, description="ISO 4217")]
    lines: Annotated[tuple[ReportedLine, ...], Field(min_length=1, max_length=500)]

    def aggregate_id(self) -> str:
        return f"{self.system}/{self.reference}"

    def partition_key(self) -> str:
        return self.account


EVENTS = (OrderReported,)
