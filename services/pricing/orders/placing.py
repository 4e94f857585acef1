"""Orders drawn from an accepted quote: how much is left of each line, and what a part of it is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, NamedTuple

from services.pricing.catalogue.domain import Cost, Product, cost_on
from services.pricing.lines import AppliedRule, Share
from services.pricing.orders.domain import OrderLine, part_of
from services.pricing.quotes.domain import Quote, QuoteLine
from shared.errors import Conflict, FieldError, ValidationProblem, Words
from shared.money import allocate


class OverDraw(Conflict):
    code = "over_draw"
    title: ClassVar[Words] = {"en": "More than is left of the quote", "zh": "超过报价剩余数量"}


class PaidByTheMonth(Conflict):
    """A group is begun, and its months are invoiced one by one."""

    code = "paid_by_the_month"
    title: ClassVar[Words] = {"en": "A plan is not ordered; begin its group", "zh": "套餐不可下单，请开通群组"}


class UnknownQuoteLine(ValidationProblem):
    code = "unknown_quote_line"
    title: ClassVar[Words] = {"en": "The quote has no such line", "zh": "报价没有该行"}


class Drawn(NamedTuple):
    """What earlier orders took of one quote line; cancelled ones gave it back."""

    quantity: int = 0
    list_minor: int = 0
    before_p4_minor: int = 0
    net_minor: int = 0
    rules: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class OnTheOrderDay:
    """What an order freezes on its own day: costs, new-brand flags and whose sale it is."""

    day: date
    currency: str
    products: Mapping[str, Product]
    costs: Mapping[str, Sequence[Cost]]
    salespeople: tuple[Share, ...]


def draw(
    quote: Quote, wanted: Mapping[int, int], drawn: Mapping[int, Drawn], today: OnTheOrderDay
) -> tuple[OrderLine, ...]:
    """Quantities by quote line; the last part takes the rest of every amount, and nothing of a line makes no part.

    Raises OverDraw, UnknownQuoteLine or PaidByTheMonth.
    """
    known = {line.line: line for line in quote.lines}
    unknown = [_unknown(place, number) for place, number in enumerate(wanted) if number not in known]
    if unknown:
        raise UnknownQuoteLine(errors=unknown)
    if plans := [place for place, number in enumerate(wanted) if known[number].plan]:
        raise PaidByTheMonth(errors=[_by_the_month(place) for place in plans])
    parts = [
        (place, known[number], quantity, drawn.get(number, Drawn()))
        for place, (number, quantity) in enumerate(wanted.items(), start=1)
    ]
    short = [
        over_drawn(place, OverDraw.code, left=line.quantity - before.quantity, of=line.quantity, sku=line.sku)
        for place, line, quantity, before in parts
        if before.quantity + quantity > line.quantity
    ]
    if short:
        raise OverDraw(short[0].detail, errors=short)
    return tuple(_part(place, line, quantity, before, today) for place, line, quantity, before in parts if quantity)


def _by_the_month(place: int) -> FieldError:
    return FieldError(f"/lines/{place}/quote_line", PaidByTheMonth.code, PaidByTheMonth.title)


def gifts_with(
    quote: Quote, wanted: Mapping[int, int], drawn: Mapping[int, Drawn], today: OnTheOrderDay, *, first: int
) -> tuple[OrderLine, ...]:
    """A gift goes with the order that takes the last piece of every line: half of the deal earns none of it (P6)."""
    if any(wanted.get(line.line, 0) + drawn.get(line.line, Drawn()).quantity < line.quantity for line in quote.lines):
        return ()
    election = quote.lines[0].election
    return tuple(
        OrderLine(
            line=number,
            sku=gift.sku,
            quantity=gift.quantity,
            list_minor=0,
            before_p4_minor=0,
            net_minor=0,
            gift=True,
            salespeople=today.salespeople,
            election=election,
            rules=(AppliedRule(gift.policy, 0),),
        )
        for number, gift in enumerate(quote.gifts, first)
    )


def _unknown(place: int, number: int) -> FieldError:
    words: Words = {"en": f"the quote has no line {number}", "zh": f"报价没有第{number}行"}
    return FieldError(f"/lines/{place}/quote_line", "unknown_line", words)


def over_drawn(place: int, code: str, *, left: int, of: int, sku: str) -> FieldError:
    """The order's line at `place`, counted from one, wants more than is left; an amended limit may lie below zero."""
    left = max(0, left)
    words: Words = {"en": f"{left} of {of} {sku} are left", "zh": f"{sku}共{of}件，剩余{left}件"}
    return FieldError(f"/lines/{place - 1}/quantity", code, words)


def _part(place: int, line: QuoteLine, quantity: int, drawn: Drawn, today: OnTheOrderDay) -> OrderLine:
    left = line.quantity - drawn.quantity
    at_list = part_of(line.list_minor - drawn.list_minor, quantity, left)
    before = part_of(line.before_p4_minor - drawn.before_p4_minor, quantity, left)
    net = part_of(line.net_minor - drawn.net_minor, quantity, left)
    cost = cost_on(today.costs.get(line.sku, ()), today.currency, today.day)
    product = today.products.get(line.sku)
    return OrderLine(
        line=place,
        sku=line.sku,
        quantity=quantity,
        list_minor=at_list,
        before_p4_minor=before,
        net_minor=net,
        cost_minor=None if cost is None else cost.cost_minor * quantity,
        new_brand=product is not None and product.new_brand(today.day),
        salespeople=line.salespeople or today.salespeople,
        election=line.election,
        rules=_rules(line, drawn, at_list - net),
        quote_line=line.line,
    )


def _rules(line: QuoteLine, drawn: Drawn, taken_minor: int) -> tuple[AppliedRule, ...]:
    """What the rules took off this part, `taken_minor` together, by what is left of each (S-C2).

    A share of each rule by itself would be rounded apart from the amounts, and the parts would not sum to the line.
    """
    if not line.rules:
        return ()
    left = [max(0, rule.amount_minor - drawn.rules.get(rule.policy, 0)) for rule in line.rules]
    shares = allocate(taken_minor, left)
    return tuple(AppliedRule(rule.policy, share) for rule, share in zip(line.rules, shares, strict=True))
