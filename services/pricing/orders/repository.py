"""Orders with their lines and movements; many at once by COPY, one at a time under its lock."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.lines import AppliedRule, Share
from services.pricing.orders.domain import Order, OrderLine, OrderState, Source
from services.pricing.orders.models import MovementRow, OrderLineRow, OrderRow
from services.pricing.orders.placing import Drawn
from services.pricing.orders.under_contract import DrawnUnder
from services.pricing.quotes.terms import AT_ONCE, terms_json, terms_of
from shared.auth.principal import Reach
from shared.auth.scope import within
from shared.db.driver import copy_rows

ORDER_COLUMNS = (
    "id", "account_id", "number", "branch", "currency", "state", "placed_at", "priced_at", "net_minor",
    "before_p4_minor", "paid_minor", "quote_id", "contract_id", "source_system", "source_reference", "terms",
)  # fmt: skip
LINE_COLUMNS = (
    "order_id", "line", "sku", "quantity", "list_minor", "before_p4_minor", "net_minor", "cost_minor", "new_brand",
    "gift", "salespeople", "election", "rules", "quote_line", "state", "delivered",
)  # fmt: skip
MOVEMENT_COLUMNS = (
    "order_id", "id", "kind", "occurred_at", "recorded_at", "lines", "amount_minor", "note", "source_reference",
)  # fmt: skip


class Movement(NamedTuple):
    """A fact about an order; `lines` absent means every line in full."""

    order_id: UUID
    id: UUID
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    lines: Sequence[dict[str, Any]] | None = None
    amount_minor: int | None = None
    note: str | None = None
    source_reference: str | None = None


async def add_orders(session: AsyncSession, orders: Sequence[Order]) -> None:
    """New orders as they stand, delivered and paid parts included."""
    await copy_rows(session, "sales_order", ORDER_COLUMNS, (_order_cells(order) for order in orders))
    lines = (_line_cells(order.id, line) for order in orders for line in order.lines)
    await copy_rows(session, "sales_order_line", LINE_COLUMNS, lines)


async def add_movements(session: AsyncSession, movements: Iterable[Movement]) -> None:
    cells = (
        tuple(_json(cell) if name == "lines" else cell for name, cell in zip(MOVEMENT_COLUMNS, movement, strict=True))
        for movement in movements
    )
    await copy_rows(session, "order_movement", MOVEMENT_COLUMNS, cells)


def _order_cells(order: Order) -> tuple[Any, ...]:
    return (
        order.id,
        order.account_id,
        order.number,
        order.branch,
        order.currency,
        str(order.state),
        order.placed_at,
        order.priced_at,
        order.net_minor,
        order.before_p4_minor,
        order.paid_minor,
        order.quote_id,
        order.contract_id,
        order.source and order.source.system,
        order.source and order.source.reference,
        None if order.terms == AT_ONCE else _json(terms_json(order.terms)),
    )


def _line_cells(order_id: UUID, line: OrderLine) -> tuple[Any, ...]:
    return (
        order_id,
        line.line,
        line.sku,
        line.quantity,
        line.list_minor,
        line.before_p4_minor,
        line.net_minor,
        line.cost_minor,
        line.new_brand,
        line.gift,
        _json([list(share) for share in line.salespeople] or None),
        line.election,
        _json([list(rule) for rule in line.rules] or None),
        line.quote_line,
        str(line.state),
        line.delivered,
    )


def _json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


async def order_by_id(
    session: AsyncSession, order_id: UUID, *, reach: Reach | None = None, lock: bool = False
) -> Order | None:
    """Within the caller's reach; `lock` keeps others from moving it until the commit."""
    query = select(OrderRow).where(OrderRow.id == order_id)
    if reach is not None:
        query = query.where(within(reach, branch=OrderRow.branch, account=OrderRow.account_id))
    row = await session.scalar(query.with_for_update() if lock else query)
    if row is None:
        return None
    lines = await session.scalars(
        select(OrderLineRow).where(OrderLineRow.order_id == order_id).order_by(OrderLineRow.line)
    )
    return order_of(row, [line_of(line) for line in lines])


def order_of(row: OrderRow, lines: Sequence[OrderLine]) -> Order:
    return Order(
        id=row.id,
        account_id=row.account_id,
        number=row.number,
        branch=row.branch,
        currency=row.currency,
        placed_at=row.placed_at,
        priced_at=row.priced_at,
        lines=tuple(lines),
        paid_minor=row.paid_minor,
        quote_id=row.quote_id,
        contract_id=row.contract_id,
        source=Source(row.source_system, row.source_reference) if row.source_system and row.source_reference else None,
        terms=terms_of(row.terms),
    )


