"""Shapes of orders over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from services.pricing.orders.domain import Order, OrderLine, OrderState
from services.pricing.orders.models import MovementRow
from services.pricing.schemas import Answer, MoneyText, Quantity, Request, Text, money_text
from shared.errors import FieldError, ValidationProblem, Words
from shared.http.moments import Moment

LineNumber = Annotated[int, Field(ge=1, le=32_000)]


class DrawnLine(Request):
    quote_line: LineNumber
    quantity: Quantity


class NewOrder(Request):
    quote_id: UUID
    contract_id: UUID | None = Field(
        None,
        description="the signed contract that it draws on: currency, days, SKUs, pieces and net amounts limit it",
    )
    lines: Annotated[list[DrawnLine], Field(min_length=1, max_length=500)]

    def wanted(self) -> dict[int, int]:
        """Raises LineNamedTwice."""
        return _each_once([(line.quote_line, line.quantity) for line in self.lines], field="quote_line")


class LineQuantity(Request):
    line: LineNumber
    quantity: Quantity


class Quantities(Request):
    lines: Annotated[list[LineQuantity], Field(min_length=1, max_length=500)]

    def quantities(self) -> dict[int, int]:
        """Raises LineNamedTwice."""
        return _each_once([(line.line, line.quantity) for line in self.lines], field="line")


class LineNamedTwice(ValidationProblem):
    code = "line_named_twice"
    title: ClassVar[Words] = {"en": "Name each line once", "zh": "每行只能列出一次"}


def _each_once(lines: Sequence[tuple[int, int]], *, field: str) -> dict[int, int]:
    """Quantities by line number; the second naming of a line is pointed at, where it may be told from the first."""
    first: dict[int, int] = {}
    errors = []
    for place, (number, _) in enumerate(lines):
        if first.setdefault(number, place) != place:
            before = first[number] + 1
            words: Words = {
                "en": f"line {number} is named already, in item {before} of this list",
                "zh": f"第{number}行已在本列表第{before}项列出",
            }
            errors.append(FieldError(f"/lines/{place}/{field}", LineNamedTwice.code, words))
    if errors:
        raise LineNamedTwice(errors=errors)
    return dict(lines)


class NewDelivery(Quantities):
    delivered_at: Moment | None = Field(None, description="when it was handed over; now if left out")


class NewAcceptance(Request):
    lines: Annotated[list[LineNumber], Field(max_length=500)] = Field(
        default_factory=list, description="those that were delivered in full; all that are still to accept if left out"
    )
    accepted_at: Moment | None = Field(None, description="not before its last delivery; now if left out")


class NewPayment(Request):
    amount: MoneyText
    paid_at: Moment | None = Field(
        None, description="when the money paid this order, not before it was placed; now if left out"
    )
    evidence: Text | None = Field(None, description="reference of the bank's or the cashier's paper")


class NewReturn(Quantities):
    returned_at: Moment | None = Field(None, description="when the pieces were held; now if left out")
    reason: Text


class AmendedLine(Request):
    quote_line: LineNumber
    quantity: Annotated[int, Field(ge=0, le=1_000_000, examples=[80])] = Field(
        description="how many pieces the order is to have; zero takes the line off it"
    )


class NewAmendment(Request):
    lines: Annotated[list[AmendedLine], Field(min_length=1, max_length=500)] = Field(
        description="only what changes; other lines stay"
    )
    reason: Text

    def wanted(self) -> dict[int, int]:
        """Raises LineNamedTwice."""
        return _each_once([(line.quote_line, line.quantity) for line in self.lines], field="quote_line")


class Cancellation(Request):
    reason: Text


class OrderLineAnswer(Answer):
    line: int
    sku: str
    state: OrderState
    quantity: int
    list_amount: MoneyText
    discount: MoneyText
    net_amount: MoneyText
    delivered: int
    returned: int
    returned_amount: MoneyText
    new_brand: bool
    election: str
    rules: list[str] = Field(description="policy versions that took something off")
    quote_line: int | None


class SourceAnswer(Answer):
    system: str
    reference: str


class OrderAnswer(Answer):
    id: UUID
    number: str
    account_id: UUID
    branch: str
    state: OrderState
    currency: str
    placed_at: datetime
    priced_at: datetime
    quote_id: UUID | None
    contract_id: UUID | None
    source: SourceAnswer | None
    lines: list[OrderLineAnswer]
    net_amount: MoneyText
    paid: MoneyText
    owed: MoneyText


class MovementAnswer(Answer):
    id: UUID
    kind: Literal["delivered", "accepted", "paid", "returned", "amended", "cancelled"]
    occurred_at: datetime
    recorded_at: datetime
    lines: list[dict[str, Any]] | None = Field(description="absent: every line in full")
    amount: MoneyText | None = None
    note: str | None = None
    source_reference: str | None = None


def show_order(order: Order) -> OrderAnswer:
    source = order.source
    return OrderAnswer(
        id=order.id,
        number=order.number,
        account_id=order.account_id,
        branch=order.branch,
        state=order.state,
        currency=order.currency,
        placed_at=order.placed_at,
        priced_at=order.priced_at,
        quote_id=order.quote_id,
        contract_id=order.contract_id,
        source=SourceAnswer(system=source.system, reference=source.reference) if source else None,
        lines=[_line(order, line) for line in order.lines],
        net_amount=money_text(order.net_minor, order.currency),
        paid=money_text(order.paid_minor, order.currency),
        owed=money_text(order.owed_minor, order.currency),
    )


def _line(order: Order, line: OrderLine) -> OrderLineAnswer:
    return OrderLineAnswer(
        line=line.line,
        sku=line.sku,
        state=line.state,
        quantity=line.quantity,
        list_amount=money_text(line.list_minor, order.currency),
        discount=money_text(line.discount_minor, order.currency),
        net_amount=money_text(line.net_minor, order.currency),
        delivered=line.delivered,
        returned=line.returned,
        returned_amount=money_text(line.returned_net_minor, order.currency),
        new_brand=line.new_brand,
        election=line.election,
        rules=[rule.policy for rule in line.rules],
        quote_line=line.quote_line,
    )


def show_movement(row: MovementRow, currency: str) -> MovementAnswer:
    return MovementAnswer(
        id=row.id,
        kind=row.kind,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        lines=row.lines,
        amount=None if row.amount_minor is None else money_text(row.amount_minor, currency),
        note=row.note,
        source_reference=row.source_reference,
    )
