"""What one account bought in any span as of any day, added up in memory by the rules of adding_up.py; pure."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from services.accounts.ratings.facts import Bought, Span
from services.accounts.ratings.movements import Movement
from shared.money import ExchangeRate, Money, NoExchangeRate, convert, rate_on

Delivery = tuple[str, date, str]


def added_up(movements: Iterable[Movement], *, span: Span, as_of: date, rates: Sequence[ExchangeRate]) -> Bought:
    """As far as it had happened by the day; each delivery in another currency is converted at its own day."""
    deliveries: dict[Delivery, list[Movement]] = {}
    for one in movements:
        if span.first <= one.change.delivered_on < span.until and one.happened_on <= as_of:
            deliveries.setdefault((one.order_id, one.change.delivered_on, one.currency), []).append(one)
    total = Bought()
    for moved in deliveries.values():
        total = _sum(total, _in_currency(_delivery(moved, as_of), moved[0], span.currency, rates))
    return total


def _delivery(moved: Sequence[Movement], as_of: date) -> Bought:
    late = [_late(one, one.due_on, as_of) for one in moved if one.due_on is not None and one.due_on <= as_of]
    return Bought(
        net_minor=sum(one.change.net_minor for one in moved),
        paid_minor=sum(one.change.paid_minor for one in moved),
        cost_minor=sum(one.change.cost_minor for one in moved),
        costless_minor=sum(one.change.costless_minor for one in moved),
        late_minor=sum(minor for minor, _ in late),
        late_minor_days=sum(days for _, days in late),
        movements=len(moved),
    )


def _late(one: Movement, due_on: date, as_of: date) -> tuple[int, int]:
    """A payment that came counts with its days late, what is still open with its days so far."""
    came, still_open = max(one.change.paid_minor, 0), one.change.net_minor - one.change.paid_minor
    days_late, days_open = max((one.happened_on - due_on).days, 0), (as_of - due_on).days
    return came + still_open, came * days_late + still_open * days_open


def _in_currency(bought: Bought, one: Movement, currency: str, rates: Sequence[ExchangeRate]) -> Bought:
    if one.currency == currency:
        return bought
    try:
        rate = rate_on(rates, one.currency, currency, one.change.delivered_on)
    except NoExchangeRate:
        return Bought(unconverted=1, movements=bought.movements)
    figures = {name: getattr(bought, name) for name in Bought._fields if name.endswith(("_minor", "_days"))}
    turned: dict[str, Any] = {
        name: convert(Money(minor, one.currency), currency, rate).amount_minor for name, minor in figures.items()
    }
    return bought._replace(**turned)


def _sum(one: Bought, other: Bought) -> Bought:
    figures = {name: getattr(one, name) + getattr(other, name) for name in Bought._fields if name != "digest"}
    return Bought(**figures)
