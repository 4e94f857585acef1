"""What accounts bought so far in a month, at the price before P4: the measure of the discount's tier (§6.2)."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.quotes.facts import Purchase
from shared.calendar import Period


async def purchases_of(
    session: AsyncSession, *, account_ids: Iterable[UUID], months: Period, zone: str
) -> dict[UUID, list[Purchase]]:
    """By account, currency and local day of pricing: orders placed and not cancelled."""
    start, end = months.bounds(zone)
    asked = {"accounts": list(account_ids), "start": start, "until": end, "zone": zone}
    found: dict[UUID, list[Purchase]] = {}
    for row in await session.execute(_PURCHASES, asked):
        found.setdefault(row.account_id, []).append(Purchase(row.currency, row.day, row.before, row.returned))
    return found


_PURCHASES = text(
    """
    SELECT account_id, currency, CAST(priced_at AT TIME ZONE :zone AS date) AS day,
           CAST(sum(before_p4_minor) AS bigint) AS before, CAST(sum(returned_before_p4_minor) AS bigint) AS returned
    FROM sales_order
    WHERE account_id = ANY (CAST(:accounts AS uuid[])) AND priced_at >= :start AND priced_at < :until
      AND state <> 'cancelled'
    GROUP BY account_id, currency, day
    """
)