def line_of(row: OrderLineRow | Row[Any]) -> OrderLine:
    return OrderLine(
        line=row.line,
        sku=row.sku,
        quantity=row.quantity,
        list_minor=row.list_minor,
        before_p4_minor=row.before_p4_minor,
        net_minor=row.net_minor,
        cost_minor=row.cost_minor,
        new_brand=row.new_brand,
        gift=row.gift,
        salespeople=tuple(Share(*share) for share in row.salespeople or ()),
        election=row.election,
        rules=tuple(AppliedRule(*rule) for rule in row.rules or ()),
        quote_line=row.quote_line,
        state=OrderState(row.state),
        delivered=row.delivered,
        returned=row.returned,
        returned_net_minor=row.returned_net_minor,
        returned_before_p4_minor=row.returned_before_p4_minor,
    )


async def save_order(session: AsyncSession, order: Order) -> None:
    """What a move changed: the order's state and sums, and what was delivered and returned of its lines."""
    await session.execute(
        update(OrderRow)
        .where(OrderRow.id == order.id)
        .values(
            state=str(order.state),
            net_minor=order.net_minor,
            before_p4_minor=order.before_p4_minor,
            paid_minor=order.paid_minor,
            returned_net_minor=sum(line.returned_net_minor for line in order.lines),
            returned_before_p4_minor=sum(line.returned_before_p4_minor for line in order.lines),
            version=OrderRow.version + 1,
        )
    )
    await save_lines(session, [(order.id, line) for line in order.lines])


async def save_lines(session: AsyncSession, lines: Sequence[tuple[UUID, OrderLine]]) -> None:
    """What was delivered and returned of lines of any orders, in one statement; each line at most once."""
    columns = {
        "orders": [order_id for order_id, _ in lines],
        "lines": [line.line for _, line in lines],
        "states": [str(line.state) for _, line in lines],
        "delivered": [line.delivered for _, line in lines],
        "returned": [line.returned for _, line in lines],
        "nets": [line.returned_net_minor for _, line in lines],
        "befores": [line.returned_before_p4_minor for _, line in lines],
    }
    await session.execute(_SAVE_LINES, columns)


_SAVE_LINES = text(
    """
    UPDATE sales_order_line AS kept
    SET state = moved.state, delivered = moved.delivered, returned = moved.returned, returned_net_minor = moved.net,
        returned_before_p4_minor = moved.before
    FROM unnest(CAST(:orders AS uuid[]), CAST(:lines AS int[]), CAST(:states AS text[]), CAST(:delivered AS int[]),
                CAST(:returned AS int[]), CAST(:nets AS bigint[]), CAST(:befores AS bigint[]))
         AS moved (order_id, line, state, delivered, returned, net, before)
    WHERE kept.order_id = moved.order_id AND kept.line = moved.line
    """
)


async def save_amended(session: AsyncSession, order: Order, lines: Sequence[OrderLine]) -> None:
    """The order with lines that an amendment changed or added."""
    names = [name for name in LINE_COLUMNS if name not in ("salespeople", "rules")]
    rows = [
        dict(zip(LINE_COLUMNS, _line_cells(order.id, line), strict=True))
        | {"salespeople": [list(share) for share in line.salespeople] or None}
        | {"rules": [list(rule) for rule in line.rules] or None}
        for line in lines
    ]
    values = insert(OrderLineRow).values(rows)
    changed = {name: values.excluded[name] for name in (*names, "rules") if name not in ("order_id", "line")}
    await session.execute(values.on_conflict_do_update(index_elements=["order_id", "line"], set_=changed))
    await save_order(session, order)


async def sum_up_returns(session: AsyncSession, order_ids: Sequence[UUID]) -> None:
    """Bring the sums of these orders, and the state of those wholly returned, up to their lines."""
    await session.execute(_SUM_UP_RETURNS, {"ids": sorted(order_ids)})


_SUM_UP_RETURNS = text(
    """
    UPDATE sales_order AS kept
    SET returned_net_minor = told.net, returned_before_p4_minor = told.before, version = kept.version + 1,
        state = CASE WHEN told.held = 0 THEN 'returned' ELSE kept.state END
    FROM (SELECT order_id, sum(returned_net_minor) AS net, sum(returned_before_p4_minor) AS before,
                 sum(quantity - returned) AS held
          FROM sales_order_line WHERE order_id = ANY (CAST(:ids AS uuid[])) GROUP BY order_id) AS told
    WHERE kept.id = told.order_id
    """
)


class OpenRow(NamedTuple):
    """A line of which something is still held, with whose it is and since when."""

    account_id: UUID
    order_id: UUID
    placed_at: datetime
    priced_at: datetime
    currency: str
    line: OrderLine


async def open_lines(session: AsyncSession, *, account_ids: Iterable[UUID], skus: Iterable[str]) -> list[OpenRow]:
    """Delivered lines of these accounts and SKUs not yet returned in full, oldest first (S-F2)."""
    found = await session.execute(_OPEN_LINES, {"accounts": list(account_ids), "skus": list(skus)})
    return [
        OpenRow(row.account_id, row.order_id, row.placed_at, row.priced_at, row.currency, line_of(row)) for row in found
    ]


