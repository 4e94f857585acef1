"""The facts a rating asks of one account, each a pure function over what was added up and recorded of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from operator import xor
from typing import NamedTuple

from services.accounts.support.domain import IN_PROGRAMME, answered
from shared.calendar import Duration, Period, local_day
from shared.money import Money
from shared.policy.measure import Measure, RollingWindow
from shared.policy.registry import FactFunctions, load_registry
from shared.trace import Events, Evidence, Journal, NoEvidence, Subject

GROWTH = "account.purchase_growth"


@dataclass(frozen=True, slots=True)
class Assessed:
    """A dated judgement with its own expiry (the last good day)."""

    id: str
    fact: str
    value: str
    assessed_on: date
    expires_on: date | None


class Span(NamedTuple):
    """The deliveries of the local days `[first, until)`, in one currency."""

    first: date
    until: date
    currency: str


class Bought(NamedTuple):
    """What an account bought in a span as far as it had happened by a day, in minor units of the span's currency.

    `costless_minor` is the net of lines without a cost, `late_minor` what was due by then and `late_minor_days` the
    same times its days late, `unconverted` counts what no exchange rate leads from; the rest says where it comes from.
    """

    net_minor: int = 0
    paid_minor: int = 0
    cost_minor: int = 0
    costless_minor: int = 0
    late_minor: int = 0
    late_minor_days: int = 0
    unconverted: int = 0
    movements: int = 0
    first_position: int = 0
    last_position: int = 0
    digest: str = ""

    @property
    def margin_minor(self) -> int | None:
        """Net less frozen cost; none where nothing was sold, or a cost or a rate is missing (S-C5)."""
        unknown = not self.movements or self.costless_minor or self.unconverted
        return None if unknown else self.net_minor - self.cost_minor

    def origin(self, total: Money | int) -> Journal:
        return Journal(self.first_position, self.last_position, self.movements, total, self.digest)


NOTHING = Bought()
ADDED = Bought._fields[: Bought._fields.index("first_position")]


def together(parts: Iterable[Bought]) -> Bought:
    """What accounts that go on as one bought between them (S-I2)."""
    known = [part for part in parts if part.movements]
    if len(known) < 2:
        return known[0] if known else NOTHING
    return Bought(
        **{name: sum(getattr(part, name) for part in known) for name in ADDED},
        first_position=min(part.first_position for part in known),
        last_position=max(part.last_position for part in known),
        digest=f"{reduce(xor, (int(part.digest, 16) for part in known)):x}",
    )


@dataclass(frozen=True, slots=True)
class Purchased:
    """What was bought under one account's own id, by span, and what was frozen of it."""

    account_id: str
    bought: Mapping[Span, Bought]
    baselines: Mapping[Span, int]

    def frozen(self, span: Span) -> int:
        """As frozen, or as known now where it was not."""
        return self.baselines.get(span, self.bought.get(span, NOTHING).paid_minor)


@dataclass(frozen=True, slots=True)
class RatedAccount:
    """All that is known of one account when it is rated; `currency` is the one in which accounts are compared.

    `baselines` are purchases frozen at an earlier rating, `company_margins` everybody's, `placed` orders by span.
    `parts` tell what was bought under its own id and under each it goes on for (S-I2).
    """

    account_id: str
    zone: str
    currency: str
    bought: Mapping[Span, Bought] = field(default_factory=dict)
    baselines: Mapping[Span, int] = field(default_factory=dict)
    company_margins: Mapping[Span, int] = field(default_factory=dict)
    placed: Mapping[tuple[date, date], int] = field(default_factory=dict)
    assessments: tuple[Assessed, ...] = ()
    contact_days: tuple[date, ...] = ()
    enrolled: bool | None = None
    parts: tuple[Purchased, ...] = ()
    in_programme: bool | None = None

    def of(self, window: Period, currency: str | None = None) -> tuple[Span, Bought]:
        span = Span(window.first, window.until, currency or self.currency)
        return span, self.bought.get(span, NOTHING)


FactFunction = Callable[[RatedAccount, Measure, Period | None, date], Evidence | NoEvidence]
FUNCTIONS: FactFunctions[FactFunction] = FactFunctions(load_registry(), "accounts")


@dataclass(frozen=True, slots=True)
class RatingFacts:
    """Answers an evaluator's questions about one account; a fact nobody computes here has no evidence."""

    account: RatedAccount

    def value(
        self, measure: Measure, subject: Subject, window: Period | None, as_of: datetime
    ) -> Evidence | NoEvidence:
        function = FUNCTIONS.get(measure.fact)
        if function is None:
            return NoEvidence()
        return function(self.account, measure, window, local_day(as_of, self.account.zone))


def span_before(measure: Measure, window: Period) -> Period | None:
    """The span of the same length that ends where the window begins; growth is measured against it."""
    if not isinstance(measure.window, RollingWindow):
        return None
    length = Duration.parse(measure.window.last)
    first = length.before(window.first)
    return Period(f"{first.isoformat()}/{window.first.isoformat()}", first, window.first)


