"""The price rules in force on one day, with the matrix that says how they meet."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from shared.policy.benefit import BenefitPlan
from shared.policy.evaluation import Answer, Case
from shared.policy.order import PricedLine, ToPrice
from shared.policy.pricing import PricedOrder, price_order
from shared.policy.rulebook import NotGoverned, Rulebook
from shared.policy.stacking import Stacking, compile_stacking
from shared.trace import Decision

GROUPS, PAIRS = "stacking-groups", "stacking-pairs"
P4 = "P4"


@dataclass(frozen=True)
class PriceBook:
    """Compiled once per set of documents; a reward is among the benefits where it may stop a price rule."""

    rules: Rulebook
    stacking: Stacking
    benefits: tuple[BenefitPlan, ...]

    @classmethod
    def of(cls, rules: Rulebook) -> Self:
        """Raises NotGoverned where the matrix is not in force."""
        stacking = compile_stacking(rules.table(GROUPS), rules.table(PAIRS))
        bearing = (plan for plan in rules.plans.benefits() if stacking.bears_on_prices(plan.document.stacking))
        return cls(rules, stacking, tuple(bearing))

    @cached_property
    def discounts(self) -> tuple[BenefitPlan, ...]:
        """The benefits that change a price."""
        priced = {group.name for group in self.stacking.price_groups()}
        return tuple(plan for plan in self.benefits if plan.document.stacking in priced)

    @cached_property
    def titles(self) -> Mapping[str, Mapping[str, str]]:
        """Titles of the price rules in both languages, by the id of their document."""
        titles = {plan.document.id: plan.document.title for plan in self.discounts}
        return {policy: {"en": title.en, "zh": title.zh} for policy, title in titles.items()}

    @cached_property
    def routes_asked(self) -> tuple[str, ...]:
        """The routes that rows without a figure ask."""
        return tuple(sorted({row.ask for plan in self.discounts for row in plan.document.table.rows if row.ask}))

    @cached_property
    def _of_p4(self) -> frozenset[str]:
        return frozenset(plan.heading.policy for plan in self.benefits if P4 in plan.document.row)

    def price(self, order: ToPrice) -> Decision[PricedOrder]:
        """Every line with what each rule took off; raises NoExchangeRate."""
        matrix = self.rules.plans.by_id.get(GROUPS)
        if matrix is None:
            raise NotGoverned
        return price_order(self.stacking, self.benefits, order, policy=matrix.heading.policy)

    def touches(self, order: ToPrice) -> bool:
        """Whether any price rule has a line of the order in its scope."""
        for plan in self.discounts:
            for line in order.lines:
                case = Case(order.facts, line.subject, line.asked_at, order.grants)
                if plan.heading.out_of_force(case) is None and plan.heading.asked(case)[0] is Answer.HOLDS:
                    return True
        return False

    def before_p4(self, line: PricedLine) -> int:
        """Minor units of the line after every rule but P4's."""
        return line.net.amount_minor + sum(
            taken.amount.amount_minor for taken in line.taken if taken.policy in self._of_p4
        )
