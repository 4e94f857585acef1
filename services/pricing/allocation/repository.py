"""Stock under its lock, the open lines that want of it, and the ranking as it stands."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.accounts.models import AccountRow
from services.pricing.accounts.repository import COLUMNS, account_of
from services.pricing.allocation.domain import Place, Ranked, Waiting
from services.pricing.allocation.models import AllocationRow, PromiseRow, StockRow
from services.pricing.database import one_of


async def stock_for_change(session: AsyncSession, places: Collection[Place]) -> dict[Place, int]:
    """What lies at each place where stock is kept, locked in one order: two rankings never wait in a circle."""
    values = {"skus": [place.sku for place in places], "branches": [place.branch for place in places]}
    return {Place(row.sku, row.branch): row.on_hand for row in await session.execute(_LOCK, values)}


_LOCK = text(
    """
    SELECT kept.sku, kept.branch, kept.on_hand
    FROM unnest(CAST(:skus AS text[]), CAST(:branches AS text[])) AS wanted (sku, branch)
    JOIN stock AS kept USING (sku, branch)
    ORDER BY kept.sku, kept.branch FOR UPDATE OF kept
    """
)


async def change_stock(session: AsyncSession, place: Place, quantity: int) -> int:
    """What lies there now, its row locked; a place that was never heard of begins with this."""
    row = insert(StockRow).values(sku=place.sku, branch=place.branch, on_hand=max(quantity, 0))
    changed = row.on_conflict_do_update(
        index_elements=["sku", "branch"], set_={"on_hand": StockRow.on_hand + quantity}
    ).returning(StockRow.on_hand)
    found: int = (await session.execute(changed)).scalar_one()
    return found


async def classes_on(session: AsyncSession, ids: Collection[UUID], day: date) -> dict[UUID, str | None]:
    """The class of each account on a local day, where it has one."""
    rows = await session.execute(select(*COLUMNS).where(one_of(AccountRow.id, ids)))
    return {row.id: account_of(row).class_on(day) for row in rows}


async def waiting_at(session: AsyncSession, place: Place) -> list[Waiting]:
    """Confirmed lines of the place's branch with pieces still to deliver; their classes are not looked up here."""
    rows = await session.execute(_WAITING, {"sku": place.sku, "branch": place.branch})
    return [
        Waiting(row.order_id, row.line, row.account_id, row.wanted, row.placed_at, promised_on=row.promised_on)
        for row in rows
    ]


_WAITING = text(
    """
    SELECT line.order_id, line.line, line.quantity - line.delivered AS wanted, placed.account_id, placed.placed_at,
           promise.promised_on
    FROM sales_order_line AS line JOIN sales_order AS placed ON placed.id = line.order_id
    LEFT JOIN delivery_promise AS promise ON promise.order_id = line.order_id AND promise.line = line.line
    WHERE line.sku = :sku AND placed.branch = :branch AND line.state IN ('confirmed', 'partly_delivered')
      AND line.quantity > line.delivered
    """
)


async def allocations_at(session: AsyncSession, place: Place) -> dict[tuple[UUID, int], AllocationRow]:
    query = select(AllocationRow).where(AllocationRow.sku == place.sku, AllocationRow.branch == place.branch)
    return {(row.order_id, row.line): row for row in await session.scalars(query)}


async def keep_ranking(
    session: AsyncSession, place: Place, ranked: Sequence[Ranked], *, policy: str, at: datetime
) -> None:
    """In place of the one before; a line that waits no more is forgotten."""
    here = (AllocationRow.sku == place.sku, AllocationRow.branch == place.branch)
    await session.execute(delete(AllocationRow).where(*here))
    rows = [
        {
            "order_id": one.waiting.order_id,
            "line": one.waiting.line,
            "sku": place.sku,
            "branch": place.branch,
            "account_id": one.waiting.account_id,
            "rank": one.rank,
            "wanted": one.waiting.wanted,
            "quantity": one.quantity,
            "policy": policy,
            "why": [list(pair) for pair in one.why],
            "decided_by": one.decided_by,
            "allocated_at": at,
        }
        for one in ranked
    ]
    if rows:
        await session.execute(insert(AllocationRow), rows)


async def allocated_to(session: AsyncSession, order_id: UUID) -> dict[int, int]:
    """Pieces by line of one order."""
    query = select(AllocationRow.line, AllocationRow.quantity).where(AllocationRow.order_id == order_id)
    return {row.line: row.quantity for row in await session.execute(query)}


async def drop_promises(session: AsyncSession, order_id: UUID, lines: Iterable[int]) -> None:
    """Of lines that nothing is still to be delivered of."""
    gone = (PromiseRow.order_id == order_id, one_of(PromiseRow.line, lines))
    await session.execute(delete(PromiseRow).where(*gone))


async def promise(session: AsyncSession, row: PromiseRow) -> None:
    """A later word on the same line stands instead."""
    names = ("order_id", "line", "branch", "promised_on", "reason", "promised_by", "promised_at")
    cells = {name: getattr(row, name) for name in names}
    values = insert(PromiseRow).values(cells)
    changed = {name: cell for name, cell in cells.items() if name not in ("order_id", "line")}
    await session.execute(values.on_conflict_do_update(index_elements=["order_id", "line"], set_=changed))
