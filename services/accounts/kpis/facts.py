"""The twelve KPIs, each a pure function over what is known of a scope; a denominator of zero is no plan."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from services.accounts.kpis.life import came_to_be_lost, new_customers
from services.accounts.kpis.material import Asked, Due, ScopeMaterial, SoldOn
from services.accounts.targets.domain import PlannedKpi
from shared.calendar import Period, local_day, period_of
from shared.money import Money, NoExchangeRate, convert, rate_on
from shared.policy.measure import Measure
from shared.policy.registry import FactFunctions, load_registry
from shared.trace import Evidence, NoEvidence, Subject

NO_PLAN = NoEvidence("no_plan")
NOT_KEPT = NoEvidence("not_kept")
SHARE = "share of one"

KpiFunction = Callable[[ScopeMaterial, date], Evidence | NoEvidence]
FUNCTIONS: FactFunctions[KpiFunction] = FactFunctions(load_registry(), "accounts")


@dataclass(frozen=True, slots=True)
class KpiFacts:
    """Answers a scorecard's questions about one scope for the period its material was gathered for."""

    material: ScopeMaterial

    def value(
        self, measure: Measure, subject: Subject, window: Period | None, as_of: datetime
    ) -> Evidence | NoEvidence:
        function = FUNCTIONS.get(measure.fact)
        if function is None or window is None or window.key != self.material.span.key:
            return NOT_KEPT
        return function(self.material, local_day(as_of, self.material.zone))


@dataclass(frozen=True, slots=True)
class ClerkFacts:
    """The appraiser's answers about an office clerk, by fact."""

    answers: Mapping[str, str]

    def value(
        self, measure: Measure, subject: Subject, window: Period | None, as_of: datetime
    ) -> Evidence | NoEvidence:
        given = self.answers.get(measure.fact)
        return NoEvidence("an answer") if given is None else Evidence(given)


@FUNCTIONS.computes("kpi.plan_completion")
def plan_completion(material: ScopeMaterial, until: date) -> Evidence | NoEvidence:
    """Delivered sales less returns over the plan, in the plan's currency, each day at its own rate; unrounded."""
    plan = planned_sales(material)
    if plan is None or not plan.amount_minor:
        return NO_PLAN
    sold = in_currency((one for one in material.sales if one.day <= until), material, plan.currency)
    return sold if isinstance(sold, NoEvidence) else Evidence(Decimal(sold) / plan.amount_minor, SHARE)


@FUNCTIONS.computes("kpi.accounts_lost")
def accounts_lost(material: ScopeMaterial, until: date) -> Evidence | NoEvidence:
    if material.lost is None:
        return NOT_KEPT
    return Evidence(came_to_be_lost(material, material.lost, until), "count")


@FUNCTIONS.computes("kpi.new_customer_rate")
def new_customer_rate(material: ScopeMaterial, until: date) -> Evidence | NoEvidence:
    """Over the customers at the start of the period."""
    if material.new is None:
        return NOT_KEPT
    if not material.customers_before:
        return NO_PLAN
    return Evidence(Decimal(new_customers(material, material.new, until)) / material.customers_before, SHARE)


@FUNCTIONS.computes("kpi.development_completion")
def development_completion(material: ScopeMaterial, until: date) -> Evidence | NoEvidence:
    won, plan = material.work.cases_won, planned(material, PlannedKpi.development)
    if won is None:
        return NOT_KEPT
    if not isinstance(plan, int) or not plan:
        return NO_PLAN
    return Evidence(Decimal(sum(day <= until for day in won)) / plan, SHARE)


@FUNCTIONS.computes("kpi.complaints_caused")
def complaints_caused(material: ScopeMaterial, until: date) -> Evidence | NoEvidence:
    caused = material.work.complaints_caused
    return NOT_KEPT if caused is None else Evidence(sum(day <= until for day in caused), "count")


@FUNCTIONS.computes("kpi.feedback_on_time")
def feedback_on_time(material: ScopeMaterial, until: date) -> Evidence | NoEvidence:
    return on_time(material.work.feedback, until)


@FUNCTIONS.computes("kpi.answer_timeliness")
def answer_timeliness(material: ScopeMaterial, until: date) -> Evidence | NoEvidence:
    return on_time(material.work.questions, until)


@FUNCTIONS.computes("kpi.return_visit_rate")
def return_visit_rate(material: ScopeMaterial, until: date) -> Evidence | NoEvidence:
    return done_of(material.work.return_visits, until)


@FUNCTIONS.computes("kpi.service_standard")
def service_standard(material: ScopeMaterial, until: date) -> Evidence | NoEvidence:
    return done_of(material.work.services_checked, until)


