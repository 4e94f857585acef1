"""What a rent comes to in a month in which its measure changes (C7): the first day decides, or each day by itself."""

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction

from shared.calendar import Period, day_start
from shared.money import Money, rounded
from shared.policy.benefit import BenefitPlan
from shared.policy.evaluation import Case
from shared.policy.worth import Award, State
from shared.trace import Decision, Node, Rule


def rent_of(plan: BenefitPlan, month: Period, case: Case) -> Decision[Award]:
    """The rent of a calendar month for the case's subject; its `as_of` is not asked.

    `whole_month`: the rent in force on the first day. `daily`: each calendar day at the rent in force on it, added up
    and rounded once; a day without evidence leaves the whole month without.
    """
    first = plan.decide(_on(month.first, plan, case))
    if plan.document.outcome.proration != "daily":
        return first
    days = [month.first + timedelta(days=number) for number in range((month.until - month.first).days)]
    decided = [first, *(plan.decide(_on(day, plan, case)) for day in days[1:])]
    unknown = next((one for one in decided if one.outcome.state is not State.GIVES), None)
    return unknown or _by_days(plan, month, decided)


def _on(day: date, plan: BenefitPlan, case: Case) -> Case:
    return case._replace(as_of=day_start(day, plan.heading.zone))


def _by_days(plan: BenefitPlan, month: Period, decided: list[Decision[Award]]) -> Decision[Award]:
    rents = {one.outcome.amount: one for one in reversed(decided) if one.outcome.amount is not None}
    days = Counter(one.outcome.amount for one in decided)
    currency = next(iter(rents)).currency
    total = sum(rent.amount_minor * days[rent] for rent in rents)
    share = Fraction(total, len(decided))
    amount = Money(rounded(share, plan.document.outcome.rounding or "half_up"), currency)
    spans = tuple(_span(plan, one, days[rent], len(decided)) for rent, one in reversed(rents.items()))
    written = {"rounding": plan.document.outcome.rounding, "proration": "daily"}
    rule = Rule("prorated", "outcome.proration", plan.place.clause, written=written)
    node = Node(rule, amount, window=month.key, inside=spans)
    award = Award(State.GIVES, plan.document.outcome.kind, amount)
    return decided[0]._replace(outcome=award, trace=plan.heading.top(State.GIVES, (node,)))


def _span(plan: BenefitPlan, one: Decision[Award], days: int, of: int) -> Node:
    """All days of one rent, with the reasons of the first of them."""
    rule = Rule("days", "outcome.proration", plan.place.clause)
    return Node(rule, one.outcome.amount, figures={"days": days, "of": of}, inside=one.trace.inside)
