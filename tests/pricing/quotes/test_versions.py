"""Quotes are immutable: a revision is a new version linked to the old one; and what one product costs on a day."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from shared.events.quotes import QuoteWithdrawn
from tests.pricing.conftest import START, Pricing, cny, good
from tests.pricing.quotes.test_api import a_grant, asked, below
from tests.recompute import recompute

AT_ONCE = 50


async def test_a_revision_is_a_new_version_and_the_one_before_stays_as_it_was_priced(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="discount"), await pricing.new_product(floor="100.00")
    rep = pricing.caller("rep")
    first = await good(rep.post("/v1/quotes", asked(account, {"sku": sku, "quantity": 70})))
    await pricing.told()
    path = f"/v1/quotes/{first['id']}/revisions"
    second = await good(rep.post(path, asked(account, {"sku": sku, "quantity": 100})), 201)
    assert (second["number"], second["revision"], second["revises"]) == (f"{first['number']}-2", 2, first["id"])
    assert (first["total"], second["total"]) == (cny("66500.00"), cny("93000.00"))
    withdrawn, priced = await pricing.told("QuoteWithdrawn", "QuotePriced")
    assert isinstance(withdrawn, QuoteWithdrawn)
    assert (withdrawn.quote_id, withdrawn.reason) == (first["id"], "revised")
    assert (priced.quote_id, priced.revises, priced.revision) == (second["id"], first["id"], 2)
    third = await good(
        rep.post(f"/v1/quotes/{second['id']}/revisions", asked(account, {"sku": sku, "quantity": 1})), 201
    )
    assert third["number"] == f"{first['number']}-3"
    for one in (first, second, third):
        versions = await _read(pricing, f"/v1/quotes/{one['id']}/versions")
        assert [(each["revision"], each["state"]) for each in versions] == [
            (1, "withdrawn"),
            (2, "withdrawn"),
            (3, "priced"),
        ]
        assert versions[0] == first | {"state": "withdrawn"}
    again = await rep.post(path, asked(account, {"sku": sku, "quantity": 5}))
    assert (again.status_code, again.json()["code"]) == (409, "revised_already")


async def _read(pricing: Pricing, path: str) -> list[dict[str, Any]]:
    answer = await pricing.caller("rep").get(path)
    assert answer.status_code == 200
    versions: list[dict[str, Any]] = answer.json()
    return versions


async def test_an_accepted_quote_is_not_revised_and_no_account_revises_anothers(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(), await pricing.new_product()
    rep, body = pricing.caller("rep"), asked(account, {"sku": sku, "quantity": 1})
    quote = await good(rep.post("/v1/quotes", body))
    path = f"/v1/quotes/{quote['id']}/revisions"
    other = asked(await pricing.new_account(), {"sku": sku, "quantity": 1})
    refused = await rep.post(path, other)
    assert (refused.status_code, refused.json()["code"]) == (409, "revision_of_another_account")
    assert (await pricing.caller("lubumbashi").post(path, body)).status_code == 404
    await good(rep.post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"}))
    refused = await rep.post(path, body)
    assert (refused.status_code, refused.json()["code"]) == (409, "quote_move_not_allowed")


async def test_p2_a_revision_takes_back_what_the_version_before_asked_and_asks_for_itself(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(), await pricing.new_product(floor="900.00")
    rep = pricing.caller("rep")
    quote = await good(rep.post("/v1/quotes", asked(account, below(sku))))
    await pricing.told()
    await good(rep.post(f"/v1/quotes/{quote['id']}/revisions", asked(account, below(sku, price="870.00"))))
    told = await pricing.told("ApprovalAskWithdrawn", "ApprovalSought")
    assert [type(event).__name__ for event in told] == ["ApprovalAskWithdrawn", "ApprovalSought"]
    assert told[1].content["price"] == "870.00"


async def test_fifty_acceptances_at_once_make_one(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(), await pricing.new_product()
    rep = pricing.caller("rep")
    quote = await good(rep.post("/v1/quotes", asked(account, {"sku": sku, "quantity": 1})))
    await pricing.told()

    async def accept() -> int:
        while True:
            answer = await rep.post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"})
            if answer.status_code != 503:
                return answer.status_code

    assert Counter(await asyncio.gather(*(accept() for _ in range(AT_ONCE)))) == {200: 1, 409: AT_ONCE - 1}
    assert len(await pricing.told("QuoteAccepted")) == 1


async def test_fifty_revisions_at_once_make_one(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(), await pricing.new_product()
    rep, body = pricing.caller("rep"), asked(account, {"sku": sku, "quantity": 1})
    quote = await good(rep.post("/v1/quotes", body))

    async def revise() -> int:
        while True:
            answer = await rep.post(f"/v1/quotes/{quote['id']}/revisions", body)
            if answer.status_code != 503:
                return answer.status_code

    assert Counter(await asyncio.gather(*(revise() for _ in range(10)))) == {201: 1, 409: 9}


async def test_alternatives_stand_in_the_quote_and_in_a_preview_that_asks_for_them(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="discount"), await pricing.new_product(floor="100.00")
    rep, body = pricing.caller("rep"), asked(account, {"sku": sku, "quantity": 70})
    quote = await good(rep.post("/v1/quotes", body))
    [one] = quote["alternatives"]
    assert one["says"] == {"en": f"30 more {sku} reach 7 %", "zh": f"再加30件{sku}可达7%"}
    assert (one["more"], one["total"], one["title"]["en"]) == (30, cny("93000.00"), "Volume discount")
    assert (await good(rep.get(f"/v1/quotes/{quote['id']}")))["alternatives"] == quote["alternatives"]
    assert (await good(rep.post("/v1/quotes/preview", body)))["alternatives"] == []
    asking = await good(rep.post("/v1/quotes/preview", body | {"alternatives": True}))
    assert asking["alternatives"] == quote["alternatives"]


async def test_one_product_is_priced_for_an_account_on_a_day(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="discount"), await pricing.new_product(floor="100.00")
    rep, body = pricing.caller("rep"), {"account_id": str(account), "sku": sku, "quantity": 100}
    today = await good(rep.post("/v1/prices", body))
    assert (today["total"], today["lines"][0]["net_unit_price"]["amount"]) == (cny("93000.00"), "930.00")
    for day, total in (("2021-12-31", "93000.00"), ("2022-01-01", "100000.00")):
        assert (await good(rep.post("/v1/prices", body | {"on": day})))["total"] == cny(total)
    none = await rep.post("/v1/prices", body | {"on": "2020-12-31"})
    assert none.status_code == 422
    assert (await good(rep.get("/v1/quotes?account_id=" + str(account))))["items"] == []


async def test_preview_quote_explanation_and_orders_agree_to_the_fen(pricing: Pricing) -> None:
    """A stranger's script finds the same nets from the stored trace alone."""
    account = await pricing.new_account(elects="discount")
    skus = [await pricing.new_product(price=price, floor="0.01") for price in ("333.33", "0.07", "1999.99")]
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in zip(skus, (37, 11, 60), strict=True)]
    rep, body = pricing.caller("rep"), asked(account, *lines)
    preview, quote = [await good(rep.post(path, body)) for path in ("/v1/quotes/preview", "/v1/quotes")]
    nets = [line["net_amount"]["amount"] for line in quote["lines"]]
    assert [line["net_amount"]["amount"] for line in preview["lines"]] == nets
    told = await good(rep.get(quote["explanation"]))
    recomputed = [recompute(one["decision"]) for one in told["decisions"]]
    assert list(recomputed[0]["nets"].values()) == nets
    await good(rep.post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"}))
    wanted = ([30, 10, 59], [6, 1, 1], [1])
    drawn: Counter[int] = Counter()
    for quantities in wanted:
        parts = [{"quote_line": place, "quantity": quantity} for place, quantity in enumerate(quantities, 1)]
        order = await good(rep.post("/v1/orders", {"quote_id": quote["id"], "lines": parts}))
        for place, line in enumerate(order["lines"], 1):
            drawn[place] += int(line["net_amount"]["amount"].replace(".", ""))
    assert [f"{drawn[place] // 100}.{drawn[place] % 100:02}" for place in (1, 2, 3)] == nets


async def test_p2_a_return_of_a_line_that_was_approved_below_its_floor_passes(pricing: Pricing) -> None:
    """S-B5: also when the approval has ended; a new quote at that price asks again."""
    account, sku = await pricing.new_account(), await pricing.new_product(floor="900.00")
    rep, body = pricing.caller("rep"), asked(account, below(sku, quantity=10))
    quote = await good(rep.post("/v1/quotes", body))
    await pricing.hear(a_grant(quote, most=10, until="2021-03-03"))
    await good(rep.post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"}))
    ordered = {"quote_id": quote["id"], "lines": [{"quote_line": 1, "quantity": 10}]}
    order = await good(rep.post("/v1/orders", ordered))
    path, pieces = f"/v1/orders/{order['id']}", {"lines": [{"line": 1, "quantity": 10}]}
    await good(rep.post(f"{path}/confirm"))
    await good(rep.post(f"{path}/deliveries", pieces))
    await pricing.move_clock(START + timedelta(days=2))
    assert (await good(rep.post("/v1/quotes/preview", body)))["state"] == "pending_exception"
    await good(rep.post(f"{path}/returns", {"lines": [{"line": 1, "quantity": 4}], "reason": "too many"}))
