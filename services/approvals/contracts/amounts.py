"""The amount that decides a contract's route: what it is worth, and what else the account asked for lately (C12)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from services.approvals.contracts.content import Content
from shared import money
from shared.calendar import Duration
from shared.errors import FieldError, Problem, ValidationProblem, Words
from shared.money import ExchangeRate, Money


class NoExchangeRate(Problem):
    """No rate of the pair is known on or before the day: nothing is guessed."""

    status = 409
    code = "no_exchange_rate"
    title: ClassVar[Words] = {"en": "The exchange rate is not known", "zh": "缺少汇率"}


LARGEST_WORTH_MINOR = 10**16
WORTH_NOTHING: Words = {"en": "the contract would be worth nothing", "zh": "合同金额须大于零"}


@dataclass(frozen=True, slots=True)
class Counted:
    """A contract that stands beside: its amount, the local day it was submitted, and the rates stored then."""

    contract_id: str
    amount: Money
    submitted_on: date
    rates: tuple[ExchangeRate, ...]
    number: str = ""


@dataclass(frozen=True, slots=True)
class RoutingAmount:
    """What is compared with a route's threshold, of what it is made, and the rates that were used."""

    total: Money
    own: Money
    beside: tuple[tuple[str, Money], ...]
    rates: tuple[ExchangeRate, ...]


def worth(content: Content, *, open_ended: Duration) -> Money:
    """One-off amounts plus monthly rent times the term, without tax; an open end counts as `open_ended` months."""
    months = (content.term or open_ended).in_months
    once = sum(line.net_minor for line in content.lines)
    return Money(once + content.monthly_rent_minor * months, content.currency)


def check_worth(amount: Money, *, rented: bool) -> None:
    """A contract is worth something, and no more than sums of many such contracts can hold; else ValidationProblem."""
    where = "/monthly_rent" if rented else "/lines"
    if amount.amount_minor <= 0:
        raise ValidationProblem(errors=[FieldError(where, "worth_nothing", WORTH_NOTHING)])
    if amount.amount_minor > LARGEST_WORTH_MINOR:
        most = Money(LARGEST_WORTH_MINOR, amount.currency)
        too_large: Words = {
            "en": f"at most {most} {amount.currency}",
            "zh": f"合同金额不得超过 {most} {amount.currency}",
        }
        raise ValidationProblem(errors=[FieldError(where, "too_large", too_large)])


def routing_amount(
    own: Money, beside: Iterable[Counted], *, currency: str, on: date, rates: Iterable[ExchangeRate]
) -> RoutingAmount:
    """The sum in `currency`, each amount converted at its own submission's rate and rounded before it is added."""
    known = tuple(rates)
    converted, used = _converted(own, currency, on, known)
    others = [(c.contract_id, _converted(c.amount, currency, c.submitted_on, (*c.rates, *known))[0]) for c in beside]
    total = sum((amount for _, amount in others), converted)
    return RoutingAmount(total, converted, tuple(others), used)


def rates_at_submission(
    amount: Money, currencies: Iterable[str], *, on: date, rates: Iterable[ExchangeRate]
) -> tuple[ExchangeRate, ...]:
    """The rates between the amount's currency and each of these on the day of submission, stored for good (S-C3)."""
    known = tuple(rates)
    found = [_rate(amount.currency, currency, on, known) for currency in sorted(set(currencies) - {amount.currency})]
    return tuple(found)


def _converted(
    amount: Money, to: str, on: date, rates: tuple[ExchangeRate, ...]
) -> tuple[Money, tuple[ExchangeRate, ...]]:
    if amount.currency == to:
        return amount, ()
    rate = _rate(amount.currency, to, on, rates)
    return money.convert(amount, to, rate), (rate,)


def _rate(one: str, other: str, on: date, rates: tuple[ExchangeRate, ...]) -> ExchangeRate:
    try:
        return money.rate_on(rates, one, other, on)
    except money.NoExchangeRate as missing:
        raise NoExchangeRate(
            {
                "en": f"No exchange rate of {one} and {other} on or before {on.isoformat()}.",
                "zh": f"{on.isoformat()} 及之前没有 {one} 与 {other} 的汇率。",
            }
        ) from missing
