"""Groups by id and by what is due; a group is locked by whoever changes it or writes its invoice."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.rents.domain import HeadCount, Sold, Subscription
from services.pricing.rents.models import HeadCountChangeRow, RentRow, SubscriptionRow
from shared.auth.principal import Reach
from shared.auth.scope import within


async def add_subscription(session: AsyncSession, one: Subscription) -> bool:
    """False where the quote line or the contract carries a group already."""
    row = {
        "id": one.id,
        "account_id": one.account_id,
        "branch": one.branch,
        "plan": one.plan,
        "sku": one.sku,
        "currency": one.currency,
        "starts_on": one.starts_on,
        "ends_on": one.ends_on,
        "next_month": one.starts_on,
        "counts": _plain(one.counts),
        "quote_id": one.sold.quote_id,
        "quote_line": one.sold.quote_line,
        "net_minor": one.sold.net_minor,
        "at_plan_rent": one.sold.at_plan_rent,
        "contract_id": one.contract_id,
        "version": one.version,
    }
    added = insert(SubscriptionRow).values(row).on_conflict_do_nothing().returning(SubscriptionRow.id)
    return await session.scalar(added) is not None


async def save_subscription(session: AsyncSession, one: Subscription) -> None:
    next_month = one.next_month if one.next_month and one.next_month < one.ends_on else None
    await session.execute(
        update(SubscriptionRow)
        .where(SubscriptionRow.id == one.id)
        .values(counts=_plain(one.counts), next_month=next_month, version=one.version)
    )


async def subscription_by_id(
    session: AsyncSession, subscription_id: UUID, *, reach: Reach | None = None, lock: bool = False
) -> Subscription | None:
    query = select(SubscriptionRow).where(SubscriptionRow.id == subscription_id)
    if reach is not None:
        query = query.where(within(reach, branch=SubscriptionRow.branch, account=SubscriptionRow.account_id))
    row = await session.scalar(query.with_for_update() if lock else query)
    return subscription_of(row) if row else None


async def due(session: AsyncSession, *, before: date, after: UUID | None, at_most: int) -> Sequence[Subscription]:
    """Those whose next month began before a day, by id, locked; what another process holds is left to it."""
    query = select(SubscriptionRow).where(SubscriptionRow.next_month < before).order_by(SubscriptionRow.id)
    query = query if after is None else query.where(SubscriptionRow.id > after)
    rows = await session.scalars(query.limit(at_most).with_for_update(skip_locked=True))
    return [subscription_of(row) for row in rows]


def subscription_of(row: SubscriptionRow) -> Subscription:
    return Subscription(
        id=row.id,
        account_id=row.account_id,
        branch=row.branch,
        plan=row.plan,
        sku=row.sku,
        currency=row.currency,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        counts=tuple(HeadCount(one["seats"], date.fromisoformat(one["valid_from"])) for one in row.counts),
        sold=Sold(row.quote_id, row.quote_line, row.net_minor, row.at_plan_rent),
        contract_id=row.contract_id,
        next_month=row.next_month or row.ends_on,
        version=row.version,
    )


def _plain(counts: Sequence[HeadCount]) -> list[dict[str, object]]:
    return [{"seats": count.seats, "valid_from": count.valid_from.isoformat()} for count in counts]


async def add_change(session: AsyncSession, change: HeadCountChangeRow) -> bool:
    """False where another change of the group waits."""
    row = {column.key: getattr(change, column.key) for column in HeadCountChangeRow.__table__.columns}
    added = insert(HeadCountChangeRow).values(row).on_conflict_do_nothing().returning(HeadCountChangeRow.id)
    return await session.scalar(added) is not None


async def change_by_id(session: AsyncSession, change_id: UUID) -> HeadCountChangeRow | None:
    return await session.get(HeadCountChangeRow, change_id, with_for_update=True)


async def changes_of(session: AsyncSession, subscription_id: UUID) -> Sequence[HeadCountChangeRow]:
    query = select(HeadCountChangeRow).where(HeadCountChangeRow.subscription_id == subscription_id)
    return (await session.scalars(query.order_by(HeadCountChangeRow.requested_at))).all()


async def add_rent(session: AsyncSession, rent: RentRow) -> None:
    session.add(rent)
    await session.flush()


async def rents_of(session: AsyncSession, subscription_id: UUID) -> Sequence[RentRow]:
    query = select(RentRow).where(RentRow.subscription_id == subscription_id).order_by(RentRow.month)
    return (await session.scalars(query)).all()
