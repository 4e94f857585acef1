"""A coupon is issued for some days, to one account or to all, and used as often as its terms say."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import ClassVar, NamedTuple
from uuid import UUID

from shared.errors import Conflict, NotFound, ValidationProblem, Words


class HoldState(StrEnum):
    """A quote holds; its first order spends; a quote that was withdrawn or rejected gives back."""

    RESERVED = "reserved"
    CONSUMED = "consumed"
    RELEASED = "released"


class WhyNotUsable(StrEnum):
    UNKNOWN = "unknown"
    OF_ANOTHER = "of_another_account"
    NOT_YET = "not_yet_valid"
    EXPIRED = "expired"
    USED_UP = "used_up"


SAID: dict[WhyNotUsable, Words] = {
    WhyNotUsable.UNKNOWN: {"en": "no coupon of this code was issued", "zh": "未发放过该券码"},
    WhyNotUsable.OF_ANOTHER: {"en": "it was issued to another account", "zh": "该券发放给其他客户"},
    WhyNotUsable.NOT_YET: {"en": "its first day is still to come", "zh": "券尚未生效"},
    WhyNotUsable.EXPIRED: {"en": "its last day is over", "zh": "券已过期"},
    WhyNotUsable.USED_UP: {"en": "every use of it is taken", "zh": "券已用完"},
}


class CouponNotUsable(Conflict):
    code = "coupon_not_usable"
    title: ClassVar[Words] = {"en": "The coupon cannot be used", "zh": "券不可用"}

    def __init__(self, reason: WhyNotUsable) -> None:
        super().__init__(SAID[reason], reason=str(reason))


class UnknownCouponCode(ValidationProblem):
    code = "unknown_coupon_code"
    title: ClassVar[Words] = {"en": "The table of coupons has no such code", "zh": "券种表中没有该券码"}


class CouponExists(Conflict):
    code = "coupon_exists"
    title: ClassVar[Words] = {"en": "It was issued from that day on already", "zh": "该券自当日起已发放"}


class UnknownCoupon(NotFound):
    code = "unknown_coupon"
    title: ClassVar[Words] = {"en": "There is no such coupon", "zh": "没有该券"}


class Coupon(NamedTuple):
    """Usable on the local days `[valid_from, valid_until)`; without an account by any; `uses_total` may be open."""

    id: UUID
    code: str
    account_id: UUID | None
    valid_from: date
    valid_until: date
    uses_total: int | None
    uses_per_account: int


class Budget(NamedTuple):
    """What a programme may give away on the local days `[first, until)`."""

    name: str
    currency: str
    amount_minor: int
    first: date
    until: date


class Uses(NamedTuple):
    """Held or spent so far: of all accounts, and of one."""

    total: int
    account: int


class GivenCoupon(NamedTuple):
    """The coupon a quote names, with at least one use left for its account."""

    id: UUID
    code: str
    uses_left: int


def coupon_for(coupons: Iterable[Coupon], account_id: UUID, day: date) -> Coupon:
    """Of those issued under one code the account's own before one for all, the latest first; raises CouponNotUsable."""
    issued = tuple(coupons)
    if not issued:
        raise CouponNotUsable(WhyNotUsable.UNKNOWN)
    open_to = [one for one in issued if one.account_id in (None, account_id)]
    if not open_to:
        raise CouponNotUsable(WhyNotUsable.OF_ANOTHER)
    usable = [one for one in open_to if one.valid_from <= day < one.valid_until]
    if not usable:
        early = all(day < one.valid_from for one in open_to)
        raise CouponNotUsable(WhyNotUsable.NOT_YET if early else WhyNotUsable.EXPIRED)
    return max(usable, key=lambda one: (one.account_id is not None, one.valid_from, str(one.id)))


def given(coupon: Coupon, uses: Uses) -> GivenCoupon:
    """Raises CouponNotUsable where no use is left."""
    left = coupon.uses_per_account - uses.account
    if coupon.uses_total is not None:
        left = min(left, coupon.uses_total - uses.total)
    if left < 1:
        raise CouponNotUsable(WhyNotUsable.USED_UP)
    return GivenCoupon(coupon.id, coupon.code, left)
