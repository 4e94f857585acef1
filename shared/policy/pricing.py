"""Prices of an order: groups work in their declared order, one yields to another, and shares lose no unit."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from shared.policy.benefit import BenefitPlan
from shared.policy.desk import Desk
from shared.policy.order import AskedRoute, PricedGift, PricedLine, ToPrice
from shared.policy.stacking import Stacking
from shared.trace import Decision, Node, Outcome, Rule


@dataclass(frozen=True, slots=True)
class PricedOrder(Outcome):
    """`requires_approval`: a rule asks a route for terms, and the order has no price before they're granted (S-A6)."""

    form: ClassVar[str] = "pricing"

    state: Literal["priced", "requires_approval"]
    lines: tuple[PricedLine, ...]
    asks: tuple[AskedRoute, ...] = ()
    gifts: tuple[PricedGift, ...] = ()


def price_order(
    stacking: Stacking, benefits: tuple[BenefitPlan, ...], order: ToPrice, *, policy: str
) -> Decision[PricedOrder]:
    """Every line with what each rule took off it; `benefits` are all in force, since a reward may stop a price rule.

    `policy` is the version of the matrix. Losers stay in the trace, with the reason and what they would have given.
    """
    desk = Desk.of(stacking, benefits, order)
    for group in stacking.price_groups():
        desk = desk.worked(group)
    lines = tuple(line.priced() for line in desk.lines.values())
    outcome = PricedOrder("requires_approval" if desk.asks else "priced", lines, desk.asks, desk.gifts)
    closing = tuple(line.closing() for line in desk.lines.values())
    trace = Node(Rule("pricing", policy), outcome.state, inside=desk.nodes + closing)
    return Decision(outcome, policy, order.as_of, order.subject, trace)
