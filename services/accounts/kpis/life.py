"""When an account counts as lost or as new, asked of the documents that say so; pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.accounts.kpis.material import AccountLife, ScopeMaterial
from shared.calendar import Period, add_months, local_day
from shared.policy.conditions import ConditionsPlan
from shared.policy.evaluation import Answer, Case
from shared.policy.measure import Measure
from shared.trace import Evidence, NoEvidence, Subject


@dataclass(frozen=True, slots=True)
class LifeFacts:
    """What `lost-account` and `new-customer` may ask of one account."""

    account: AccountLife
    lists: tuple[tuple[date, date], ...]
    zone: str

    def value(
        self, measure: Measure, subject: Subject, window: Period | None, as_of: datetime
    ) -> Evidence | NoEvidence:
        day = local_day(as_of, self.zone)
        if window is not None:
            return self._ordered(measure.fact, window, day)
        match measure.fact:
            case "account.was_key_account":
                return Evidence(any(first <= day for first, _ in self.account.listed))
            case "account.is_key_account" if any(first <= day < until for first, until in self.lists):
                return Evidence(any(first <= day < until for first, until in self.account.listed))
            case "account.self_developed":
                return Evidence(self.account.developed)
        return NoEvidence()

    def _ordered(self, fact: str, window: Period, day: date) -> Evidence | NoEvidence:
        last = {"orders.count": day, "account.orders_before_first": day - timedelta(days=1)}.get(fact)
        return NoEvidence() if last is None else Evidence(self._orders(window.first, last), "count")

    def _orders(self, first: date, last: date) -> int:
        return sum(first <= ordered <= last for ordered in self.account.ordered_on)


def came_to_be_lost(material: ScopeMaterial, plan: ConditionsPlan, until: date) -> int:
    """Accounts that did not count as lost on the eve of the period, and did at a month's end of it or on `until`."""
    eve = material.span.first - timedelta(days=1)
    days = tuple(month_ends(material.span, until))
    return sum(
        not holds(material, plan, account, eve) and any(holds(material, plan, account, day) for day in days)
        for account in material.accounts
    )


def new_customers(material: ScopeMaterial, plan: ConditionsPlan, until: date) -> int:
    """Accounts whose first order of the period was a new customer's."""
    firsts = ((account, _first_order(account, material.span, until)) for account in material.newcomers)
    return sum(day is not None and holds(material, plan, account, day) for account, day in firsts)


def holds(material: ScopeMaterial, plan: ConditionsPlan, account: AccountLife, day: date) -> bool:
    """What the document answers at the end of a local day."""
    facts = LifeFacts(account, material.lists, material.zone)
    case = Case(facts, Subject("account", account.account_id), end_of(day, material.zone))
    return plan.decide(case).outcome.answer is Answer.HOLDS


def month_ends(span: Period, until: date) -> Iterator[date]:
    """The last day of each month of the span that is over, and `until` itself."""
    first = span.first
    while (last := add_months(first, 1) - timedelta(days=1)) < min(until, span.last):
        yield last
        first = add_months(first, 1)
    yield min(until, span.last)


def end_of(day: date, zone: str) -> datetime:
    """The last instant of a local day: what happened on it counts."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)) - timedelta(microseconds=1)


def _first_order(account: AccountLife, span: Period, until: date) -> date | None:
    inside = (day for day in account.ordered_on if span.holds(day) and day <= until)
    return min(inside, default=None)