@FUNCTIONS.computes("purchases")
def purchases(account: RatedAccount, measure: Measure, window: Period | None, as_of: date) -> Evidence | NoEvidence:
    """Paid or delivered purchases of the window, each delivery converted at its own day, returns taken off."""
    if window is None or measure.currency is None or measure.basis not in ("paid", "delivered"):
        return NoEvidence()
    _, bought = account.of(window, measure.currency)
    if bought.unconverted:
        return NoEvidence("an exchange rate")
    total = Money(bought.paid_minor if measure.basis == "paid" else bought.net_minor, measure.currency)
    return Evidence(total, measure.currency, bought.origin(total))


@FUNCTIONS.computes(GROWTH)
def purchase_growth(
    account: RatedAccount, measure: Measure, window: Period | None, as_of: date
) -> Evidence | NoEvidence:
    """Purchases of the window over the frozen ones of the span before, minus one; nothing before is no evidence."""
    before = None if window is None else span_before(measure, window)
    if window is None or before is None:
        return NoEvidence()
    _, now = account.of(window)
    baseline, then = account.of(before)
    frozen = account.baselines.get(baseline)
    if now.unconverted or (frozen is None and then.unconverted):
        return NoEvidence("an exchange rate")
    compared = then.paid_minor if frozen is None else frozen
    if compared <= 0:
        return NoEvidence("purchases in the span before")
    return Evidence(Decimal(now.paid_minor) / compared - 1, "share of one", now.origin(now.paid_minor))


@FUNCTIONS.computes("account.margin_contribution")
def margin_contribution(
    account: RatedAccount, measure: Measure, window: Period | None, as_of: date
) -> Evidence | NoEvidence:
    """The account's margin over everybody's; a delivery without its cost leaves nothing to compare (S-C5)."""
    if window is None:
        return NoEvidence()
    span, bought = account.of(window)
    own, everybody = bought.margin_minor, account.company_margins.get(span)
    if own is None or not everybody:
        return NoEvidence("costs of what was sold")
    return Evidence(Decimal(own) / everybody, "share of one", bought.origin(own))


@FUNCTIONS.computes("account.average_days_late")
def average_days_late(
    account: RatedAccount, measure: Measure, window: Period | None, as_of: date
) -> Evidence | NoEvidence:
    """Days between due and paid, weighted by amount, rounded up; what is overdue counts with its days so far.

    Deliveries of the window whose payment was due by the day; one without terms says nothing of timeliness.
    """
    if window is None:
        return NoEvidence()
    _, bought = account.of(window)
    if bought.late_minor <= 0 or bought.unconverted:
        return NoEvidence("payments with a due day")
    days = -(-bought.late_minor_days // bought.late_minor)
    return Evidence(days, "days", bought.origin(bought.late_minor))


@FUNCTIONS.computes("orders.count")
def orders_count(account: RatedAccount, measure: Measure, window: Period | None, as_of: date) -> Evidence | NoEvidence:
    """Orders placed in the window and not cancelled."""
    if window is None or measure.basis != "placed":
        return NoEvidence()
    return Evidence(account.placed.get((window.first, window.until), 0), "orders")


@FUNCTIONS.computes("membership.enrolled")
def enrolled(account: RatedAccount, measure: Measure, window: Period | None, as_of: date) -> Evidence | NoEvidence:
    return NoEvidence() if account.enrolled is None else Evidence(account.enrolled)


@FUNCTIONS.computes(IN_PROGRAMME)
def in_support_programme(
    account: RatedAccount, measure: Measure, window: Period | None, as_of: date
) -> Evidence | NoEvidence:
    """A member whose last evaluation holds (A11)."""
    return answered(account.in_programme)


@FUNCTIONS.computes("account.contacts_logged")
def contacts_logged(
    account: RatedAccount, measure: Measure, window: Period | None, as_of: date
) -> Evidence | NoEvidence:
    if window is None:
        return NoEvidence()
    return Evidence(sum(window.holds(day) and day <= as_of for day in account.contact_days), "count")


@FUNCTIONS.computes("account.territory_share")
def territory_share(
    account: RatedAccount, measure: Measure, window: Period | None, as_of: date
) -> Evidence | NoEvidence:
    """The latest survey figure inside the window."""
    found = _latest(account, measure.fact, as_of)
    if found is None or window is None or not window.holds(found.assessed_on):
        return NoEvidence("a survey")
    return Evidence(Decimal(found.value), "share of one", Events((found.id,)))


@FUNCTIONS.computes("account.credit")
@FUNCTIONS.computes("account.business_sense")
@FUNCTIONS.computes("account.brand_awareness")
@FUNCTIONS.computes("account.willingness")
def assessed(account: RatedAccount, measure: Measure, window: Period | None, as_of: date) -> Evidence | NoEvidence:
    """The latest assessment whose own expiry has not passed."""
    found = _latest(account, measure.fact, as_of)
    return NoEvidence("an assessment") if found is None else Evidence(found.value, "", Events((found.id,)))


def _latest(account: RatedAccount, fact: str, as_of: date) -> Assessed | None:
    standing = [
        a
        for a in account.assessments
        if a.fact == fact and a.assessed_on <= as_of and (a.expires_on is None or as_of <= a.expires_on)
    ]
    return max(standing, key=lambda a: (a.assessed_on, a.id), default=None)
