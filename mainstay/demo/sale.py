"""The story's sale: prices, a quote below the floor, a contract, paid deliveries, refusals (P1, P2, C2, C5)."""

from functools import partial
from typing import Any

from mainstay.demo.asking import accrued, decide, find_request, quote_state
from mainstay.demo.client import until
from mainstay.demo.deciding import mail
from mainstay.demo.settling import confirm_bonus
from mainstay.demo.story import LICENCE, Story


async def publish_price(story: Story) -> None:
    """Step 2's ground: a handset of a brand never sold before, with its cost, list price and floor."""
    await story.cast.set_clock("2021-01-04T09:00:00+01:00")
    marketing = story.cast.mkt
    await marketing.post(
        "pricing",
        "/products",
        {
            "sku": "HANDSET-N1",
            "title": {"en": "Handset N1", "zh": "N1手机"},
            "kind": "handset",
            "product_line": "handsets",
            "brand": "Nova",
            "new_brand_from": "2021-01-01",
            "new_brand_until": "2022-01-01",
        },
    )
    await story.cast.fin.post(
        "pricing",
        "/products/HANDSET-N1/costs",
        {"cost": {"amount": "700.00", "currency": "CNY"}, "valid_from": "2021-01-01"},
    )
    await marketing.post(
        "pricing",
        "/price-lists/standard/prices",
        {
            "sku": "HANDSET-N1",
            "price": {"amount": "1000.00", "currency": "CNY"},
            "floor": {"amount": "900.00", "currency": "CNY"},
            "valid_from": "2021-01-01",
        },
    )


async def quote_below_floor(story: Story) -> None:
    """Step 2, P2 and C5: 880.00 is below the floor; the marketing director agrees by mail, for 1 to 600 until 04-01."""
    cast = story.cast
    await cast.set_clock("2021-03-02T09:00:00+01:00")
    quote = await cast.rep.post(
        "pricing",
        "/quotes",
        {
            "account_id": story.account["id"],
            "price_list": "standard",
            "lines": [
                {
                    "sku": "HANDSET-N1",
                    "quantity": 600,
                    "requested_unit_price": {"amount": "880.00", "currency": "CNY"},
                    "reason": "launch order for fourteen shops",
                }
            ],
        },
    )
    story.exception = {"state": quote["state"], "lines": quote["lines"]}
    request = await find_request(story, "quote_line", f"{quote['id']}:1")
    terms = {"price": "880.00", "quantity_from": 1, "quantity_to": 600, "valid_until": "2021-04-01"}
    await decide(story, cast.marketing, request["id"], terms=terms)
    await until("the exception's grant in pricing", lambda: quote_state(story, quote["id"], "priced"))
    story.quote = await cast.rep.post(
        "pricing", f"/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen Li"}, expect=200
    )


async def approve_contract(story: Story) -> None:
    """Step 3, C2: drafted with 590, changed to 600 while pending; five people decide; nobody on his own request."""
    cast, rep = story.cast, story.cast.rep
    await cast.set_clock("2021-03-03T09:00:00+01:00")
    draft = await rep.post("approvals", "/contracts", contract_body(story, quantity=590))
    path = f"/contracts/{draft['id']}"
    await rep.post("approvals", f"{path}/submit", {}, expect=200)
    tag = (await rep.ask("GET", "approvals", path, expect=200)).headers["ETag"]
    await rep.ask(
        "PATCH",
        "approvals",
        path,
        expect=200,
        json={"lines": contract_body(story, quantity=600)["lines"]},
        headers={"If-Match": tag},
    )
    story.preview = await rep.post(
        "approvals", "/routes/preview", {"route": "contract-route", "contract_id": draft["id"]}, expect=200
    )
    submitted = await rep.post("approvals", f"{path}/submit", {}, expect=200)
    request_id = submitted["request_id"]
    own = await rep.ask(
        "POST",
        "approvals",
        f"/requests/{request_id}/decisions",
        json={"decision": "approve"},
        headers={"If-Match": '"1"'},
    )
    story.refusals.append({"who": "the requester himself", "status": own.status_code, "body": own.json()})
    for person in (cast.kam, cast.legal, cast.marketing, cast.findir, cast.gm):
        await decide(story, person, request_id, twice=True)
    story.chain = await rep.get("approvals", f"/requests/{request_id}")
    await cast.set_clock("2021-03-08T09:00:00+01:00")
    await rep.post("approvals", f"{path}/sign", {"signed_on": "2021-03-08", "evidence": mail("2021-03-08")}, expect=200)
    story.contract = await rep.post("approvals", f"{path}/activate", {"active_on": "2021-03-08"}, expect=200)


def contract_body(story: Story, *, quantity: int) -> dict[str, Any]:
    return {
        "account_id": story.account["id"],
        "quote_id": story.quote["id"],
        "lines": [{"quote_line": 1, "quantity": quantity}],
        "first_responsible": story.cast.kam.user_id,
        "documents": [LICENCE],
        "valid_from": "2021-03-08",
        "valid_until": "2022-01-01",
    }


async def deliver_orders(story: Story) -> None:
    """Step 4, R1: 400 then 200 pieces, delivered and paid; the whole month earns the tier that it reaches."""
    for day, quantity, amount in (("2021-03-10", 400, "352000.00"), ("2021-03-25", 200, "176000.00")):
        await story.cast.set_clock(f"{day}T10:00:00+01:00")
        story.orders.append(await order_and_pay(story, quantity, amount))
        count = 1 if quantity == 400 else 3
        story.accruals = await until("the subsidy's accrual", partial(accrued, story, "volume-subsidy", count))
        if quantity == 400:
            await confirm_bonus(story)
    story.march_accruals = story.accruals


async def order_and_pay(story: Story, quantity: int, amount: str) -> dict[str, Any]:
    rep = story.cast.rep
    order = await rep.post(
        "pricing",
        "/orders",
        {
            "quote_id": story.quote["id"],
            "contract_id": story.contract["id"],
            "lines": [{"quote_line": 1, "quantity": quantity}],
        },
    )
    path = f"/orders/{order['id']}"
    await rep.post("pricing", f"{path}/confirm", {}, expect=200)
    await rep.post("pricing", f"{path}/deliveries", {"lines": [{"line": 1, "quantity": quantity}]})
    money = {"amount": amount, "currency": "CNY"}
    await story.cast.fin.post("pricing", f"{path}/payments", {"amount": money})
    delivered: dict[str, Any] = await rep.get("pricing", path)
    return delivered


async def be_refused(story: Story) -> None:
    """Step 8: the same request without a token, by another branch, with a wrong body."""
    cast = story.cast
    url = f"{cast.world.urls['pricing']}/v1/orders/{story.orders[0]['id']}"
    nobody = await cast.world.http.get(url)
    story.refusals.append({"who": "without a token", "status": nobody.status_code, "body": nobody.json()})
    other = await cast.other_rep.ask("GET", "pricing", f"/orders/{story.orders[0]['id']}")
    story.refusals.append({"who": "another branch", "status": other.status_code, "body": other.json()})
    wrong = await cast.rep.ask(
        "POST",
        "pricing",
        "/quotes",
        json={
            "account_id": story.account["id"],
            "price_list": "standard",
            "lines": [{"sku": "HANDSET-N1", "quantity": -1}],
        },
    )
    story.refusals.append({"who": "a wrong body", "status": wrong.status_code, "body": wrong.json()})
