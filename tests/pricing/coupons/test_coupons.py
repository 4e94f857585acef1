"""P6: coupons are held by the quote, spent by its order, free again when it ends, and never used twice."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.pricing.coupons.domain import Coupon, CouponNotUsable, GivenCoupon, Uses, coupon_for, given
from services.pricing.coupons.service import take_coupon
from shared.db.session import commit
from shared.ids import new_id
from tests.pricing.conftest import Pricing, cny, good
from tests.pricing.quotes.test_api import asked

DAY = date(2021, 3, 2)
ME, OTHER = UUID(int=1), UUID(int=2)
AT_ONCE = 50


def a_coupon(account_id: UUID | None = None, first: date = DAY, total: int | None = None, each: int = 1) -> Coupon:
    return Coupon(UUID(int=first.day), "BIRTHDAY", account_id, first, date(2021, 4, 1), total, each)


@pytest.mark.parametrize(
    ("coupons", "day", "reason"),
    [
        pytest.param((), DAY, "unknown", id="of a code that nobody issued"),
        pytest.param((a_coupon(OTHER),), DAY, "of_another_account", id="of another account"),
        pytest.param((a_coupon(ME),), date(2021, 3, 1), "not_yet_valid", id="the day before its first"),
        pytest.param((a_coupon(ME),), date(2021, 4, 1), "expired", id="the day after its last"),
    ],
)
def test_p6_a_coupon_that_cannot_be_used_says_why(coupons: tuple[Coupon, ...], day: date, reason: str) -> None:
    with pytest.raises(CouponNotUsable) as refused:
        coupon_for(coupons, ME, day)
    assert refused.value.more["reason"] == reason


def test_p6_the_accounts_own_coupon_goes_before_one_for_all_and_the_latest_before_older_ones() -> None:
    own, older, for_all = a_coupon(ME, date(2021, 3, 2)), a_coupon(ME, date(2021, 3, 1)), a_coupon(None)
    assert coupon_for((for_all, older, own), ME, DAY) == own
    assert coupon_for((for_all, a_coupon(OTHER)), ME, DAY) == for_all


@pytest.mark.parametrize(
    ("coupon", "uses", "left"),
    [
        pytest.param(a_coupon(each=1), Uses(0, 0), 1, id="single use, not used"),
        pytest.param(a_coupon(each=1), Uses(1, 1), 0, id="single use, used"),
        pytest.param(a_coupon(each=3), Uses(9, 2), 1, id="multi use with an open total"),
        pytest.param(a_coupon(total=10, each=3), Uses(9, 0), 1, id="the total's last use"),
        pytest.param(a_coupon(total=10, each=3), Uses(10, 0), 0, id="a total used up by others"),
    ],
)
def test_p6_uses_left_are_the_smaller_of_the_totals_and_the_accounts(coupon: Coupon, uses: Uses, left: int) -> None:
    if left:
        assert given(coupon, uses) == GivenCoupon(coupon.id, "BIRTHDAY", left)
    else:
        with pytest.raises(CouponNotUsable):
            given(coupon, uses)


async def issued(pricing: Pricing, account: UUID, code: str = "BIRTHDAY") -> dict[str, Any]:
    return await good(pricing.caller("mkt").post("/v1/coupons", {"code": code, "account_id": str(account)}), 201)


async def test_p6_a_coupon_is_issued_by_the_tables_terms_once_a_day_and_told(pricing: Pricing) -> None:
    account = await pricing.new_account()
    await pricing.told()
    coupon = await issued(pricing, account)
    assert (coupon["valid_from"], coupon["valid_until"]) == ("2021-03-02", "2021-04-01")
    assert (coupon["uses_total"], coupon["uses_per_account"]) == (None, 1)
    [told] = await pricing.told("CouponIssued")
    assert (told.coupon_id, told.account_id) == (coupon["id"], str(account))
    body = {"code": "BIRTHDAY", "account_id": str(account)}
    again = await pricing.caller("mkt").post("/v1/coupons", body)
    assert (again.status_code, again.json()["code"]) == (409, "coupon_exists")
    unknown = await pricing.caller("mkt").post("/v1/coupons", {"code": "NOBODY"})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/code")
    assert (await pricing.caller("rep").post("/v1/coupons", body)).status_code in (401, 403)


async def test_p6_a_branch_sees_its_accounts_coupons_and_those_for_all(pricing: Pricing) -> None:
    account = await pricing.new_account()
    own = await issued(pricing, account)
    for_all = await good(pricing.caller("mkt").post("/v1/coupons", {"code": "WELCOME2021"}), 201)
    for caller, seen in (("rep", {own["id"], for_all["id"]}), ("lubumbashi", {for_all["id"]})):
        listed = (await good(pricing.caller(caller).get("/v1/coupons")))["items"]
        assert {one["id"] for one in listed} & {own["id"], for_all["id"]} == seen


@pytest.mark.parametrize(
    ("price", "total", "used"),
    [
        pytest.param("999.99", "999.99", None, id="nothing below a thousand, and the coupon is not used"),
        pytest.param("1000.00", "950.00", "BIRTHDAY", id="fifty off from a thousand on"),
    ],
)
async def test_p6_what_a_coupon_takes_off(pricing: Pricing, price: str, total: str, used: str | None) -> None:
    account, sku = await pricing.new_account(), await pricing.new_product(price=price, floor="1.00")
    await issued(pricing, account)
    rep, body = pricing.caller("rep"), asked(account, {"sku": sku, "quantity": 1}, coupon="BIRTHDAY")
    for path in ("/v1/quotes/preview", "/v1/quotes"):
        quote = await good(rep.post(path, body))
        assert (quote["total"], quote["coupon"]) == (cny(total), used)
    again = await rep.post("/v1/quotes", body)
    assert again.status_code == (409 if used else 201)


async def test_p6_a_held_coupon_is_free_again_when_its_quote_is_withdrawn_or_expires(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(), await pricing.new_product(price="2000.00", floor="1.00")
    coupon = await issued(pricing, account)
    rep, body = pricing.caller("rep"), asked(account, {"sku": sku, "quantity": 1}, coupon="BIRTHDAY", valid_days=3)
    first = await good(rep.post("/v1/quotes", body))
    refused = await rep.post("/v1/quotes/preview", body)
    assert (refused.status_code, refused.json()["reason"]) == (409, "used_up")
    await good(rep.post(f"/v1/quotes/{first['id']}/withdraw", {}))
    second = await good(rep.post("/v1/quotes", body))
    async with pricing.sessions() as session:
        with pytest.raises(CouponNotUsable):
            await take_coupon(session, "BIRTHDAY", account_id=account, day=date(2021, 3, 4), holding=False)
        free = await take_coupon(session, "BIRTHDAY", account_id=account, day=date(2021, 3, 5), holding=False)
    assert (str(free.id), free.uses_left, second["expires_on"]) == (coupon["id"], 1, "2021-03-05")


async def test_p6_an_order_spends_the_coupon_and_its_cancellation_leaves_it_with_the_quote(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(), await pricing.new_product(price="2000.00", floor="1.00")
    await issued(pricing, account)
    rep, body = pricing.caller("rep"), asked(account, {"sku": sku, "quantity": 2}, coupon="BIRTHDAY")
    quote = await good(rep.post("/v1/quotes", body))
    await good(rep.post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"}))
    part = {"quote_id": quote["id"], "lines": [{"quote_line": 1, "quantity": 1}]}
    orders = [await good(rep.post("/v1/orders", part)) for _ in range(2)]
    assert sum(int(order["lines"][0]["net_amount"]["amount"].replace(".", "")) for order in orders) == 395_000
    states = []
    for order in (None, *orders):
        if order:
            await good(rep.post(f"/v1/orders/{order['id']}/cancel", {"reason": "changed mind"}))
        async with pricing.sessions() as session:
            held = text("SELECT DISTINCT state FROM quote_hold WHERE quote_id = :quote")
            states.append(await session.scalar(held, {"quote": quote["id"]}))
    assert states == ["consumed", "consumed", "reserved"]


async def give_until_answered(pricing: Pricing, body: dict[str, Any]) -> tuple[int, Any]:
    """One client's quote; busy is asked again."""
    while True:
        answer = await pricing.caller("rep").post("/v1/quotes", body)
        if answer.status_code != 503:
            return answer.status_code, answer.json()


