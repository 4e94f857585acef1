"""By when a month's form is due, on which scale it scores, and how many forms which department checks (A9)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from services.accounts.return_visits.domain import Scale
from shared.calendar import Period, day_start
from shared.policy.condition import FactTest, walk
from shared.policy.rulebook import Rulebook

DUE = "return_visit.due"
TERMS = "return-visit-terms"
FORM_DAY = "return_visit.form_day"


@dataclass(frozen=True, slots=True)
class Terms:
    """The scale of the scores, and how many forms which department checks."""

    scale: Scale
    share: Decimal
    least: int
    department: str


def terms_of(rules: Rulebook) -> Terms:
    """Raises NotGoverned."""
    row = rules.table(TERMS)[0]
    scale = Scale(int(str(row["lowest"])), int(str(row["highest"])))
    return Terms(scale, Decimal(str(row["share"])), int(str(row["least"])), str(row["checked_by"]))


def due_day(rules: Rulebook, month: Period) -> date:
    """The last day on which the month's form is in time: what the document asks of its day, weekends and all (A9)."""
    tests = (
        node
        for plan in rules.plans.asked_at(DUE)
        for node in walk(plan.document.require)
        if isinstance(node, FactTest) and node.fact == FORM_DAY and node.at_most is not None
    )
    test = next(tests, None)
    return month.last if test is None else month.first + timedelta(days=int(str(test.at_most)) - 1)


def end_of(day: date, zone: str) -> datetime:
    """The last instant of a local day."""
    return day_start(day + timedelta(days=1), zone) - timedelta(microseconds=1)
