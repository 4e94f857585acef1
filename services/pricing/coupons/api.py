"""Routes of coupons; a quote names the code of the one it uses."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from sqlalchemy import or_, select

from services.pricing.accounts.models import AccountRow
from services.pricing.coupons import service
from services.pricing.coupons.models import CouponRow
from services.pricing.coupons.repository import coupon_of
from services.pricing.coupons.schemas import CouponAnswer, NewCoupon, show_coupon
from services.pricing.rules import Rules
from shared.auth.principal import Principal
from shared.auth.scope import within
from shared.http.dependencies import Now, Session, allowed
from shared.http.exchange import runtime_of
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.routes import Router

router = Router(tags=["coupons"])


@router.post("/coupons", status_code=201)
async def issue_coupon(
    *,
    body: NewCoupon,
    request: Request,
    session: Session,
    now: Now,
    rules: Rules,
    caller: Annotated[Principal, allowed("coupons.write")],
) -> CouponAnswer:
    """Issue a coupon of the table's terms to one account, or to all (P6). It is used by naming its code in a quote."""
    coupon = await service.issue_coupon(
        session,
        code=body.code,
        account_id=body.account_id,
        valid_from=body.valid_from or runtime_of(request).today(now),
        rules=rules,
        caller=caller,
        now=now,
    )
    return show_coupon(coupon)


@router.get("/coupons")
async def list_coupons(
    *,
    session: Session,
    asked: PageQuery,
    caller: Annotated[Principal, allowed("coupons.read")],
    account_id: Annotated[UUID | None, Query(description="only this account's own")] = None,
    code: Annotated[str | None, Query(description="only of this code", examples=["BIRTHDAY"])] = None,
) -> Page[CouponAnswer]:
    """Coupons for all and those of accounts within reach, newest first."""
    reach = caller.reach("coupons.read")
    owners = select(AccountRow.id).where(within(reach, branch=AccountRow.branch, account=AccountRow.id))
    query = select(CouponRow).where(or_(CouponRow.account_id.is_(None), CouponRow.account_id.in_(owners)))
    query = query if account_id is None else query.where(CouponRow.account_id == account_id)
    query = query if code is None else query.where(CouponRow.code == code)
    by = newest_first(CouponRow.id)
    return await read_page(session, query, asked=asked, by=by, show=lambda row: show_coupon(coupon_of(row)))