async def a_coupon_for(pricing: Pricing, account: UUID, *, total: int, each: int) -> str:
    code = f"C-{uuid4().hex[:8]}"
    async with pricing.sessions() as session:
        row = text(
            "INSERT INTO coupon VALUES (:id, :code, :account, '2021-03-01', '2021-04-01', :total, :each, 'mkt', now())"
        )
        await session.execute(row, {"id": new_id(), "code": code, "account": account, "total": total, "each": each})
        await commit(session)
    return code


async def test_p6_fifty_quotes_at_once_never_use_a_coupon_more_often_than_it_may_be(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(), await pricing.new_product(price="1000.00", floor="1.00")
    code = await a_coupon_for(pricing, account, total=7, each=100)
    body = asked(account, {"sku": sku, "quantity": 1}, coupon=code)
    answers = await asyncio.gather(*(give_until_answered(pricing, body) for _ in range(AT_ONCE)))
    assert Counter(status for status, _ in answers) == {201: 7, 409: AT_ONCE - 7}
    assert {said["total"]["amount"] for status, said in answers if status == 201} == {"950.00"}
    assert {said["reason"] for status, said in answers if status == 409} == {"used_up"}


async def test_p6_fifty_quotes_at_once_never_overspend_a_budget(pricing: Pricing) -> None:
    """Whoever comes when it is empty is priced without the coupon, told why, and keeps it."""
    account, sku = await pricing.new_account(), await pricing.new_product(price="1000.00", floor="1.00")
    code = await a_coupon_for(pricing, account, total=1000, each=1000)
    spent = "SELECT coalesce(sum(amount_minor), 0) FROM quote_hold WHERE name = 'coupons' AND state <> 'released'"
    async with pricing.sessions() as session:
        others = 5_000_000 - 5 * 5_000 - 4_999 - int(await session.scalar(text(spent)))
        filled = (
            "INSERT INTO quote_hold VALUES (:id, 'budget', 'coupons', :id, :amount, '2021-03-01', '2021-05-01', :state)"
        )
        await session.execute(text(filled), {"id": new_id(), "amount": others, "state": "consumed"})
        await commit(session)
    body = asked(account, {"sku": sku, "quantity": 1}, coupon=code)
    answers = await asyncio.gather(*(give_until_answered(pricing, body) for _ in range(AT_ONCE)))
    assert {status for status, _ in answers} == {201}
    assert Counter(said["coupon"] for _, said in answers) == {code: 5, None: AT_ONCE - 5}
    assert Counter(said["total"]["amount"] for _, said in answers) == {"950.00": 5, "1000.00": AT_ONCE - 5}
    async with pricing.sessions() as session:
        assert await session.scalar(text(spent)) == 5_000_000 - 4_999
    without = next(said for _, said in answers if said["coupon"] is None)
    told = await good(pricing.caller("rep").get(without["explanation"]))
    lines = [line for one in told["decisions"] for line in one["lines"]]
    assert any("has not enough left" in line for line in lines), lines


async def test_p6_a_gift_goes_with_the_order_that_takes_the_last_piece(pricing: Pricing) -> None:
    """In 2026, when gifts of the pack begin; the clock never goes back, so this comes last."""
    await pricing.move_clock(datetime(2026, 3, 2, 8, tzinfo=UTC))
    account, sku = await pricing.new_account(), await pricing.new_product(price="1000.00", floor="1.00")
    rep = pricing.caller("rep")
    less = await good(rep.post("/v1/quotes", asked(account, {"sku": sku, "quantity": 19})))
    quote = await good(rep.post("/v1/quotes", asked(account, {"sku": sku, "quantity": 20})))
    assert (less["gifts"], quote["total"]) == ([], cny("20000.00"))
    [gift] = quote["gifts"]
    assert (gift["policy"], gift["sku"], gift["quantity"]) == ("gift-line@1", "GIFT-TOOLBAG", 1)
    await good(rep.post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"}))

    async def order(quantity: int) -> dict[str, Any]:
        lines = [{"quote_line": 1, "quantity": quantity}]
        return await good(rep.post("/v1/orders", {"quote_id": quote["id"], "lines": lines}))

    part, rest = await order(19), await order(1)
    assert [line["sku"] for line in part["lines"]] == [sku]
    assert [(line["sku"], line["net_amount"]["amount"]) for line in rest["lines"]] == [
        (sku, "1000.00"),
        ("GIFT-TOOLBAG", "0.00"),
    ]
    await good(rep.post(f"/v1/orders/{part['id']}/cancel", {"reason": "later"}))
    assert [line["sku"] for line in (await order(19))["lines"]] == [sku]
    await good(rep.post(f"/v1/orders/{rest['id']}/cancel", {"reason": "later"}))
    assert [line["sku"] for line in (await order(1))["lines"]] == [sku, "GIFT-TOOLBAG"]
