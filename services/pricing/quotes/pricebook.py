"""The price rules in force on one day, with the matrix that says how they meet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Protocol, Self

from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.catalogue.lists import PriceLists, price_lists_of
from services.pricing.quotes.facts import KEYS, SaleFacts
from services.pricing.quotes.material import Needs
from services.pricing.quotes.offers import Offers
from services.pricing.rents.domain import Plan
from services.pricing.rents.renting import plans_sold
from shared.calendar import Duration, period_of, trailing
from shared.policy.benefit import BenefitPlan
from shared.policy.evaluation import Answer, Case
from shared.policy.index import RuleIndex
from shared.policy.measure import Measure, RollingWindow
from shared.policy.order import PricedLine, ToPrice
from shared.policy.plan import measures_of
from shared.policy.pricing import PricedOrder, price_order
from shared.policy.rulebook import NotGoverned, Rulebook
from shared.policy.stacking import Stacking, compile_stacking
from shared.trace import Decision

GROUPS, PAIRS = "stacking-groups", "stacking-pairs"
P4 = "P4"
LONG_AGO = date(1970, 1, 1)
OF_COUPONS = frozenset(("order.coupon", "order.coupon_live", "order.coupon_uses_left"))


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
        return tuple(plan for plan in self.benefits if plan.document.stacking in self._priced)

    @cached_property
    def _priced(self) -> frozenset[str]:
        return frozenset(group.name for group in self.stacking.price_groups())

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
    def price_lists(self) -> PriceLists:
        return price_lists_of(self.rules)

    @cached_property
    def plans(self) -> Mapping[str, Plan]:
        """The telephone plans by SKU."""
        return plans_sold(self.rules)

    def needs(self, day: date) -> Needs:
        """What has to be read beside the month for prices of a day."""
        since = min((_begins(measure, day) for measure in self._asking("orders.count")), default=None)
        return Needs(since, bool(self._asking("line.contract_price")))

    def _asking(self, fact: str) -> tuple[Measure, ...]:
        return self._measures.get(fact, ())

    @cached_property
    def _measures(self) -> Mapping[str, tuple[Measure, ...]]:
        """By fact, every measure that a price rule asks for."""
        found: dict[str, dict[Measure, None]] = {}
        for measure in (measure for plan in self.benefits for measure in measures_of(plan.document)):
            found.setdefault(measure.fact, {})[measure] = None
        return {fact: tuple(measures) for fact, measures in found.items()}

    @cached_property
    def offers(self) -> Offers:
        return Offers.of(self.rules.plans)

    @cached_property
    def budget_of(self) -> Mapping[str, str]:
        """By `id@version`, the budget a price rule gives from."""
        return {plan.heading.policy: plan.document.budget for plan in self.discounts if plan.document.budget}

    @cached_property
    def by_coupon(self) -> frozenset[str]:
        """The price rules that look at the coupon: what they give uses it up."""
        asking = (plan for plan in self.discounts if any(one.fact in OF_COUPONS for one in measures_of(plan.document)))
        return frozenset(plan.heading.policy for plan in asking)

    @cached_property
    def _of_p4(self) -> frozenset[str]:
        return frozenset(plan.heading.policy for plan in self.benefits if P4 in plan.document.row)

    def price(self, order: ToPrice) -> Decision[PricedOrder]:
        """Every line with what each rule took off; raises NoExchangeRate."""
        matrix = self.rules.plans.by_id.get(GROUPS)
        if matrix is None:
            raise NotGoverned
        return price_order(self.stacking, self._for(order), order, policy=matrix.heading.policy)

    def _for(self, order: ToPrice) -> tuple[BenefitPlan, ...]:
        """Those whose scope may hold: terms of other customers, or for a coupon nobody gave, are not asked or told."""
        if not isinstance(order.facts, SaleFacts):
            return self.benefits
        return self._index.those_for(order.facts.keys)

    @cached_property
    def _index(self) -> RuleIndex:
        return RuleIndex.of(self.benefits, facts=KEYS)

    def touches(self, order: ToPrice) -> bool:
        """Whether any price rule has a line of the order in its scope."""
        for plan in self._for(order):
            if plan.document.stacking not in self._priced:
                continue
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


class Bookshelf(Protocol):
    """The books of a process, for who reads the epoch together with his facts."""

    @property
    def last_used(self) -> PriceBook | None:
        """Most often still the right one: what it needs can be read before anybody knows."""

    async def book(self, session: AsyncSession, epoch: int | None, day: date) -> PriceBook:
        """Raises NotGoverned where the matrix of price rules is not in force."""
        ...


def _begins(measure: Measure, day: date) -> date:
    """First day of the window that holds the day; of one counted from another date it may be any."""
    match measure.window:
        case "month" | "quarter" | "half_year" | "year":
            return period_of(measure.window, day).first
        case RollingWindow():
            return trailing(Duration.parse(measure.window.last), day).first
        case _:
            return LONG_AGO
