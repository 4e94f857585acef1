"""Coupons and holds in the database; whoever is about to hold something waits for whoever does so before him."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.coupons.domain import Budget, Coupon, HoldState, Uses
from services.pricing.coupons.models import CouponRow, HoldRow

COUPON, BUDGET = "coupon", "budget"


def coupon_of(row: CouponRow) -> Coupon:
    return Coupon(
        row.id, row.code, row.account_id, row.valid_from, row.valid_until, row.uses_total, row.uses_per_account
    )


async def coupons_of_code(session: AsyncSession, code: str, account_id: UUID) -> list[Coupon]:
    """The account's, those for all, and one of another account, if that is all there is."""
    own_first = (CouponRow.account_id == account_id).desc().nulls_last()
    query = select(CouponRow).where(CouponRow.code == code).order_by(own_first, CouponRow.valid_from.desc()).limit(50)
    return [coupon_of(row) for row in await session.scalars(query)]


async def lock_coupon(session: AsyncSession, coupon_id: UUID) -> None:
    await session.execute(select(CouponRow.id).where(CouponRow.id == coupon_id).with_for_update())


def _live(day: date) -> ColumnElement[bool]:
    """Spent, or held by a quote that is still alive: one that expired holds nothing, though no job has come by yet."""
    reserved = and_(HoldRow.state == HoldState.RESERVED, HoldRow.expires_on > day)
    return or_(HoldRow.state == HoldState.CONSUMED, reserved)


async def uses_of(session: AsyncSession, coupon_id: UUID, *, account_id: UUID, day: date) -> Uses:
    of_account = func.count().filter(HoldRow.account_id == account_id)
    held = select(func.count(), of_account).where(HoldRow.kind == COUPON, HoldRow.name == str(coupon_id), _live(day))
    total, account = (await session.execute(held)).one()
    return Uses(total, account)


async def lock_budgets(session: AsyncSession) -> None:
    """All of them with one lock: two quotes that spend from several can't wait for each other in a circle."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('pricing/budgets', 0))"))


async def spent_of(session: AsyncSession, budgets: Sequence[Budget], *, day: date) -> dict[str, int]:
    """By budget, what quotes and orders of its days have taken, in minor units of its currency."""
    found: dict[str, int] = {}
    for budget in budgets:
        taken = select(func.coalesce(func.sum(HoldRow.amount_minor), 0)).where(
            HoldRow.kind == BUDGET,
            HoldRow.name == budget.name,
            HoldRow.held_on >= budget.first,
            HoldRow.held_on < budget.until,
            _live(day),
        )
        found[budget.name] = int(await session.scalar(taken) or 0)
    return found


class Holding(NamedTuple):
    """Which quote of whom holds, from when, until which day at most."""

    quote_id: UUID
    account_id: UUID
    held_on: date
    expires_on: date


async def add_holds(
    session: AsyncSession, holding: Holding, *, coupon_id: UUID | None, spending: Mapping[str, int]
) -> None:
    rows = [{"kind": BUDGET, "name": name, "amount_minor": amount} for name, amount in spending.items()]
    if coupon_id is not None:
        rows.append({"kind": COUPON, "name": str(coupon_id), "amount_minor": None})
    if rows:
        known = holding._asdict() | {"state": str(HoldState.RESERVED)}
        await session.execute(insert(HoldRow).values([row | known for row in rows]))


async def move_holds(
    session: AsyncSession, quote_ids: Iterable[UUID], *, to: HoldState, of: Sequence[HoldState]
) -> None:
    wanted = HoldRow.quote_id.in_(list(quote_ids)), HoldRow.state.in_([str(state) for state in of])
    await session.execute(update(HoldRow).where(*wanted).values(state=str(to)))


async def add_coupon(session: AsyncSession, cells: Mapping[str, object]) -> bool:
    """False where the same was issued from the same day on."""
    row = insert(CouponRow).values(cells).on_conflict_do_nothing().returning(CouponRow.id)
    return await session.scalar(row) is not None
