"""Short stock over HTTP on a real database: ranked, explained, handed out, freed, and never given twice."""

import asyncio
from typing import Any

import pytest

from tests.pricing.conftest import Pricing, good, patiently
from tests.pricing.quotes.test_api import asked


async def confirmed(pricing: Pricing, sku: str, quantity: int, *, grade: str, branch: str = "kinshasa") -> str:
    """The id of a confirmed order of an account of that class."""
    who = "lubumbashi" if branch == "lubumbashi" else "rep"
    rep, account = pricing.caller(who), await pricing.new_account(grade=grade, branch=branch)
    terms = {"payment_terms": {"prepaid_share": "1.00"}} if grade == "C" else {}
    quote = await good(rep.post("/v1/quotes", asked(account, {"sku": sku, "quantity": quantity}, **terms)))
    await good(rep.post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"}))
    lines = [{"quote_line": 1, "quantity": quantity}]
    order = await good(rep.post("/v1/orders", {"quote_id": quote["id"], "lines": lines}))
    await good(rep.post(f"/v1/orders/{order['id']}/confirm"))
    return str(order["id"])


async def received(pricing: Pricing, sku: str, quantity: int, branch: str = "kinshasa") -> dict[str, Any]:
    body = {"sku": sku, "branch": branch, "quantity": quantity, "reference": "GRN 1"}
    return await good(pricing.caller("integrator").post("/v1/stock", body), 201)


async def given(pricing: Pricing, sku: str) -> list[tuple[str, int]]:
    """Order and pieces, first place first."""
    page = await good(pricing.caller("auditor").get(f"/v1/allocations?sku={sku}"))
    return [(row["order_id"], row["quantity"]) for row in page["items"]]


def delivery(quantity: int) -> dict[str, Any]:
    return {"lines": [{"line": 1, "quantity": quantity}]}


async def test_p9_class_a_is_supplied_first_a_promise_before_it_and_a_cancellation_frees_for_the_next(
    pricing: Pricing,
) -> None:
    sku = await pricing.new_product()
    c, b, a = [await confirmed(pricing, sku, 10, grade=grade) for grade in "CBA"]
    await pricing.told()
    stock = await received(pricing, sku, 15)
    assert (stock["on_hand"], stock["allocated"], stock["free"], stock["short_by"]) == (15, 15, 0, 15)
    assert await given(pricing, sku) == [(a, 10), (b, 5), (c, 0)]
    told = await pricing.told("StockAllocated")
    assert [(event.order_id, event.quantity, event.rank, event.policy) for event in told] == [
        (a, 10, 1, "allocation-ranking@1"), (b, 5, 2, "allocation-ranking@1"),
    ]  # fmt: skip
    promise = {"order_id": c, "line": 1, "promised_on": "2021-03-20", "reason": "opening of the shop"}
    await good(pricing.caller("kam").post("/v1/delivery-promises", promise), 201)
    assert await given(pricing, sku) == [(c, 10), (a, 5), (b, 0)]
    await good(pricing.caller("rep").post(f"/v1/orders/{c}/cancel", {"reason": "the shop does not open"}))
    assert await given(pricing, sku) == [(a, 10), (b, 5)]
    assert (await good(pricing.caller("kam").get(f"/v1/delivery-promises?order_id={c}")))["items"] == []


@pytest.mark.parametrize(
    ("language", "text", "title"),
    [
        pytest.param("en", "behind the line before it by “Class in force”", "Class in force", id="English"),
        pytest.param("zh", "因“当前A/B/C类别”排在前一行之后", "当前A/B/C类别", id="Chinese"),
    ],
)
async def test_p9_the_ranking_explains_itself(pricing: Pricing, language: str, text: str, title: str) -> None:
    sku = await pricing.new_product()
    for grade in "CA":
        await confirmed(pricing, sku, 2, grade=grade)
    await received(pricing, sku, 3)
    page = await pricing.caller("rep").get(f"/v1/allocations?sku={sku}", headers={"Accept-Language": language})
    first, second = page.json()["items"]
    assert text in second["explanation"]
    assert text not in first["explanation"]
    assert [one["title"] for one in second["why"] if one["decided"]] == [title]
    assert [one["value"] for one in second["why"] if one["fact"] == "account.class"] == ["C"]


async def test_p9_only_what_is_allocated_is_handed_over_and_then_it_is_gone(pricing: Pricing) -> None:
    sku = await pricing.new_product()
    late, first = [await confirmed(pricing, sku, 4, grade=grade) for grade in "BA"]
    await received(pricing, sku, 5)
    rep = pricing.caller("rep")
    refused = await rep.post(f"/v1/orders/{late}/deliveries", delivery(2))
    assert (refused.status_code, refused.json()["code"]) == (409, "not_allocated")
    assert refused.json()["errors"][0]["detail"] == f"1 of {sku} are allocated to this order"
    assert (await good(rep.get(f"/v1/orders/{late}")))["lines"][0]["delivered"] == 0
    await good(rep.post(f"/v1/orders/{first}/deliveries", delivery(3)))
    assert await given(pricing, sku) == [(first, 1), (late, 1)]
    written_off = {"sku": sku, "branch": "kinshasa", "quantity": 2, "reason": "water damage"}
    clerk = pricing.caller("integrator")
    assert (await good(clerk.post("/v1/stock/write-offs", written_off)))["on_hand"] == 0
    assert await given(pricing, sku) == [(first, 0), (late, 0)]
    again = await clerk.post("/v1/stock/write-offs", written_off)
    assert (again.status_code, again.json()["code"]) == (409, "more_than_on_hand")
    entries = (await good(rep.get(f"/v1/stock/entries?sku={sku}")))["items"]
    assert [(one["kind"], one["quantity"]) for one in entries] == [
        ("written_off", -2), ("delivered", -3), ("received", 5),
    ]  # fmt: skip


async def test_p9_fifty_deliveries_at_once_never_take_more_than_the_stock(pricing: Pricing) -> None:
    sku = await pricing.new_product()
    orders = [await confirmed(pricing, sku, 10, grade="A") for _ in range(5)]
    await received(pricing, sku, 23)
    rep = pricing.caller("rep")
    answers = await asyncio.gather(
        *(
            patiently(rep, f"/v1/orders/{order}/deliveries", delivery(1), f"{order} {n}")
            for order in orders
            for n in range(10)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 23 + [409] * 27
    [stock] = (await good(rep.get(f"/v1/stock?sku={sku}")))["items"]
    assert (stock["on_hand"], stock["allocated"], stock["short_by"]) == (0, 0, 27)


async def test_p9_fifty_confirmations_receipts_and_cancellations_at_once_leave_a_true_ranking(pricing: Pricing) -> None:
    sku = await pricing.new_product()
    orders = [await confirmed(pricing, sku, 4, grade=grade) for grade in "ABCABC"]
    body = {"sku": sku, "branch": "kinshasa", "quantity": 1, "reference": "GRN"}
    clerk, rep = pricing.caller("integrator"), pricing.caller("rep")
    await asyncio.gather(
        *(patiently(clerk, "/v1/stock", body, f"{sku} {n}") for n in range(17)),
        *(patiently(rep, f"/v1/orders/{order}/cancel", {"reason": "x"}, f"{order} x") for order in orders[:2]),
    )
    pieces = [quantity for _, quantity in await given(pricing, sku)]
    assert (sum(pieces), len(pieces)) == (16, 4)
    [stock] = (await good(rep.get(f"/v1/stock?sku={sku}")))["items"]
    assert (stock["on_hand"], stock["allocated"], stock["free"]) == (17, 16, 1)


async def test_p9_a_sku_that_no_stock_is_kept_of_is_delivered_freely(pricing: Pricing) -> None:
    sku = await pricing.new_product()
    order = await confirmed(pricing, sku, 2, grade="B")
    assert (await good(pricing.caller("rep").post(f"/v1/orders/{order}/deliveries", delivery(2))))[
        "state"
    ] == "delivered"


async def test_p9_an_amendment_is_ranked_with_its_new_quantity(pricing: Pricing) -> None:
    sku = await pricing.new_product()
    a, b = [await confirmed(pricing, sku, 6, grade=grade) for grade in "AB"]
    await received(pricing, sku, 8)
    change = {"reason": "fewer", "lines": [{"quote_line": 1, "quantity": 3}]}
    await good(pricing.caller("rep").post(f"/v1/orders/{a}/amendments", change))
    assert await given(pricing, sku) == [(a, 3), (b, 5)]


async def test_p9_a_withdrawn_promise_puts_the_line_back(pricing: Pricing) -> None:
    sku = await pricing.new_product()
    a, c = [await confirmed(pricing, sku, 3, grade=grade) for grade in "AC"]
    await received(pricing, sku, 3)
    kam = pricing.caller("kam")
    promise = {"order_id": c, "line": 1, "promised_on": "2021-03-20", "reason": "agreed"}
    await good(kam.post("/v1/delivery-promises", promise))
    assert (await given(pricing, sku))[0] == (c, 3)
    assert (await kam.post(f"/v1/delivery-promises/{c}/1/withdraw")).status_code == 204
    assert (await given(pricing, sku))[0] == (a, 3)
    assert (await kam.post(f"/v1/delivery-promises/{c}/1/withdraw")).status_code == 404


@pytest.mark.parametrize(
    ("change", "status", "pointer"),
    [
        pytest.param({"quantity": 0}, 422, "/quantity", id="nothing"),
        pytest.param({"branch": "atlantis"}, 422, "/branch", id="no such branch"),
        pytest.param({"received_on": "2031-01-01"}, 422, "/received_on", id="a day to come"),
        pytest.param({"sku": "NO-SUCH-SKU"}, 404, None, id="no such product"),
    ],
)
async def test_stock_that_cannot_be_is_refused(
    pricing: Pricing, change: dict[str, Any], status: int, pointer: str | None
) -> None:
    body = {"sku": await pricing.new_product(), "branch": "kinshasa", "quantity": 1, "reference": "GRN"} | change
    refused = await pricing.caller("integrator").post("/v1/stock", body)
    assert refused.status_code == status
    assert [one["pointer"] for one in refused.json().get("errors", [])] == ([pointer] if pointer else [])


@pytest.mark.parametrize(
    ("promised_on", "line", "code"),
    [
        pytest.param("2021-02-28", 1, "promise_in_the_past", id="a day gone by"),
        pytest.param("2021-03-20", 9, "nothing_to_promise", id="a line the order has not"),
    ],
)
async def test_a_promise_that_cannot_be_kept_is_refused(
    pricing: Pricing, promised_on: str, line: int, code: str
) -> None:
    order = await confirmed(pricing, await pricing.new_product(), 1, grade="B")
    body = {"order_id": order, "line": line, "promised_on": promised_on, "reason": "x"}
    assert (await pricing.caller("kam").post("/v1/delivery-promises", body)).json()["code"] == code


async def test_another_branch_sees_and_moves_nothing(pricing: Pricing) -> None:
    sku = await pricing.new_product()
    order = await confirmed(pricing, sku, 1, grade="A", branch="lubumbashi")
    await received(pricing, sku, 1, branch="lubumbashi")
    rep = pricing.caller("rep")
    for path in (f"/v1/stock?sku={sku}", f"/v1/allocations?sku={sku}", f"/v1/stock/entries?sku={sku}"):
        assert (await good(rep.get(path)))["items"] == []
        assert len((await good(pricing.caller("lubumbashi").get(path)))["items"]) == 1
    body = {"order_id": order, "line": 1, "promised_on": "2021-03-20", "reason": "x"}
    assert (await rep.post("/v1/delivery-promises", body)).status_code == 403