@FUNCTIONS.computes("kpi.service_cost_share")
def service_cost_share(material: ScopeMaterial, until: date) -> Evidence | NoEvidence:
    spent, budget = material.work.spent, planned(material, PlannedKpi.service_cost)
    if spent is None:
        return NOT_KEPT
    if not isinstance(budget, Money) or not budget.amount_minor:
        return NO_PLAN
    total = in_currency((one for one in spent if one.day <= until), material, budget.currency)
    return total if isinstance(total, NoEvidence) else Evidence(Decimal(total) / budget.amount_minor, SHARE)


@FUNCTIONS.computes("kpi.dossier_completeness")
def dossier_completeness(material: ScopeMaterial, until: date) -> Evidence | NoEvidence:
    return NOT_KEPT if material.completeness is None else Evidence(material.completeness, SHARE)


@FUNCTIONS.computes("kpi.satisfaction")
def satisfaction(material: ScopeMaterial, until: date) -> Evidence | NoEvidence:
    """The mean of the accounts' scores, of a hundred."""
    scores = material.work.satisfaction
    if not scores:
        return NOT_KEPT
    return Evidence(sum(scores, Decimal(0)) / len(scores) / 100, SHARE)


def planned_sales(material: ScopeMaterial) -> Money | None:
    """The scope's own target, else its people's together; a period without one is the sum of all its parts."""
    own = tuple(one for one in material.sales_plans if one.whose == material.scope)
    found = _whole({one.period: one.amount for one in own}, material.span)
    if found is not None or own:
        return found
    people = {one.whose for one in material.sales_plans}
    theirs = [
        _whole({one.period: one.amount for one in material.sales_plans if one.whose == person}, material.span)
        for person in sorted(people)
    ]
    return _sum([one for one in theirs if one is not None])


def planned(material: ScopeMaterial, kpi: PlannedKpi) -> int | Money | None:
    """What was planned for the period, or for all its parts together."""
    figures = {one.period: one.figure for one in material.planned if one.kpi is kpi}
    if all(isinstance(figure, Money) for figure in figures.values()):
        return _whole({key: figure for key, figure in figures.items() if isinstance(figure, Money)}, material.span)
    counts = {key: figure for key, figure in figures.items() if isinstance(figure, int)}
    if material.span.key in counts:
        return counts[material.span.key]
    parts = next((keys for keys in _parts(material.span) if all(key in counts for key in keys)), ())
    return sum(counts[key] for key in parts) if parts else None


def on_time(asked: tuple[Asked, ...] | None, until: date) -> Evidence | NoEvidence:
    """On time over all whose time has come."""
    if asked is None:
        return NOT_KEPT
    judged = [one.on_time for one in asked if one.on <= until and one.on_time is not None]
    return Evidence(Decimal(sum(judged)) / len(judged), SHARE) if judged else NO_PLAN


def done_of(due: tuple[Due, ...] | None, until: date) -> Evidence | NoEvidence:
    if due is None:
        return NOT_KEPT
    come = [one.done for one in due if one.on <= until]
    return Evidence(Decimal(sum(come)) / len(come), SHARE) if come else NO_PLAN


def in_currency(amounts: Iterable[SoldOn], material: ScopeMaterial, currency: str) -> int | NoEvidence:
    """The sum in minor units, each amount at the rate of its own day."""
    total = 0
    for one in amounts:
        if one.money.currency == currency:
            total += one.money.amount_minor
            continue
        try:
            rate = rate_on(material.rates, one.money.currency, currency, one.day)
        except NoExchangeRate:
            return NoEvidence("an exchange rate")
        total += convert(one.money, currency, rate).amount_minor
    return total


def _whole(amounts: Mapping[str, Money], span: Period) -> Money | None:
    if span.key in amounts:
        return amounts[span.key]
    parts = next((keys for keys in _parts(span) if all(key in amounts for key in keys)), ())
    return _sum([amounts[key] for key in parts])


def _parts(span: Period) -> Iterable[tuple[str, ...]]:
    """The ways to cover a span without it: its quarters, its months."""
    months = tuple(dict.fromkeys(period_of("month", day).key for day in _firsts(span)))
    quarters = tuple(dict.fromkeys(period_of("quarter", day).key for day in _firsts(span)))
    return [keys for keys in (quarters, months) if keys not in ((span.key,), ()) and len(months) > 1]


def _firsts(span: Period) -> Iterable[date]:
    day = span.first
    while day < span.until:
        yield day
        day = period_of("month", day).until


def _sum(amounts: list[Money]) -> Money | None:
    """None for nothing, and for plans in several currencies: no rate is of a plan's day."""
    if not amounts or len({one.currency for one in amounts}) > 1:
        return None
    return Money(sum(one.amount_minor for one in amounts), amounts[0].currency)
