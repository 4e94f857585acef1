"""Reports over what was recorded; nothing here is stored."""

from collections.abc import Collection, Sequence
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.service import Whereabouts
from services.accounts.merges.repository import heirs_at
from services.accounts.ratings import repository as ratings
from services.accounts.reports import repository
from services.accounts.reports.domain import Pareto, ParetoOf, added_up, pareto
from services.accounts.reports.repository import Sold
from shared.calendar import Period
from shared.money import ExchangeRate, Money, convert, rate_on


async def account_pareto(
    session: AsyncSession, *, of: ParetoOf, span: Period, currency: str, share: Decimal, who: Whereabouts
) -> tuple[Pareto, dict[str, str]]:
    """A4: accounts by what was delivered to them in the period, or by its margin; and their numbers by id.

    Returns are taken off, each amount is converted at the rate of its day; merged accounts are one customer (S-I2).
    Raises NoExchangeRate.
    """
    reach, now = who.reach, who.now
    numbers = await repository.account_numbers(session, reach=reach)
    seen = None if reach.everywhere else list(numbers)
    rates = await ratings.exchange_rates(session)
    sold = await repository.sold_in(session, span=span, account_ids=seen)
    heirs = await heirs_at(session, moment=now)
    amounts, unknown = added_up(
        (_customer(one.account_id, heirs.of(one.account_id, now), numbers), worth(one, of, currency, rates))
        for one in sold
        if one.account_id in numbers
    )
    return pareto(amounts, share, unknown), numbers


def _customer(account_id: str, heir: str, seen: Collection[str]) -> str:
    """Another branch's heir tells nothing of his own: the account stays what it was."""
    return heir if heir in seen else account_id


def worth(sold: Sold, of: ParetoOf, currency: str, rates: Sequence[ExchangeRate]) -> int | None:
    """The delivery's revenue or margin in minor units of `currency`; None where its cost is not known."""
    amount = sold.net_minor if of is ParetoOf.revenue else sold.margin_minor
    if amount is None or sold.currency == currency:
        return amount
    rate = rate_on(rates, sold.currency, currency, sold.day)
    return convert(Money(amount, sold.currency), currency, rate).amount_minor
