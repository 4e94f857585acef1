"""Queries over what ratings rest on; orders are written a batch at a time."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

import orjson
from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.models import Account
from services.accounts.ratings.domain import ClassFact
from services.accounts.ratings.facts import Assessed, KnownOrder
from services.accounts.ratings.models import Assessment, ClassRow, PurchaseOrder, RateRow, RatingProposal
from services.accounts.ratings.purchases import Bought, Delivered, from_plain, to_plain
from shared.auth.principal import Reach
from shared.auth.scope import within
from shared.errors import NotFound
from shared.money import ExchangeRate

UPSERT = text("""
    INSERT INTO purchase_order
        (order_id, account_id, currency, placed_on, cancelled, paid_minor, lines, deliveries, last_delivered_on)
    SELECT unnest(CAST(:ids AS text[])), unnest(CAST(:accounts AS text[])), unnest(CAST(:currencies AS text[])),
           unnest(CAST(:placed AS date[])), unnest(CAST(:cancelled AS boolean[])), unnest(CAST(:paid AS bigint[])),
           unnest(CAST(:lines AS jsonb[])), unnest(CAST(:deliveries AS jsonb[])), unnest(CAST(:last AS date[]))
    ON CONFLICT (order_id) DO UPDATE SET cancelled = excluded.cancelled, paid_minor = excluded.paid_minor,
        deliveries = excluded.deliveries, last_delivered_on = excluded.last_delivered_on
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
    }
    await session.execute(UPSERT, values)


async def orders_of(
    session: AsyncSession, *, account_ids: Collection[str] | None, since: date
) -> dict[str, list[KnownOrder]]:
    """Orders with a delivery on or after a day, by account; None is every account."""
    query = select(PurchaseOrder).where(PurchaseOrder.last_delivered_on >= since).order_by(PurchaseOrder.position)
    if account_ids is not None:
        query = query.where(PurchaseOrder.account_id.in_(account_ids))
    found: dict[str, list[KnownOrder]] = {}
    for row in await session.scalars(query):
        found.setdefault(row.account_id, []).append(KnownOrder(row.order_id, row.position, _bought(row)))
    return found


async def assessments_of(session: AsyncSession, *, account_ids: Collection[str]) -> dict[str, list[Assessed]]:
    found: dict[str, list[Assessed]] = {}
    for row in await session.scalars(select(Assessment).where(Assessment.account_id.in_(account_ids))):
        assessed = Assessed(row.id, row.fact, row.value, row.assessed_on, row.expires_on)
        found.setdefault(row.account_id, []).append(assessed)
    return found


async def exchange_rates(session: AsyncSession) -> tuple[ExchangeRate, ...]:
    rows = await session.scalars(select(RateRow))
    return tuple(ExchangeRate(row.base, row.quote, row.rate, row.day, row.source) for row in rows)


async def accounts_to_rate(
    session: AsyncSession, *, account_ids: Collection[str] | None, reach: Reach
) -> Sequence[Row[str, str, str]]:
    """`(id, number, branch)` of the accounts named, or of all the caller reaches; raises NotFound for a missing one."""
    seen = within(reach, branch=Account.branch, account=Account.id)
    query = select(Account.id, Account.number, Account.branch).where(seen).order_by(Account.id)
    if account_ids is not None:
        query = query.where(Account.id.in_(account_ids))
    rows = (await session.execute(query)).all()
    missing = set(account_ids or ()) - {row.id for row in rows}
    if missing:
        raise NotFound({"en": f"There is no account {min(missing)}.", "zh": f"没有客户{min(missing)}。"})
    return rows


async def locked_proposal(session: AsyncSession, *, proposal_id: str) -> RatingProposal | None:
    return await session.scalar(select(RatingProposal).where(RatingProposal.id == proposal_id).with_for_update())


async def proposal(session: AsyncSession, *, proposal_id: str, reach: Reach) -> RatingProposal:
    seen = within(reach, branch=Account.branch, account=Account.id)
    query = select(RatingProposal).join(Account, Account.id == RatingProposal.account_id)
    found: RatingProposal | None = await session.scalar(query.where(RatingProposal.id == proposal_id, seen))
    if found is None:
        raise NotFound({"en": f"There is no rating proposal {proposal_id}.", "zh": f"没有评级建议{proposal_id}。"})
    return found


async def classes_of(session: AsyncSession, *, account_id: str) -> list[tuple[ClassFact, str | None]]:
    rows = await session.scalars(select(ClassRow).where(ClassRow.account_id == account_id).order_by(ClassRow.id))
    return [(ClassFact(row.grade, row.valid_from, row.valid_until, row.recorded_at), row.proposal_id) for row in rows]


async def revenue_by_account(
    session: AsyncSession, *, first: date, until: date
) -> Iterable[tuple[str, str, date, int]]:
    """`(account_id, currency, day, net_minor)` of each delivery of the days `[first, until)`."""
    query = select(PurchaseOrder).where(
        PurchaseOrder.last_delivered_on >= first, PurchaseOrder.placed_on < until, ~PurchaseOrder.cancelled
    )
    return [
        (row.account_id, row.currency, delivered.day, delivered.net_minor)
        for row in await session.scalars(query)
        for delivered in _bought(row).deliveries
        if first <= delivered.day < until
    ]


def _bought(row: PurchaseOrder) -> Bought:
    bought = Bought(
        account_id=row.account_id,
        currency=row.currency,
        placed_on=row.placed_on,
        lines=from_plain(row.lines),
        paid_minor=row.paid_minor,
        cancelled=row.cancelled,
    )
    bought.deliveries = [Delivered(date.fromisoformat(day), from_plain(lines)) for day, lines in row.deliveries]
    return bought
