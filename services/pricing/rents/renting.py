"""What a group pays: the designated rent of its plan by the people it has, as the rent documents say (P3, P2)."""

from dataclasses import dataclass
from datetime import date, datetime

from services.pricing.rents.domain import Plan, UnknownPlan, plans_of
from shared.calendar import Period, day_start, local_day
from shared.policy.benefit import BenefitPlan
from shared.policy.evaluation import Case
from shared.policy.measure import Measure
from shared.policy.proration import rent_of
from shared.policy.rulebook import NotGoverned, Rulebook
from shared.policy.worth import Award, State
from shared.trace import Decision, Evidence, NoEvidence, Subject

PLANS = "vpn-plans"
RENT = "plan-rent"
P3 = "P3"


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """What is known of a group: its plan, and how many people it has on each day; `seats_on` may not know."""

    plan: Plan
    counts: tuple[tuple[date, int], ...]
    zone: str
    letter: bool | None = None

    def value(
        self, measure: Measure, subject: Subject, window: Period | None, as_of: datetime
    ) -> Evidence | NoEvidence:
        found = self._found(measure.fact, local_day(as_of, self.zone))
        return NoEvidence() if found is None else Evidence(found)

    def _found(self, fact: str, day: date) -> str | bool | int | None:
        match fact:
            case "subscription.plan":
                return self.plan.name
            case "subscription.plan_launched":
                return self.plan.launched
            case "subscription.change_letter":
                return self.letter
            case "subscription.seats":
                return next((seats for first, seats in reversed(self.counts) if first <= day), None)
        return None


def always(plan: Plan, seats: int, zone: str, *, letter: bool | None = None) -> GroupFacts:
    """A group that has so many people on every day."""
    return GroupFacts(plan, ((date.min, seats),), zone, letter)


def plans_sold(rules: Rulebook) -> dict[str, Plan]:
    """By SKU; none where no table of plans is in force."""
    return plans_of(rules.table(PLANS)) if PLANS in rules.plans.by_id else {}


def plan_named(rules: Rulebook, name: str) -> Plan:
    """Raises UnknownPlan."""
    for plan in plans_sold(rules).values():
        if plan.name == name:
            return plan
    raise UnknownPlan


def monthly_rent(rules: Rulebook, plan: Plan, seats: int, day: date, zone: str) -> Decision[Award]:
    """The designated rent of a whole month for so many people. Raises NotGoverned."""
    case = group_of(plan, seats, day_start(day, zone), zone)
    return rent_document(rules, case).decide(case)


def group_of(plan: Plan, seats: int, at: datetime, zone: str) -> Case:
    """A question about a group that need not exist."""
    return Case(always(plan, seats, zone), Subject("subscription", plan.name), at)


def rent_of_month(document: BenefitPlan, facts: GroupFacts, subject: Subject, month: Period) -> Decision[Award]:
    """By the document's own proration: as on the first day, or by days."""
    return rent_of(document, month, Case(facts, subject, day_start(month.first, facts.zone)))


def rent_document(rules: Rulebook, case: Case) -> BenefitPlan:
    """The rent document whose scope holds; raises NotGoverned."""
    for document in rules.plans.benefits():
        is_rent = P3 in document.document.row and document.document.outcome.kind == "price"
        if is_rent and document.decide(case).outcome.state is not State.OUT_OF_SCOPE:
            return document
    raise NotGoverned({"en": "No rent of this plan is in force.", "zh": "该套餐没有生效的月租。"})