_OPEN_LINES = text(
    """
    SELECT placed.account_id, placed.placed_at, placed.priced_at, placed.currency, line.*
    FROM sales_order AS placed JOIN sales_order_line AS line ON line.order_id = placed.id
    WHERE placed.account_id = ANY (CAST(:accounts AS uuid[])) AND line.sku = ANY (CAST(:skus AS text[]))
      AND line.delivered > line.returned AND placed.state <> 'cancelled'
    ORDER BY placed.placed_at, placed.id, line.line
    """
)


async def movements_of(session: AsyncSession, order_id: UUID) -> Sequence[MovementRow]:
    query = select(MovementRow).where(MovementRow.order_id == order_id)
    return (await session.scalars(query.order_by(MovementRow.occurred_at, MovementRow.id))).all()


async def drawn_of(session: AsyncSession, quote_id: UUID) -> dict[int, Drawn]:
    """What orders that stand took of each line of a quote."""
    line, order = OrderLineRow, OrderRow
    query = (
        select(
            line.quote_line,
            func.sum(line.quantity),
            func.sum(line.list_minor),
            func.sum(line.before_p4_minor),
            func.sum(line.net_minor),
        )
        .join(order, order.id == line.order_id)
        .where(order.quote_id == quote_id, order.state != str(OrderState.CANCELLED), line.quote_line.is_not(None))
        .group_by(line.quote_line)
    )
    rules = await _rules_drawn(session, quote_id)
    return {
        number or 0: Drawn(int(quantity), int(at_list), int(before), int(net), rules.get(number or 0, {}))
        for number, quantity, at_list, before, net in await session.execute(query)
    }


async def _rules_drawn(session: AsyncSession, quote_id: UUID) -> dict[int, dict[str, int]]:
    """What each rule took off the parts so far, by line of the quote."""
    found: dict[int, dict[str, int]] = {}
    for number, policy, amount_minor in await session.execute(_RULES_DRAWN, {"quote": quote_id}):
        found.setdefault(number, {})[policy] = amount_minor
    return found


_RULES_DRAWN = text(
    """
    SELECT line.quote_line, rule ->> 0, CAST(sum(CAST(rule ->> 1 AS bigint)) AS bigint)
    FROM sales_order AS placed JOIN sales_order_line AS line ON line.order_id = placed.id,
         jsonb_array_elements(line.rules) AS rule
    WHERE placed.quote_id = :quote AND placed.state <> 'cancelled' AND line.quote_line IS NOT NULL
    GROUP BY 1, 2
    """
)


async def gift_is_given(session: AsyncSession, quote_id: UUID) -> bool:
    """By an order of the quote that stands."""
    given = select(OrderLineRow.line).join(OrderRow, OrderRow.id == OrderLineRow.order_id)
    standing = OrderRow.quote_id == quote_id, OrderRow.state != "cancelled", OrderLineRow.gift
    return await session.scalar(given.where(*standing).limit(1)) is not None


async def drawn_under(session: AsyncSession, contract_id: UUID) -> dict[str, DrawnUnder]:
    """By SKU, of orders that stand under a contract, whatever quote they came from; what came back is included."""
    line, order = OrderLineRow, OrderRow
    query = (
        select(line.sku, func.sum(line.quantity), func.sum(line.net_minor))
        .join(order, order.id == line.order_id)
        .where(order.contract_id == contract_id, order.state != str(OrderState.CANCELLED))
        .group_by(line.sku)
    )
    return {sku: DrawnUnder(int(quantity), int(net)) for sku, quantity, net in await session.execute(query)}


async def next_number(session: AsyncSession, day: date) -> str:
    """O-2021-000017: the year it is placed in, and a number that never comes twice."""
    count = await session.scalar(select(func.nextval(text("'order_number'"))))
    return f"O-{day.year}-{count:06}"


async def first_ordered_at(session: AsyncSession, account_id: UUID, *, but: UUID | None = None) -> datetime | None:
    """When the account's first order that stands was placed."""
    query = select(OrderRow.placed_at).where(
        OrderRow.account_id == account_id, OrderRow.state != str(OrderState.CANCELLED)
    )
    query = query if but is None else query.where(OrderRow.id != but)
    found: datetime | None = await session.scalar(query.order_by(OrderRow.priced_at).limit(1))
    return found


async def lines_of(session: AsyncSession, order_ids: Sequence[UUID]) -> dict[UUID, list[OrderLine]]:
    """Of a page of orders, in one query."""
    query = select(OrderLineRow).where(OrderLineRow.order_id.in_(order_ids))
    found: dict[UUID, list[OrderLine]] = {order_id: [] for order_id in order_ids}
    for row in await session.scalars(query.order_by(OrderLineRow.order_id, OrderLineRow.line)):
        found[row.order_id].append(line_of(row))
    return found
