"""The facts a rating asks of one account, each a pure function over what was recorded of it."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from services.accounts.ratings.purchases import Bought, PaidPart, paid_parts
from shared.calendar import Duration, Period, local_day
from shared.money import ExchangeRate, Money, convert, rate_on
from shared.policy.measure import Measure, RollingWindow
from shared.policy.registry import FactFunctions, load_registry
from shared.trace import Events, Evidence, Journal, NoEvidence, Subject


@dataclass(frozen=True, slots=True)
class Assessed:
    """A dated judgement with its own expiry (the last good day)."""

    id: str
    fact: str
    value: str
    assessed_on: date
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """One order of the account and the position at which it became known."""

    order_id: str
    position: int
    bought: Bought


@dataclass(frozen=True, slots=True)
class RatedAccount:
    """All that is known of one account when it is rated; `company_margin` is everybody's, by currency and window."""

    account_id: str
    zone: str
    orders: tuple[KnownOrder, ...] = ()
    assessments: tuple[Assessed, ...] = ()
    contact_days: tuple[date, ...] = ()
    rates: tuple[ExchangeRate, ...] = ()
    company_margin_minor: int | None = None
    margin_currency: str = ""

    def beside(self, company_margin_minor: int) -> "RatedAccount":
        return replace(self, company_margin_minor=company_margin_minor)


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


@FUNCTIONS.computes("purchases")
def purchases(account: RatedAccount, measure: Measure, window: Period | None, as_of: date) -> Evidence | NoEvidence:
    """Paid or delivered purchases of the window, each delivery converted at its own day, returns taken off."""
    if window is None or measure.currency is None or measure.basis not in ("paid", "delivered"):
        return NoEvidence()
    counted = _counted(account, window, as_of)
    total = sum(_worth(account, order, part, measure) for order, part in counted)
    return Evidence(Money(total, measure.currency), measure.currency, _origin(counted, Money(total, measure.currency)))


@FUNCTIONS.computes("account.purchase_growth")
def purchase_growth(
    account: RatedAccount, measure: Measure, window: Period | None, as_of: date
) -> Evidence | NoEvidence:
    """Purchases of the window over those of the same span before, minus one; nothing before is no evidence."""
    if window is None or not isinstance(measure.window, RollingWindow):
        return NoEvidence()
    length = Duration.parse(measure.window.last)
    before = Period(f"before {window.key}", length.before(window.first), window.first)
    orders = _counted(account, window, as_of), _counted(account, before, as_of)
    now, then = (sum(part.paid_minor for _, part in counted) for counted in orders)
    currencies = {order.bought.currency for counted in orders for order, _ in counted}
    if then <= 0 or len(currencies) != 1:
        return NoEvidence("purchases in the span before")
    return Evidence(Decimal(now) / then - 1, "share of one", _origin(orders[0], now))


@FUNCTIONS.computes("account.margin_contribution")
def margin_contribution(
    account: RatedAccount, measure: Measure, window: Period | None, as_of: date
) -> Evidence | NoEvidence:
    """The account's margin over everybody's; a delivery without its cost leaves nothing to compare (S-C5)."""
    own = None if window is None else margin_minor(account, window, as_of)
    if own is None or not account.company_margin_minor:
        return NoEvidence("costs of what was sold")
    return Evidence(Decimal(own) / account.company_margin_minor, "share of one")


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


def margin_minor(account: RatedAccount, window: Period, as_of: date) -> int | None:
    """Net less frozen cost of what was delivered in the window, in minor units; None where a cost is missing."""
    counted = _counted(account, window, as_of)
    if not counted or any(not part.cost_minor for _, part in counted if part.net_minor):
        return None
    return sum(
        _in(
            account,
            Money(part.net_minor - (part.cost_minor or 0), order.bought.currency),
            part.day,
            account.margin_currency or order.bought.currency,
        )
        for order, part in counted
    )


def _counted(account: RatedAccount, window: Period, as_of: date) -> list[tuple[KnownOrder, PaidPart]]:
    return [
        (order, part)
        for order in account.orders
        if not order.bought.cancelled
        for part in paid_parts(order.bought)
        if window.holds(part.day) and part.day <= as_of
    ]


def _worth(account: RatedAccount, order: KnownOrder, part: PaidPart, measure: Measure) -> int:
    amount = part.paid_minor if measure.basis == "paid" else part.net_minor
    return _in(account, Money(amount, order.bought.currency), part.day, measure.currency or order.bought.currency)


def _in(account: RatedAccount, money: Money, day: date, currency: str) -> int:
    if money.currency == currency:
        return money.amount_minor
    return convert(money, currency, _rate(account, money.currency, currency, day)).amount_minor


def _rate(account: RatedAccount, base: str, quote: str, day: date) -> ExchangeRate:
    return rate_on(account.rates, base, quote, day)


def _latest(account: RatedAccount, fact: str, as_of: date) -> Assessed | None:
    standing = [
        a
        for a in account.assessments
        if a.fact == fact and a.assessed_on <= as_of and (a.expires_on is None or as_of <= a.expires_on)
    ]
    return max(standing, key=lambda a: (a.assessed_on, a.id), default=None)


def _origin(counted: Sequence[tuple[KnownOrder, PaidPart]], total: Money | int) -> Journal:
    """Which stretch of the known orders was counted, with a digest that any order of them gives alike."""
    orders = {order.order_id: order.position for order, _ in counted}
    digest = hashlib.sha256("\n".join(sorted(orders)).encode()).hexdigest()[:16]
    positions = orders.values()
    return Journal(min(positions, default=0), max(positions, default=0), len(counted), total, digest)
