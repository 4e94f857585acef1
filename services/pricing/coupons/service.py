"""Issuing coupons, and holding, spending and giving back what quotes use."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.accounts.repository import account_by_id
from services.pricing.coupons import repository
from services.pricing.coupons.domain import (
    Budget,
    Coupon,
    CouponExists,
    GivenCoupon,
    HoldState,
    UnknownCouponCode,
    coupon_for,
    given,
)
from services.pricing.coupons.repository import Holding
from services.pricing.quotes.domain import UnknownAccount
from shared.auth.principal import Principal
from shared.calendar import Duration
from shared.errors import FieldError
from shared.events.catalogue import CouponIssued
from shared.ids import new_id
from shared.outbox import record
from shared.policy.rulebook import Rulebook

CODES = "coupons"
ISSUING = "coupons.write"


async def issue_coupon(
    session: AsyncSession,
    *,
    code: str,
    account_id: UUID | None,
    valid_from: date,
    rules: Rulebook,
    caller: Principal,
    now: datetime,
) -> Coupon:
    """By the table's terms of the day. Raises UnknownCouponCode, UnknownAccount, CouponExists, NotGoverned."""
    terms = next((row for row in rules.table(CODES) if str(row["code"]) == code), None)
    if terms is None:
        raise UnknownCouponCode(errors=[FieldError("/code", UnknownCouponCode.code, UnknownCouponCode.title)])
    account = await account_by_id(session, account_id) if account_id else None
    if account_id and (account is None or not caller.reach(ISSUING).covers(branch=account.branch)):
        raise UnknownAccount
    total = terms.get("uses_total")
    coupon = Coupon(
        id=new_id(),
        code=code,
        account_id=account_id,
        valid_from=valid_from,
        valid_until=Duration.parse(str(terms["lasts"])).after(valid_from),
        uses_total=None if total is None else int(str(total)),
        uses_per_account=int(str(terms["uses_per_account"])),
    )
    if not await repository.add_coupon(session, coupon._asdict() | {"issued_by": caller.user_id, "issued_at": now}):
        raise CouponExists
    record(session, _issued(coupon, now))
    return coupon


def _issued(coupon: Coupon, now: datetime) -> CouponIssued:
    account = None if coupon.account_id is None else str(coupon.account_id)
    told = coupon._asdict() | {"coupon_id": str(coupon.id), "account_id": account}
    return CouponIssued(occurred_at=now, **{name: told[name] for name in told if name != "id"})


async def take_coupon(session: AsyncSession, code: str, *, account_id: UUID, day: date, holding: bool) -> GivenCoupon:
    """`holding` keeps others from it until the commit. Raises CouponNotUsable."""
    coupon = coupon_for(await repository.coupons_of_code(session, code, account_id), account_id, day)
    if holding:
        await repository.lock_coupon(session, coupon.id)
    return given(coupon, await repository.uses_of(session, coupon.id, account_id=account_id, day=day))


async def read_spent(
    session: AsyncSession, budgets: Sequence[Budget], *, day: date, holding: bool
) -> Mapping[str, int]:
    """What is gone of these budgets; `holding` keeps others from spending until the commit."""
    if holding:
        await repository.lock_budgets(session)
    return await repository.spent_of(session, budgets, day=day)


async def hold(
    session: AsyncSession, holding: Holding, *, coupon: GivenCoupon | None, spending: Mapping[str, int]
) -> None:
    """Reserved for the quote as long as it is alive."""
    await repository.add_holds(session, holding, coupon_id=coupon and coupon.id, spending=spending)


async def spend(session: AsyncSession, quote_id: UUID) -> None:
    """Its first order makes it final."""
    await repository.move_holds(session, [quote_id], to=HoldState.CONSUMED, of=[HoldState.RESERVED])


async def hold_again(session: AsyncSession, quote_id: UUID) -> None:
    """Its only order was cancelled: the quote holds it as before, while it is alive."""
    await repository.move_holds(session, [quote_id], to=HoldState.RESERVED, of=[HoldState.CONSUMED])


async def give_back(session: AsyncSession, quote_ids: Collection[UUID]) -> None:
    """Quotes that nobody can order from any more."""
    if quote_ids:
        await repository.move_holds(session, quote_ids, to=HoldState.RELEASED, of=[HoldState.RESERVED])
