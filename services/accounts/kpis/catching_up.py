"""Orders placed before the board was kept come on it from the archive of what was published of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.kpis.consumer import note_sales
from services.accounts.kpis.models import KpiOrder
from services.accounts.merges.consumer import with_heirs
from shared.archive import Archived
from shared.events.orders import OrderEvent, OrderPlaced

TOPIC, BEGUN_BY = OrderPlaced.topic, OrderPlaced.__name__
LOCK_PLACES = text("""
    SELECT aggregateid, last_seq FROM stream_position
    WHERE consumer = 'accounts' AND topic = :topic AND aggregateid = ANY (:ids)
    ORDER BY aggregateid FOR UPDATE
""")


async def hold_missing(session: AsyncSession, *, order_ids: Collection[str]) -> Mapping[str, int]:
    """Orders that are not on the board, with how far this service has taken their events.

    Until the transaction ends the worker takes no more of them: what comes later it folds by itself.
    """
    rows = await session.execute(LOCK_PLACES, {"topic": TOPIC, "ids": sorted(await _missing(session, order_ids))})
    taken = {row.aggregateid: row.last_seq for row in rows}
    missing = await _missing(session, taken)
    return {order_id: taken[order_id] for order_id in sorted(missing)}


async def fold_missing(
    session: AsyncSession, *, archived: Sequence[Archived], taken: Mapping[str, int], now: datetime, zone: str
) -> None:
    """Put them on the board as if each event had been folded when it was published; the caller commits."""
    past = [one for one in archived if one.sequence <= taken[one.aggregate_id]]
    events = [(one.event, min(one.published_at, now)) for one in past if isinstance(one.event, OrderEvent)]
    heirs = await with_heirs(session, [event for event, _ in events])
    await note_sales(session, list(zip(heirs, (at for _, at in events), strict=True)), zone=zone)


async def _missing(session: AsyncSession, order_ids: Collection[str]) -> set[str]:
    there = await session.scalars(select(KpiOrder.order_id).where(KpiOrder.order_id.in_(order_ids)))
    return set(order_ids) - set(there)
