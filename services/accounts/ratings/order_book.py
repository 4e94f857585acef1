"""Orders as far as ratings need them, and what moved in them: read and written a batch at a time."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import orjson
from sqlalchemy import func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.ratings.models import PurchaseOrder
from services.accounts.ratings.movements import Movement, Worth
from services.accounts.ratings.purchases import Bought, Delivered, from_plain, to_plain
from shared.calendar import Period

UPSERT = text("""
    INSERT INTO purchase_order
        (order_id, account_id, currency, placed_on, cancelled, paid_minor, lines, deliveries, last_delivered_on,
         cancelled_on, credit_days, returns)
    SELECT unnest(CAST(:ids AS text[])), unnest(CAST(:accounts AS text[])), unnest(CAST(:currencies AS text[])),
           unnest(CAST(:placed AS date[])), unnest(CAST(:cancelled AS boolean[])), unnest(CAST(:paid AS bigint[])),
           unnest(CAST(:lines AS jsonb[])), unnest(CAST(:deliveries AS jsonb[])), unnest(CAST(:last AS date[])),
           unnest(CAST(:cancelled_on AS date[])), unnest(CAST(:credit_days AS integer[])),
           unnest(CAST(:returns AS jsonb[]))
    ON CONFLICT (order_id) DO UPDATE SET cancelled = excluded.cancelled,
        cancelled_on = excluded.cancelled_on, paid_minor = excluded.paid_minor,
        lines = excluded.lines, returns = excluded.returns,
        deliveries = excluded.deliveries, last_delivered_on = excluded.last_delivered_on
""")
MOVE = text("""
    INSERT INTO purchase_movement (order_id, account_id, currency, delivered_on, due_on, happened_on, recorded_at,
                                   net_minor, paid_minor, cost_minor, costless_minor)
    SELECT * FROM unnest(CAST(:order_id AS text[]), CAST(:account_id AS text[]), CAST(:currency AS text[]),
                         CAST(:delivered_on AS date[]), CAST(:due_on AS date[]), CAST(:happened_on AS date[]),
                         CAST(:recorded_at AS timestamptz[]), CAST(:net_minor AS bigint[]),
                         CAST(:paid_minor AS bigint[]), CAST(:cost_minor AS bigint[]),
                         CAST(:costless_minor AS bigint[]))
""")


async def bought_orders(session: AsyncSession, *, order_ids: Collection[str]) -> dict[str, Bought]:
    """The orders known already, by id, locked in a fixed order."""
    query = select(PurchaseOrder).where(PurchaseOrder.order_id.in_(order_ids))
    rows = await session.scalars(query.order_by(PurchaseOrder.order_id).with_for_update())
    return {row.order_id: _bought(row) for row in rows}


async def save_orders(session: AsyncSession, *, orders: Mapping[str, Bought]) -> None:
    """Write a batch of orders as they now are, in one statement."""
    plain = {order_id: to_plain(bought) for order_id, bought in orders.items()}
    values = {
        "ids": list(orders),
        "accounts": [bought.account_id for bought in orders.values()],
        "currencies": [bought.currency for bought in orders.values()],
        "placed": [bought.placed_on for bought in orders.values()],
        "cancelled": [bought.cancelled for bought in orders.values()],
        "paid": [bought.paid_minor for bought in orders.values()],
        "lines": [orjson.dumps(plain[order_id]["lines"]).decode() for order_id in orders],
        "deliveries": [orjson.dumps(plain[order_id]["deliveries"]).decode() for order_id in orders],
        "last": [max((d.day for d in bought.deliveries), default=None) for bought in orders.values()],
        "cancelled_on": [bought.cancelled_on for bought in orders.values()],
        "credit_days": [bought.credit_days for bought in orders.values()],
        "returns": [orjson.dumps(plain[order_id]["returns"]).decode() for order_id in orders],
    }
    await session.execute(UPSERT, values)


async def add_movements(session: AsyncSession, *, movements: Sequence[Movement]) -> None:
    """Append what a batch of events moved, in its order, in one statement."""
    columns: dict[str, list[Any]] = {
        name: [getattr(one, name) for one in movements]
        for name in ("order_id", "account_id", "currency", "due_on", "happened_on", "recorded_at")
    }
    changed = {name: [getattr(one.change, name) for one in movements] for name in Worth._fields}
    await session.execute(MOVE, columns | changed)


async def orders_placed(
    session: AsyncSession, *, account_ids: Collection[str], window: Period, as_of: date
) -> dict[str, int]:
    """Orders placed in the window and not cancelled by the day, by account."""
    query = select(PurchaseOrder.account_id, func.count().label("orders")).where(
        PurchaseOrder.account_id.in_(account_ids),
        PurchaseOrder.placed_on >= window.first,
        PurchaseOrder.placed_on < window.until,
        PurchaseOrder.placed_on <= as_of,
        or_(~PurchaseOrder.cancelled, PurchaseOrder.cancelled_on > as_of),
    )
    counted = await session.execute(query.group_by(PurchaseOrder.account_id))
    return {row.account_id: row.orders for row in counted}


async def orders_of(
    session: AsyncSession, *, account_ids: Collection[str] | None, since: date
) -> dict[str, list[Bought]]:
    """Orders with a delivery on or after a day as they are now, by account; None is every account."""
    query = select(PurchaseOrder).where(PurchaseOrder.last_delivered_on >= since).order_by(PurchaseOrder.position)
    if account_ids is not None:
        query = query.where(PurchaseOrder.account_id.in_(account_ids))
    found: dict[str, list[Bought]] = {}
    for row in await session.scalars(query):
        found.setdefault(row.account_id, []).append(_bought(row))
    return found


def _bought(row: PurchaseOrder) -> Bought:
    bought = Bought(
        account_id=row.account_id,
        currency=row.currency,
        placed_on=row.placed_on,
        lines=from_plain(row.lines),
        paid_minor=row.paid_minor,
        cancelled=row.cancelled,
        cancelled_on=row.cancelled_on,
        credit_days=row.credit_days,
    )
    bought.deliveries = [Delivered(date.fromisoformat(day), from_plain(lines)) for day, lines in row.deliveries]
    bought.returns = [(line, quantity, net) for line, quantity, net in row.returns]
    return bought
