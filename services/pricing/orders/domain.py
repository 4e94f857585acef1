"""An order and its lines: what may happen to it next, and what each returned piece is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import ClassVar
from uuid import UUID

from services.pricing.lines import AppliedRule, Share
from services.pricing.quotes.terms import AT_ONCE, PaymentTerms
from shared.errors import Conflict, FieldError, ValidationProblem, Words
from shared.money import Money, rounded


class OrderState(StrEnum):
    PLACED = "placed"
    CONFIRMED = "confirmed"
    PARTLY_DELIVERED = "partly_delivered"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class Move(StrEnum):
    CONFIRM = "confirm"
    DELIVER_PART = "deliver_part"
    DELIVER_REST = "deliver_rest"
    ACCEPT = "accept"
    PAY = "pay"
    RETURN_PART = "return_part"
    RETURN_REST = "return_rest"
    CANCEL = "cancel"


MOVES: Mapping[OrderState, Mapping[Move, OrderState]] = {
    OrderState.PLACED: {
        Move.CONFIRM: OrderState.CONFIRMED,
        Move.PAY: OrderState.PLACED,
        Move.CANCEL: OrderState.CANCELLED,
    },
    OrderState.CONFIRMED: {
        Move.DELIVER_PART: OrderState.PARTLY_DELIVERED,
        Move.DELIVER_REST: OrderState.DELIVERED,
        Move.PAY: OrderState.CONFIRMED,
        Move.CANCEL: OrderState.CANCELLED,
    },
    OrderState.PARTLY_DELIVERED: {
        Move.DELIVER_PART: OrderState.PARTLY_DELIVERED,
        Move.DELIVER_REST: OrderState.DELIVERED,
        Move.PAY: OrderState.PARTLY_DELIVERED,
        Move.RETURN_PART: OrderState.PARTLY_DELIVERED,
    },
    OrderState.DELIVERED: {
        Move.ACCEPT: OrderState.ACCEPTED,
        Move.PAY: OrderState.DELIVERED,
        Move.RETURN_PART: OrderState.DELIVERED,
        Move.RETURN_REST: OrderState.RETURNED,
    },
    OrderState.ACCEPTED: {
        Move.PAY: OrderState.ACCEPTED,
        Move.RETURN_PART: OrderState.ACCEPTED,
        Move.RETURN_REST: OrderState.RETURNED,
    },
    OrderState.RETURNED: {},
    OrderState.CANCELLED: {},
}


class OrderMoveNotAllowed(Conflict):
    code = "order_move_not_allowed"
    title: ClassVar[Words] = {"en": "The order is not in a state for this", "zh": "订单当前状态不允许此操作"}


class Overpayment(Conflict):
    code = "overpayment"
    title: ClassVar[Words] = {"en": "More than the order still owes", "zh": "付款超过订单未付金额"}


class NothingPaid(ValidationProblem):
    code = "nothing_paid"
    title: ClassVar[Words] = {"en": "A payment is more than nothing", "zh": "付款金额须大于零"}

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("/amount/amount", self.code, self.title)])


class OverDelivery(Conflict):
    code = "over_delivery"
    title: ClassVar[Words] = {"en": "More than was ordered", "zh": "交付数量超过订购数量"}


class OverReturn(Conflict):
    code = "over_return"
    title: ClassVar[Words] = {"en": "More than was delivered and is still held", "zh": "退货数量超过已交付且未退数量"}


class UnknownOrderLine(ValidationProblem):
    code = "unknown_order_line"
    title: ClassVar[Words] = {"en": "The order has no such line", "zh": "订单没有该行"}


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One SKU of an order; amounts in minor units of the order's currency, for the whole line, frozen when placed."""

    line: int
    sku: str
    quantity: int
    list_minor: int
    before_p4_minor: int
    net_minor: int
    cost_minor: int | None = None
    new_brand: bool = False
    gift: bool = False
    salespeople: tuple[Share, ...] = ()
    election: str = "none"
    rules: tuple[AppliedRule, ...] = ()
    quote_line: int | None = None
    delivered: int = 0
    returned: int = 0
    returned_net_minor: int = 0
    returned_before_p4_minor: int = 0

    @property
    def discount_minor(self) -> int:
        return self.list_minor - self.net_minor

    @property
    def p4_discount(self) -> bool:
        return self.before_p4_minor != self.net_minor

    @property
    def held(self) -> int:
        """Quantity not returned."""
        return self.quantity - self.returned

    def less(self, piece: "Returned") -> "OrderLine":
        return replace(
            self,
            returned=self.returned + piece.quantity,
            returned_net_minor=self.returned_net_minor + piece.net_minor,
            returned_before_p4_minor=self.returned_before_p4_minor + piece.before_p4_minor,
        )


@dataclass(frozen=True, slots=True)
class Returned:
    """What went back of one line: its quantity and its part of the line's stored amounts."""

    line: int
    quantity: int
    net_minor: int
    before_p4_minor: int


