"""Shapes of coupons over HTTP."""

from datetime import date
from uuid import UUID

from pydantic import Field

from services.pricing.coupons.domain import Coupon
from services.pricing.schemas import Answer, Code, Request
from shared.http.moments import Day


class NewCoupon(Request):
    code: Code = Field(
        description="one of the table `coupons`, which says how often and how long", examples=["BIRTHDAY"]
    )
    account_id: UUID | None = Field(None, description="whose it is; left out, every account may use it")
    valid_from: Day | None = Field(None, description="first local day; today if left out", examples=["2021-03-02"])


class CouponAnswer(Answer):
    id: UUID
    code: str = Field(examples=["BIRTHDAY"])
    account_id: UUID | None
    valid_from: date
    valid_until: date = Field(description="first local day on which it is no longer valid")
    uses_total: int | None = Field(description="of all accounts together; none where it is open", examples=[500])
    uses_per_account: int = Field(examples=[1])


def show_coupon(coupon: Coupon) -> CouponAnswer:
    return CouponAnswer.model_validate(coupon._asdict())
