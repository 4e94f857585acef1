"""An order and its lines: what may happen to it next, and what each returned piece is worth."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import ClassVar
from uuid import UUID

from services.pricing.lines import AppliedRule, Share
from services.pricing.quotes.terms import AT_ONCE, PaymentTerms
from shared.errors import Conflict, FieldError, ValidationProblem, Words
from shared.money import Money, rounded
from shared.titled import Titled


class OrderState(Titled):
    """Of a line, and of the order its lines make."""

    PLACED = "placed", "placed", "已下单"
    CONFIRMED = "confirmed", "confirmed", "已确认"
    PARTLY_DELIVERED = "partly_delivered", "partly delivered", "部分交货"
    DELIVERED = "delivered", "delivered", "已交货"
    ACCEPTED = "accepted", "accepted", "已验收"
    RETURNED = "returned", "returned", "已退货"
    CANCELLED = "cancelled", "cancelled", "已取消"


class Move(Titled):
    CONFIRM = "confirm", "confirming it", "确认"
    DELIVER_PART = "deliver_part", "a delivery", "交货"
    DELIVER_REST = "deliver_rest", "a delivery", "交货"
    ACCEPT = "accept", "its acceptance", "验收"
    PAY = "pay", "a payment", "付款"
    RETURN_PART = "return_part", "a return", "退货"
    RETURN_REST = "return_rest", "a return", "退货"
    CANCEL = "cancel", "cancelling it", "取消"
    AMEND = "amend", "an amendment", "变更"
    AMEND_AWAY = "amend_away", "taking all of it away", "全部减去"
    AMEND_TO_DELIVERED = "amend_to_delivered", "an amendment", "变更"
    AMEND_TO_RETURNED = "amend_to_returned", "an amendment", "变更"


# What may happen to a line. An order moves when each of its lines moves that the move names; none is half moved.
MOVES: Mapping[OrderState, Mapping[Move, OrderState]] = {
    OrderState.PLACED: {
        Move.CONFIRM: OrderState.CONFIRMED,
        Move.PAY: OrderState.PLACED,
        Move.CANCEL: OrderState.CANCELLED,
        Move.AMEND: OrderState.PLACED,
        Move.AMEND_AWAY: OrderState.CANCELLED,
    },
    OrderState.CONFIRMED: {
        Move.DELIVER_PART: OrderState.PARTLY_DELIVERED,
        Move.DELIVER_REST: OrderState.DELIVERED,
        Move.PAY: OrderState.CONFIRMED,
        Move.CANCEL: OrderState.CANCELLED,
        Move.AMEND: OrderState.CONFIRMED,
        Move.AMEND_AWAY: OrderState.CANCELLED,
    },
    OrderState.PARTLY_DELIVERED: {
        Move.DELIVER_PART: OrderState.PARTLY_DELIVERED,
        Move.DELIVER_REST: OrderState.DELIVERED,
        Move.PAY: OrderState.PARTLY_DELIVERED,
        Move.RETURN_PART: OrderState.PARTLY_DELIVERED,
        Move.AMEND: OrderState.PARTLY_DELIVERED,
        Move.AMEND_TO_DELIVERED: OrderState.DELIVERED,
        Move.AMEND_TO_RETURNED: OrderState.RETURNED,
    },
    OrderState.DELIVERED: {
        Move.ACCEPT: OrderState.ACCEPTED,
        Move.PAY: OrderState.DELIVERED,
        Move.RETURN_PART: OrderState.DELIVERED,
        Move.RETURN_REST: OrderState.RETURNED,
        Move.AMEND: OrderState.PARTLY_DELIVERED,
    },
    OrderState.ACCEPTED: {
        Move.PAY: OrderState.ACCEPTED,
        Move.RETURN_PART: OrderState.ACCEPTED,
        Move.RETURN_REST: OrderState.RETURNED,
    },
    OrderState.RETURNED: {},
    OrderState.CANCELLED: {},
}
ENDED = (OrderState.RETURNED, OrderState.CANCELLED)


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
    state: OrderState = OrderState.PLACED
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
        """After a return; raises OrderMoveNotAllowed where nothing of it can come back."""
        move = Move.RETURN_REST if piece.quantity == self.held else Move.RETURN_PART
        return replace(
            after(self, move),
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
    paid_minor: int = 0
    quote_id: UUID | None = None
    contract_id: UUID | None = None
    source: Source | None = None
    terms: PaymentTerms = AT_ONCE

    @property
    def state(self) -> OrderState:
        """Where its lines stand together; what was amended away or sent back in full decides nothing."""
        return _together({line.state for line in self.lines})

    @property
    def net_minor(self) -> int:
        return sum(line.net_minor for line in self.lines)

    @property
    def before_p4_minor(self) -> int:
        return sum(line.before_p4_minor for line in self.lines)

    def delivered_and_paid(self, lines: Sequence[OrderLine]) -> "Order":
        """As other systems report it: with these lines, all delivered and paid at its own time."""
        whole = tuple(replace(line, delivered=line.quantity, state=OrderState.DELIVERED) for line in lines)
        return replace(self, lines=whole, paid_minor=sum(line.net_minor for line in whole))

    @property
    def owed_minor(self) -> int:
        """What is still to be paid, less what went back; never below zero."""
        returned = sum(line.returned_net_minor for line in self.lines)
        return max(0, self.net_minor - returned - self.paid_minor)


def confirm(order: Order) -> Order:
    return _all_moved(order, Move.CONFIRM)


def accept(order: Order, lines: Collection[int] = ()) -> Order:
    """The customer takes over lines that were delivered in full; none named are all that are still to accept."""
    left = lines or [line.line for line in order.lines if line.state not in (*ENDED, OrderState.ACCEPTED)]
    if not left:
        _after(order.state, Move.ACCEPT)
    touched = {line.line for line in _lines_named(order, dict.fromkeys(left, 1))}
    moved = (after(line, Move.ACCEPT) if line.line in touched else line for line in order.lines)
    return replace(order, lines=tuple(moved))


def cancel(order: Order) -> Order:
    """Only while nothing of it was delivered."""
    return _all_moved(order, Move.CANCEL)


def deliver(order: Order, quantities: Mapping[int, int]) -> Order:
    """`quantities` by line number; several deliveries may make up a line. `OverDelivery` beyond what was ordered."""
    touched = _lines_named(order, quantities)
    for line in touched:
        if line.delivered + quantities[line.line] > line.quantity:
            left = line.quantity - line.delivered
            raise OverDelivery(
                {"en": f"line {line.line}: {left} are left to deliver", "zh": f"第{line.line}行：尚可交付{left}件"}
            )
    moved = (_handed_over(line, quantities[line.line]) if line.line in quantities else line for line in order.lines)
    return replace(order, lines=tuple(moved))


def _handed_over(line: OrderLine, quantity: int) -> OrderLine:
    complete = line.delivered + quantity == line.quantity
    moved = after(line, Move.DELIVER_REST if complete else Move.DELIVER_PART)
    return replace(moved, delivered=line.delivered + quantity)


def pay(order: Order, amount_minor: int) -> Order:
    """A payment in the order's currency, also before delivery. Raises Overpayment, NothingPaid."""
    if order.state in ENDED:
        _after(order.state, Move.PAY)
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
    return replace(order, paid_minor=order.paid_minor + amount_minor)


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
    return replace(order, lines=lines), tuple(pieces.values())


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


