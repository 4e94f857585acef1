"""What was delivered, as a report adds it up."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.models import Account
from services.accounts.dossiers.repository import seen_by
from services.accounts.ratings import order_book
from services.accounts.ratings.purchases import Bought
from shared.auth.principal import Reach
from shared.calendar import Period


@dataclass(frozen=True, slots=True)
class Sold:
    """One delivery's worth on its local day, returns taken off; no margin where a cost is missing (S-C5)."""

    account_id: str
    currency: str
    day: date
    net_minor: int
    margin_minor: int | None


async def account_numbers(session: AsyncSession, *, reach: Reach) -> dict[str, str]:
    """The numbers of the accounts a caller may see, by id."""
    rows = await session.execute(select(Account.id, Account.number).where(seen_by(reach)))
    return {row.id: row.number for row in rows}


async def sold_in(session: AsyncSession, *, span: Period, account_ids: Collection[str] | None) -> Iterator[Sold]:
    """Every delivery of the period to these accounts; None is every account."""
    orders = await order_book.orders_of(session, account_ids=account_ids, since=span.first)
    bought = (order for theirs in orders.values() for order in theirs if not order.cancelled)
    return (sold for order in bought for sold in deliveries(order) if span.holds(sold.day))


def deliveries(order: Bought) -> Iterator[Sold]:
    """What each delivery of an order is worth, and its margin at the cost frozen with the order."""
    for delivery in order.deliveries:
        kept = [part for part in delivery.lines.values() if part.net_minor]
        known = all(part.cost_minor for part in kept)
        margin = sum(part.net_minor - (part.cost_minor or 0) for part in kept) if known else None
        yield Sold(order.account_id, order.currency, delivery.day, delivery.net_minor, margin)
