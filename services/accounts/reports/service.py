"""Reports over what was recorded; nothing here is stored."""

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.models import Account
from services.accounts.ratings import repository as ratings
from services.accounts.reports.domain import Pareto, pareto
from shared.auth.principal import Reach
from shared.auth.scope import within
from shared.calendar import Period
from shared.money import Money, convert, rate_on


async def revenue_pareto(
    session: AsyncSession, *, span: Period, currency: str, share: Decimal, reach: Reach
) -> tuple[Pareto, dict[str, str]]:
    """A4: accounts by what was delivered to them in the period, returns taken off; and their numbers by id."""
    seen = within(reach, branch=Account.branch, account=Account.id)
    numbers = {row.id: row.number for row in await session.execute(select(Account.id, Account.number).where(seen))}
    rates = await ratings.exchange_rates(session)
    amounts: dict[str, int] = {}
    for account_id, paid_in, day, net_minor in await ratings.revenue_by_account(
        session, first=span.first, until=span.until
    ):
        if account_id not in numbers:
            continue
        money = Money(net_minor, paid_in)
        if paid_in != currency:
            money = convert(money, currency, rate_on(rates, paid_in, currency, day))
        amounts[account_id] = amounts.get(account_id, 0) + money.amount_minor
    return pareto(amounts, share), numbers