@dataclass(frozen=True, slots=True)
class Source:
    """Where an imported order came from."""

    system: str
    reference: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order of one account in one currency."""

    id: UUID
    account_id: UUID
    number: str
    branch: str
    currency: str
    placed_at: datetime
    priced_at: datetime
    lines: tuple[OrderLine, ...]
    state: OrderState = OrderState.PLACED
    paid_minor: int = 0
    quote_id: UUID | None = None
    contract_id: UUID | None = None
    source: Source | None = None
    terms: PaymentTerms = AT_ONCE

    @property
    def net_minor(self) -> int:
        return sum(line.net_minor for line in self.lines)

    @property
    def before_p4_minor(self) -> int:
        return sum(line.before_p4_minor for line in self.lines)

    def delivered_and_paid(self, lines: Sequence[OrderLine]) -> "Order":
        """As other systems report it: with these lines, all delivered and paid at its own time."""
        whole = tuple(replace(line, delivered=line.quantity) for line in lines)
        paid = sum(line.net_minor for line in whole)
        return replace(self, lines=whole, state=OrderState.DELIVERED, paid_minor=paid)

    @property
    def owed_minor(self) -> int:
        """What is still to be paid, less what went back; never below zero."""
        returned = sum(line.returned_net_minor for line in self.lines)
        return max(0, self.net_minor - returned - self.paid_minor)


def confirm(order: Order) -> Order:
    return replace(order, state=_after(order, Move.CONFIRM))


def accept(order: Order) -> Order:
    """The customer takes over what was delivered in full."""
    return replace(order, state=_after(order, Move.ACCEPT))


def cancel(order: Order) -> Order:
    """Only while nothing of it was delivered."""
    return replace(order, state=_after(order, Move.CANCEL))


def deliver(order: Order, quantities: Mapping[int, int]) -> Order:
    """`quantities` by line number; several deliveries may make up a line. `OverDelivery` beyond what was ordered."""
    touched = _lines_named(order, quantities)
    for line in touched:
        if line.delivered + quantities[line.line] > line.quantity:
            left = line.quantity - line.delivered
            raise OverDelivery(
                {"en": f"line {line.line}: {left} are left to deliver", "zh": f"第{line.line}行：尚可交付{left}件"}
            )
    lines = tuple(replace(line, delivered=line.delivered + quantities.get(line.line, 0)) for line in order.lines)
    complete = all(line.delivered == line.quantity for line in lines)
    return replace(order, lines=lines, state=_after(order, Move.DELIVER_REST if complete else Move.DELIVER_PART))


def pay(order: Order, amount_minor: int) -> Order:
    """A payment in the order's currency, also before delivery. Raises Overpayment, NothingPaid."""
    state = _after(order, Move.PAY)
    if amount_minor <= 0:
        raise NothingPaid
    if amount_minor > order.owed_minor:
        paid, owed = Money(amount_minor, order.currency), Money(order.owed_minor, order.currency)
        raise Overpayment(
            {
                "en": f"{paid} {order.currency} were paid where {owed} are owed",
                "zh": f"付款{paid} {order.currency}，未付金额为{owed}",
            }
        )
    return replace(order, state=state, paid_minor=order.paid_minor + amount_minor)


def take_back(order: Order, quantities: Mapping[int, int]) -> tuple[Order, tuple[Returned, ...]]:
    """Return quantities by line number, each against its own line; `OverReturn` beyond what is delivered and held."""
    touched = _lines_named(order, quantities)
    for line in touched:
        if quantities[line.line] > line.delivered - line.returned:
            held = line.delivered - line.returned
            raise OverReturn(
                {
                    "en": f"line {line.line}: {held} are delivered and not returned",
                    "zh": f"第{line.line}行：已交付未退回{held}件",
                }
            )
    pieces = {line.line: piece_of(line, quantities[line.line]) for line in touched}
    lines = tuple(line.less(pieces[line.line]) if line.line in pieces else line for line in order.lines)
    complete = all(line.held == 0 for line in lines)
    state = _after(order, Move.RETURN_REST if complete else Move.RETURN_PART)
    return replace(order, lines=lines, state=state), tuple(pieces.values())


def piece_of(line: OrderLine, quantity: int) -> Returned:
    """The line's share still held x returned / quantity still held, half up: the last piece takes the rest (S-F1)."""
    return Returned(
        line.line,
        quantity,
        net_minor=part_of(line.net_minor - line.returned_net_minor, quantity, line.held),
        before_p4_minor=part_of(line.before_p4_minor - line.returned_before_p4_minor, quantity, line.held),
    )


def part_of(held_minor: int, quantity: int, held: int) -> int:
    """`quantity` of `held` pieces worth `held_minor` together, rounded half up; all of them are worth all of it."""
    return rounded(Fraction(held_minor * quantity, held), "half_up")


def _after(order: Order, move: Move) -> OrderState:
    allowed = MOVES[order.state]
    if move not in allowed:
        raise OrderMoveNotAllowed(
            {
                "en": f"an order that is {order.state} does not allow {move}",
                "zh": f"订单状态为{order.state}，不允许{move}",
            }
        )
    return allowed[move]


def _lines_named(order: Order, quantities: Mapping[int, int]) -> Sequence[OrderLine]:
    known = {line.line: line for line in order.lines}
    wrong = [number for number, quantity in quantities.items() if number not in known or quantity <= 0]
    if wrong or not quantities:
        errors = [FieldError("/lines", "unknown_line", _not_on_the_order(number)) for number in wrong]
        raise UnknownOrderLine(NAME_LINES, errors=errors)
    return [known[number] for number in quantities]


def _not_on_the_order(number: int) -> Words:
    return {"en": f"line {number} is not on the order", "zh": f"订单没有第{number}行"}


NAME_LINES: Words = {
    "en": "name lines of the order, each with a quantity of one or more",
    "zh": "请列明订单的行，每行数量至少为1",
}
