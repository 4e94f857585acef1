"""Amendments over HTTP on a real database: reversed and applied, never beyond quote, contract or what is delivered."""

import asyncio
from typing import Any

import pytest

from tests.pricing.conftest import Pricing, cny, contract_event, good, patiently
from tests.pricing.orders.test_api import accepted_quote, drawing


async def an_order(pricing: Pricing, *quantities: int, ordered: int, **more: Any) -> tuple[dict[str, Any], str]:
    """Of the first line of a quote of these quantities; the quote, and the order's path."""
    quote = await accepted_quote(pricing, *quantities)
    if "contracted" in more:
        signed = contract_event(quote["account_id"], {quote["lines"][0]["sku"]: more.pop("contracted")})
        await pricing.hear(signed)
        more["contract_id"] = signed.contract_id
    order = await good(pricing.caller("rep").post("/v1/orders", drawing(quote, ordered, **more)))
    return quote, f"/v1/orders/{order['id']}"


def changed(**lines: int) -> dict[str, Any]:
    return {
        "reason": "the customer asked",
        "lines": [{"quote_line": int(k[1:]), "quantity": v} for k, v in lines.items()],
    }


async def test_s_e4_an_amendment_takes_the_old_line_back_and_applies_the_new_one(pricing: Pricing) -> None:
    quote, path = await an_order(pricing, 100, 50, ordered=60)
    rep = pricing.caller("rep")
    await good(rep.post(f"{path}/confirm"))
    await good(rep.post(f"{path}/deliveries", {"lines": [{"line": 1, "quantity": 20}]}))
    await pricing.told()
    order = await good(rep.post(f"{path}/amendments", changed(q1=40, q2=5)), 201)
    assert [(line["quantity"], line["state"]) for line in order["lines"]] == [
        (40, "partly_delivered"),
        (5, "confirmed"),
    ]
    assert order["net_amount"] == cny("39600.00")
    [event] = await pricing.told()
    assert [(line.line, line.quantity, line.net_minor) for line in event.reversed] == [(1, 60, 5_280_000)]
    assert [(line.line, line.quantity, line.net_minor) for line in event.applied] == [
        (1, 40, 3_520_000),
        (2, 5, 440_000),
    ]
    assert [line.cost_minor for line in event.applied] == [2_800_000, 350_000]
    chain = await good(rep.get(f"{path}/chain"))
    assert chain["movements"][-1]["lines"] == [
        {"line": 1, "was": 60, "quantity": 40},
        {"line": 2, "was": 0, "quantity": 5},
    ]
    more = await good(rep.post("/v1/orders", drawing(quote, 60)), 201)  # what was given up is free again
    assert more["net_amount"] == cny("52800.00")


async def test_p8_the_cost_of_a_line_stays_frozen_when_more_of_it_is_ordered(pricing: Pricing) -> None:
    quote, path = await an_order(pricing, 100, ordered=10)
    entry = {"cost": cny("999.00"), "valid_from": "2021-03-02"}
    await good(pricing.caller("fin").post(f"/v1/products/{quote['lines'][0]['sku']}/costs", entry))
    await pricing.told()
    await good(pricing.caller("rep").post(f"{path}/amendments", changed(q1=30)))
    [event] = await pricing.told("OrderAmended")
    assert event.applied[0].cost_minor == 30 * 70_000


@pytest.mark.parametrize(
    ("change", "status", "code", "pointer"),
    [
        pytest.param({"q1": 19}, 409, "below_delivered", "/lines/0/quantity", id="less than was delivered"),
        pytest.param({"q1": 101}, 409, "over_draw", "/lines/0/quantity", id="more than the quote has"),
        pytest.param({"q2": 0, "q1": 81}, 409, "over_draw_of_contract", "/lines/1/quantity", id="more than contracted"),
        pytest.param({"q9": 1}, 422, "unknown_quote_line", "/lines/0/quote_line", id="a line the quote has not"),
        pytest.param({"q1": 60}, 409, "nothing_amended", None, id="what stands already"),
        pytest.param({}, 422, "invalid_request", "/lines", id="nothing at all"),
    ],
)
async def test_p8_an_amendment_that_cannot_be_changes_nothing(
    pricing: Pricing, change: dict[str, int], status: int, code: str, pointer: str | None
) -> None:
    _, path = await an_order(pricing, 100, 50, ordered=60, contracted=80)
    rep = pricing.caller("rep")
    await good(rep.post(f"{path}/confirm"))
    before = await good(rep.post(f"{path}/deliveries", {"lines": [{"line": 1, "quantity": 20}]}))
    refused = await rep.post(f"{path}/amendments", changed(**change))
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    assert [error["pointer"] for error in refused.json().get("errors", [])][:1] == ([pointer] if pointer else [])
    assert await good(rep.get(path)) == before


async def test_p8_an_order_amended_to_nothing_is_cancelled_instead(pricing: Pricing) -> None:
    _, path = await an_order(pricing, 10, ordered=10)
    refused = await pricing.caller("rep").post(f"{path}/amendments", changed(q1=0))
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_left_of_the_order")


async def test_p8_lines_are_accepted_one_by_one(pricing: Pricing) -> None:
    _, path = await an_order(pricing, 10, 10, ordered=10)
    rep = pricing.caller("rep")
    await good(rep.post(f"{path}/amendments", changed(q2=4)))
    await good(rep.post(f"{path}/confirm"))
    await good(rep.post(f"{path}/deliveries", {"lines": [{"line": 1, "quantity": 10}]}))
    part = await good(rep.post(f"{path}/acceptances", {"lines": [1]}), 201)
    assert (part["state"], [line["state"] for line in part["lines"]]) == ("partly_delivered", ["accepted", "confirmed"])
    early = await rep.post(f"{path}/acceptances", {"lines": [2]})
    assert (early.status_code, early.json()["code"]) == (409, "order_move_not_allowed")
    await good(rep.post(f"{path}/deliveries", {"lines": [{"line": 2, "quantity": 4}]}))
    assert (await good(rep.post(f"{path}/acceptances", {})))["state"] == "accepted"


async def test_p8_fifty_amendments_at_once_never_take_more_than_the_quote_has(pricing: Pricing) -> None:
    quote = await accepted_quote(pricing, 100)
    rep = pricing.caller("rep")
    orders = [await good(rep.post("/v1/orders", drawing(quote, 1))) for _ in range(10)]
    paths = [f"/v1/orders/{order['id']}/amendments" for order in orders]
    answers = await asyncio.gather(
        *(patiently(rep, path, changed(q1=11 + n), f"{path} {n}") for path in paths for n in range(5))
    )
    assert {answer.status_code for answer in answers} == {201, 409}
    kept = [await good(rep.get(f"/v1/orders/{order['id']}")) for order in orders]
    assert sum(line["quantity"] for order in kept for line in order["lines"]) <= 100


async def test_another_branch_amends_nothing(pricing: Pricing) -> None:
    _, path = await an_order(pricing, 10, ordered=5)
    assert (await pricing.caller("lubumbashi").post(f"{path}/amendments", changed(q1=6))).status_code == 404
