"""An amendment takes lines back as they stood and puts others in their place; what was frozen stays frozen (S-E4)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, NamedTuple

from services.pricing.lines import AppliedRule
from services.pricing.orders.domain import ENDED, Move, Order, OrderLine, OrderState, after, part_of, piece_of
from shared.errors import Conflict, FieldError, Words
from shared.money import allocate


class NothingAmended(Conflict):
    code = "nothing_amended"
    title: ClassVar[Words] = {"en": "The order is like that already", "zh": "订单内容没有变化"}


class BelowDelivered(Conflict):
    code = "below_delivered"
    title: ClassVar[Words] = {
        "en": "Less than was delivered; what came back is a return",
        "zh": "少于已交付数量，退回请登记退货",
    }


class NothingLeft(Conflict):
    code = "nothing_left_of_the_order"
    title: ClassVar[Words] = {"en": "Nothing would be left: cancel the order instead", "zh": "订单将无内容，请改为取消"}


class NotDrawnFromQuote(Conflict):
    code = "not_drawn_from_quote"
    title: ClassVar[Words] = {
        "en": "Another system's order: that system amends it, here its pieces can only be returned",
        "zh": "订单来自其他系统，须在该系统变更，此处只能登记退货",
    }


class Amendment(NamedTuple):
    """The order afterwards, the lines taken back as they stood, and those put in their place."""

    order: Order
    reversed: tuple[OrderLine, ...]
    applied: tuple[OrderLine, ...]

    @property
    def quantities(self) -> dict[int, tuple[int, int]]:
        """By line: before and after."""
        was = {line.line: line.quantity for line in self.reversed}
        now = {line.line: line.quantity for line in self.applied}
        return {line: (was.get(line, 0), now.get(line, 0)) for line in sorted(was.keys() | now.keys())}


def amended(before: Order, order: Order) -> Amendment:
    """Raises NothingAmended, NothingLeft."""
    known = {line.line: line for line in before.lines}
    changed = [line for line in order.lines if known.get(line.line) != line]
    if not changed:
        raise NothingAmended
    if order.state is OrderState.CANCELLED:
        raise NothingLeft
    taken = tuple(known[line.line] for line in changed if line.line in known)
    return Amendment(order, taken, tuple(line for line in changed if line.quantity))


def open_line(order: Order, quote_line: int) -> OrderLine | None:
    """The order's line that pieces of this quote line can still be added to or taken from."""
    found = [line for line in order.lines if line.quote_line == quote_line and line.state not in ENDED]
    return next(iter(found), None)


def growth(order: Order, wanted: Mapping[int, int]) -> dict[int, int]:
    """By quote line, in the order named: how many pieces more are wanted than stand; zero where fewer."""
    standing = {number: open_line(order, number) for number in wanted}
    return {
        number: max(0, quantity - (line.quantity if line else 0))
        for (number, quantity), line in zip(wanted.items(), standing.values(), strict=True)
    }


def lessened(order: Order, wanted: Mapping[int, int]) -> Order:
    """Without the pieces that are wanted no more, by quote line. Raises BelowDelivered, OrderMoveNotAllowed."""
    named = {number: (place, quantity) for place, (number, quantity) in enumerate(wanted.items())}
    return replace(order, lines=tuple(_shrunk(line, *_asked(line, named)) for line in order.lines))


def _asked(line: OrderLine, named: Mapping[int, tuple[int, int]]) -> tuple[int, int]:
    """Its place in what was asked, and how many pieces at most it keeps."""
    if line.state in ENDED or line.quote_line is None or line.quote_line not in named:
        return 0, line.quantity
    place, quantity = named[line.quote_line]
    return place, min(quantity, line.quantity)


def extended(order: Order, drawn: Sequence[OrderLine]) -> Order:
    """With parts drawn from the quote beside those that stand, at the cost and for the people of their line."""
    by_quote_line = {line.quote_line: line for line in drawn}
    lines = [_grown(line, by_quote_line.pop(line.quote_line)) if _takes(line, by_quote_line) else line
             for line in order.lines]  # fmt: skip
    first = max(line.line for line in lines) + 1
    state = OrderState.PLACED if order.state is OrderState.PLACED else OrderState.CONFIRMED
    added = (replace(line, line=number, state=state) for number, line in enumerate(by_quote_line.values(), first))
    return replace(order, lines=(*lines, *added))


def _takes(line: OrderLine, drawn: Mapping[int | None, OrderLine]) -> bool:
    return line.state not in ENDED and line.quote_line in drawn


def _shrunk(line: OrderLine, place: int, quantity: int) -> OrderLine:
    if quantity == line.quantity:
        return line
    if quantity < line.delivered:
        why: Words = {
            "en": f"{line.delivered} of {line.sku} are delivered",
            "zh": f"{line.sku}已交付{line.delivered}件",
        }
        raise BelowDelivered(why, errors=[FieldError(f"/lines/{place}/quantity", BelowDelivered.code, why)])
    piece = piece_of(line, line.quantity - quantity)
    net_minor = line.net_minor - piece.net_minor
    discount = line.discount_minor - part_of(line.discount_minor, piece.quantity, line.quantity)
    return replace(
        after(line, _move(line, quantity)),
        quantity=quantity,
        list_minor=net_minor + discount,
        before_p4_minor=line.before_p4_minor - piece.before_p4_minor,
        net_minor=net_minor,
        cost_minor=_cost_of(line, quantity),
        rules=_rules_of(line.rules, discount),
    )


def _move(line: OrderLine, quantity: int) -> Move:
    if quantity == 0:
        return Move.AMEND_AWAY
    if quantity > line.delivered:
        return Move.AMEND
    return Move.AMEND_TO_RETURNED if line.returned == quantity else Move.AMEND_TO_DELIVERED


def _grown(line: OrderLine, drawn: OrderLine) -> OrderLine:
    quantity = line.quantity + drawn.quantity
    return replace(
        after(line, Move.AMEND),
        quantity=quantity,
        list_minor=line.list_minor + drawn.list_minor,
        before_p4_minor=line.before_p4_minor + drawn.before_p4_minor,
        net_minor=line.net_minor + drawn.net_minor,
        cost_minor=_cost_of(line, quantity),
        rules=_added_up((*line.rules, *drawn.rules)),
    )


def _cost_of(line: OrderLine, quantity: int) -> int | None:
    """At the unit cost that the line froze when it was placed (P8): a whole line's cost is a multiple of it."""
    return None if line.cost_minor is None else line.cost_minor // line.quantity * quantity


def _rules_of(rules: tuple[AppliedRule, ...], discount_minor: int) -> tuple[AppliedRule, ...]:
    if not rules:
        return ()
    shares = allocate(discount_minor, [rule.amount_minor for rule in rules])
    return tuple(AppliedRule(rule.policy, share) for rule, share in zip(rules, shares, strict=True))


def _added_up(rules: Iterable[AppliedRule]) -> tuple[AppliedRule, ...]:
    sums: dict[str, int] = {}
    for rule in rules:
        sums[rule.policy] = sums.get(rule.policy, 0) + rule.amount_minor
    return tuple(AppliedRule(policy, amount) for policy, amount in sums.items())