def _all_moved(order: Order, move: Move) -> Order:
    """Every line that has not ended; where all have, the move is one too many."""
    if order.state in ENDED:
        _after(order.state, move)
    moved = (line if line.state in ENDED else after(line, move) for line in order.lines)
    return replace(order, lines=tuple(moved))


def after(line: OrderLine, move: Move) -> OrderLine:
    """Raises OrderMoveNotAllowed."""
    return replace(line, state=_after(line.state, move, line.line))


def _after(state: OrderState, move: Move, line: int | None = None) -> OrderState:
    allowed = MOVES[state]
    if move not in allowed:
        who: Words = {"en": f"line {line}", "zh": f"第{line}行"} if line else {"en": "an order", "zh": "订单"}
        raise OrderMoveNotAllowed(
            {
                "en": f"{who['en']} that is {state.en} does not allow {move.en}",
                "zh": f"{who['zh']}{state.zh}，不能{move.zh}",
            }
        )
    return allowed[move]


def _together(states: Set[OrderState]) -> OrderState:
    standing = states - set(ENDED)
    if not standing:
        return OrderState.RETURNED if OrderState.RETURNED in states else OrderState.CANCELLED
    if len(standing) == 1 and OrderState.RETURNED not in states:
        return next(iter(standing))
    if standing <= {OrderState.DELIVERED, OrderState.ACCEPTED}:
        return min(standing, key=list(OrderState).index)
    return OrderState.PARTLY_DELIVERED


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
