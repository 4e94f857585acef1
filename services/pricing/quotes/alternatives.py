"""What a little more would bring: pieces that reach the next row of a rule, priced as the quote itself was."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from services.pricing.quotes.domain import CannotBePriced, Quote, QuoteLine
from services.pricing.quotes.material import Material
from services.pricing.quotes.pricing import PricedQuote, QuoteRequest, Setting, price_quote
from shared.money import Money
from shared.policy.benefit import BenefitPlan
from shared.policy.table import Row
from shared.trace import Gap, Node

BY_PIECES = frozenset(("line.quantity", "order.amount_so_far", "purchases_before_p4"))
MOST_PIECES = 1_000_000
A_FEW = 3  # amounts are rounded, and another rule may take more on the way


class Reachable(NamedTuple):
    """The next row of a rule, how far it is, and the lines the rule took from: none where it took nothing yet."""

    plan: BenefitPlan
    reached: int
    gap: Gap
    lines: frozenset[str]

    @property
    def row(self) -> Row:
        return self.plan.document.table.rows[self.reached + 1]


def alternatives(
    request: QuoteRequest, material: Material, setting: Setting, priced: PricedQuote
) -> tuple[dict[str, Any], ...]:
    """One for each rule with a row that more pieces reach, on the line that needs the fewest; all of them priced."""
    found = (_nearest(near, request, material, setting, priced.quote) for near in _reachable(priced, setting))
    return tuple(one for one in found if one is not None)


def _reachable(priced: PricedQuote, setting: Setting) -> Iterator[Reachable]:
    for node in priced.decisions[0].trace.inside:
        row = _row_of(node)
        if row is None or row.gap is None or not isinstance(row.result, int):
            continue
        plan = setting.book.rules.plans.by_id[node.rule.rule.partition("@")[0]]
        if isinstance(plan, BenefitPlan) and plan.document.measure.fact in BY_PIECES:
            shares = frozenset(inner.rule.rule for inner in node.inside if inner.rule.what == "share")
            yield Reachable(plan, row.result, row.gap, shares)


def _row_of(node: Node) -> Node | None:
    if node.rule.what != "price_rule" or node.why_not is not None:
        return None
    return next((inner for inner in node.inside if inner.rule.what == "row"), None)


def _nearest(
    near: Reachable, request: QuoteRequest, material: Material, setting: Setting, quote: Quote
) -> dict[str, Any] | None:
    if near.row.nothing:
        return None
    spans = sorted((span, line.line) for line in quote.lines if (span := _pieces(near, line, quote)) is not None)
    if not spans:
        return None
    (least, most), number = spans[0]
    while least < most:
        middle = (least + most) // 2
        then = _priced_with(middle, number, request, material, setting)
        least, most = (least, middle) if then is not None and _reached(near, then) else (middle + 1, most)
    then = _priced_with(least, number, request, material, setting)
    if then is None or not _reached(near, then):
        return None
    return _said(near, least, quote.lines[number - 1], then.quote)


def _pieces(near: Reachable, line: QuoteLine, quote: Quote) -> tuple[int, int] | None:
    """How many more of the line's pieces close the gap, at least and at most; none where they cannot.

    At the list price it takes the fewest; a piece counts at what the rules before this one left of it.
    """
    if line.requested_unit_minor is not None or (near.lines and f"{quote.id}:{line.line}" not in near.lines):
        return None
    gap = near.gap.amount
    if isinstance(gap, Money):
        if gap.currency != quote.currency or line.net_minor <= 0:
            return None
        at_list, at_net = (-(-gap.amount_minor * line.quantity // worth) for worth in (line.list_minor, line.net_minor))
        return max(1, min(at_list, at_net)), max(at_list, at_net) + A_FEW
    return (gap, gap) if isinstance(gap, int) else None


def _priced_with(
    more: int, number: int, request: QuoteRequest, material: Material, setting: Setting
) -> PricedQuote | None:
    lines = tuple(
        line._replace(quantity=line.quantity + more) if place == number else line
        for place, line in enumerate(request.lines, 1)
    )
    if lines[number - 1].quantity > MOST_PIECES:
        return None
    try:
        return price_quote(replace(request, lines=lines), material, setting)
    except CannotBePriced:
        return None


def _reached(near: Reachable, then: PricedQuote) -> bool:
    rows = (_row_of(node) for node in then.decisions[0].trace.inside if node.rule.rule == near.plan.heading.policy)
    return any(row is not None and isinstance(row.result, int) and row.result > near.reached for row in rows)


def _said(near: Reachable, more: int, line: QuoteLine, then: Quote) -> dict[str, Any]:
    """What the row gives, and the quote's total with it; none where the row only asks for terms."""
    row, outcome = near.row, near.plan.document.outcome
    amount = None if row.amount is None or outcome.currency is None else f"{row.amount:f}"
    return {
        "policy": near.plan.heading.policy,
        "line": line.line,
        "sku": line.sku,
        "more": more,
        "rate": None if row.rate is None else f"{row.rate:f}",
        "amount": amount and {"amount": amount, "currency": outcome.currency},
        "goods": None if row.goods is None else {"sku": row.goods.sku, "quantity": row.goods.quantity},
        "route": row.ask,
        "total_minor": then.total_minor,
    }
