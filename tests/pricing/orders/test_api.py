"""Orders over HTTP on a real database: drawn from a quote, delivered, paid, returned, cancelled."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.events.accounts import AccountFrozen, ClassChanged
from shared.events.contracts import ContractSubmitted
from tests.pricing.conftest import START, Pricing, cny, contract_event, good
from tests.pricing.quotes.test_api import asked


async def accepted_quote(pricing: Pricing, *quantities: int, price: str = "880.00", **more: Any) -> dict[str, Any]:
    """Of a subsidy account, one new-brand product a quantity."""
    account = await pricing.new_account(elects="subsidy", **more)
    skus = [await pricing.new_product(price=price, cost="700.00", new_brand=True) for _ in quantities]
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in zip(skus, quantities, strict=True)]
    body = asked(account, *lines, payment_terms={"prepaid_share": "0.50"})
    quote = await good(pricing.caller("rep").post("/v1/quotes", body))
    return await good(pricing.caller("rep").post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"}))


def drawing(quote: dict[str, Any], quantity: int, **more: Any) -> dict[str, Any]:
    return {"quote_id": quote["id"], "lines": [{"quote_line": 1, "quantity": quantity}], **more}


async def a_delivered_order(pricing: Pricing, quantity: int = 200) -> str:
    rep = pricing.caller("rep")
    quote = await accepted_quote(pricing, quantity)
    order = await good(rep.post("/v1/orders", drawing(quote, quantity)))
    await good(rep.post(f"/v1/orders/{order['id']}/confirm"))
    await good(rep.post(f"/v1/orders/{order['id']}/deliveries", {"lines": [{"line": 1, "quantity": quantity}]}))
    return f"/v1/orders/{order['id']}"


async def test_p8_the_orders_of_the_story_are_drawn_from_one_quote(pricing: Pricing) -> None:
    quote = await accepted_quote(pricing, 600)
    rep = pricing.caller("rep")
    await pricing.told()
    first = await good(rep.post("/v1/orders", drawing(quote, 400)), 201)
    second = await good(rep.post("/v1/orders", drawing(quote, 200)), 201)
    assert (first["net_amount"], second["net_amount"]) == (cny("352000.00"), cny("176000.00"))
    over = await rep.post("/v1/orders", drawing(quote, 1))
    assert (over.status_code, over.json()["code"]) == (409, "over_draw")
    assert over.json()["errors"][0]["pointer"] == "/lines/0/quantity"
    placed = await pricing.told("OrderPlaced")
    line = placed[0].lines[0]
    assert (line.net_minor, line.cost_minor, line.new_brand, line.election) == (35_200_000, 28_000_000, True, "subsidy")
    assert [person.user_id for person in line.salespeople] == ["rep"]
    assert placed[0].quote_id == quote["id"]


async def test_p8_an_order_runs_through_delivery_payment_and_acceptance_with_its_events(pricing: Pricing) -> None:
    quote = await accepted_quote(pricing, 400)
    rep, fin = pricing.caller("rep"), pricing.caller("fin")
    order = await good(rep.post("/v1/orders", drawing(quote, 400)))
    path = f"/v1/orders/{order['id']}"
    await pricing.told()
    await good(rep.post(f"{path}/confirm"))
    part = await good(rep.post(f"{path}/deliveries", {"lines": [{"line": 1, "quantity": 150}]}), 201)
    assert part["state"] == "partly_delivered"
    await pricing.move_clock(START + timedelta(hours=1))
    when = "2021-03-02T09:30:00+01:00"
    whole = await good(rep.post(f"{path}/deliveries", {"delivered_at": when, "lines": [{"line": 1, "quantity": 250}]}))
    assert whole["state"] == "delivered"
    paid = await good(fin.post(f"{path}/payments", {"amount": cny("352000.00"), "evidence": "bank 77"}))
    assert (paid["paid"], paid["owed"]) == (cny("352000.00"), cny("0.00"))
    assert (await good(rep.post(f"{path}/acceptances", {})))["state"] == "accepted"
    told = await pricing.told()
    kinds = ["OrderConfirmed", "OrderDelivered", "OrderDelivered", "OrderPaid", "OrderAccepted"]
    assert [type(event).__name__ for event in told] == kinds
    assert told[2].delivered_at.isoformat() == "2021-03-02T08:30:00+00:00"
    assert (told[3].amount_minor, told[3].evidence) == (35_200_000, "bank 77")


async def test_s_c2_the_parts_of_a_discounted_quote_carry_the_whole_discount_on_their_events(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="discount"), await pricing.new_product(price="0.33", floor="0.01")
    rep = pricing.caller("rep")
    quote = await good(rep.post("/v1/quotes", asked(account, {"sku": sku, "quantity": 7})))
    await good(rep.post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"}))
    await pricing.told()
    taken_back = await good(rep.post("/v1/orders", drawing(quote, 2)))
    await good(rep.post(f"/v1/orders/{taken_back['id']}/cancel", {"reason": "a mistake"}))
    for quantity in (1, 2, 1, 3):
        await good(rep.post("/v1/orders", drawing(quote, quantity)), 201)
    lines = [event.lines[0] for event in await pricing.told("OrderPlaced")]
    assert all(line.rules[0].amount_minor == line.list_minor - line.net_minor for line in lines)
    assert sum(line.rules[0].amount_minor for line in lines[1:]) == 12
    assert quote["lines"][0]["rules"][0]["amount"] == cny("0.12")


async def test_an_unconfirmed_order_is_not_delivered(pricing: Pricing) -> None:
    quote = await accepted_quote(pricing, 1)
    rep = pricing.caller("rep")
    order = await good(rep.post("/v1/orders", drawing(quote, 1)))
    refused = await rep.post(f"/v1/orders/{order['id']}/deliveries", {"lines": [{"line": 1, "quantity": 1}]})
    assert (refused.status_code, refused.json()["code"]) == (409, "order_move_not_allowed")


async def test_an_overpayment_is_refused(pricing: Pricing) -> None:
    path = await a_delivered_order(pricing, 1)
    refused = await pricing.caller("fin").post(f"{path}/payments", {"amount": cny("880.01")})
    assert (refused.status_code, refused.json()["code"]) == (409, "overpayment")


async def test_s_f1_a_return_is_worth_what_its_own_line_was(pricing: Pricing) -> None:
    path = await a_delivered_order(pricing, 200)
    rep = pricing.caller("rep")
    await pricing.told()
    order = await good(rep.post(f"{path}/returns", {"reason": "faulty", "lines": [{"line": 1, "quantity": 50}]}), 201)
    assert (order["lines"][0]["returned"], order["lines"][0]["returned_amount"]) == (50, cny("44000.00"))
    [told] = await pricing.told("OrderReturned")
    assert (told.lines[0].quantity, told.lines[0].net_minor) == (50, 4_400_000)
    refused = await rep.post(f"{path}/returns", {"reason": "faulty", "lines": [{"line": 1, "quantity": 151}]})
    assert (refused.status_code, refused.json()["code"]) == (409, "over_return")


async def test_a_cancelled_order_gives_its_quantity_back_to_the_quote(pricing: Pricing) -> None:
    quote = await accepted_quote(pricing, 3, price="33.33")
    rep = pricing.caller("rep")
    order = await good(rep.post("/v1/orders", drawing(quote, 3)))
    cancelled = await good(rep.post(f"/v1/orders/{order['id']}/cancel", {"reason": "a mistake"}))
    assert cancelled["state"] == "cancelled"
    again = await good(rep.post("/v1/orders", drawing(quote, 3)))
    assert again["net_amount"] == cny("99.99")


async def test_s_c2_parts_drawn_from_a_discounted_line_sum_to_the_line(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="discount"), await pricing.new_product(price="33.33", floor="1.00")
    rep = pricing.caller("rep")
    quote = await good(rep.post("/v1/quotes", asked(account, {"sku": sku, "quantity": 3})))
    await good(rep.post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"}))
    nets = [(await good(rep.post("/v1/orders", drawing(quote, 1))))["net_amount"]["amount"] for _ in range(3)]
    assert (sum(int(net.replace(".", "")) for net in nets), quote["total"]) == (9499, cny("94.99"))


async def test_p8_an_unaccepted_quote_and_a_frozen_account_take_no_order_s_i3(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(), await pricing.new_product()
    rep = pricing.caller("rep")
    quote = await good(rep.post("/v1/quotes", asked(account, {"sku": sku, "quantity": 2})))
    refused = await rep.post("/v1/orders", drawing(quote, 1))
    assert (refused.status_code, refused.json()["refusal"]) == (422, "order_not_admitted")
    await good(rep.post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"}))
    await pricing.hear(AccountFrozen(occurred_at=START, account_id=str(account), reason="unpaid", on=START.date()))
    frozen = await rep.post("/v1/orders", drawing(quote, 1))
    assert (frozen.status_code, frozen.json()["policy"]) == (422, "order-admission@1")


async def test_p7_a_class_that_fell_to_c_since_the_quote_pays_first_or_orders_nothing(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(), await pricing.new_product()
    rep, line = pricing.caller("rep"), {"sku": sku, "quantity": 2}
    quotes = [
        await good(rep.post("/v1/quotes", asked(account, line, payment_terms={"prepaid_share": share})))
        for share in ("0.99", "1")
    ]
    for quote in quotes:
        await good(rep.post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"}))
    fell = {"grade": "C", "valid_from": START.date(), "proposal_id": "fell"}
    await pricing.hear(ClassChanged(occurred_at=START, account_id=str(account), **fell))
    refused = await rep.post("/v1/orders", drawing(quotes[0], 1))
    assert (refused.status_code, refused.json()["refusal"]) == (422, "payment_terms_not_allowed")
    assert (await rep.post("/v1/orders", drawing(quotes[1], 1))).status_code == 201


async def test_s_g11_an_industrial_customers_first_payment_is_at_least_half(pricing: Pricing) -> None:
    quote = await accepted_quote(pricing, 10, industrial=True)
    order = await good(pricing.caller("rep").post("/v1/orders", drawing(quote, 10)))
    path, fin = f"/v1/orders/{order['id']}/payments", pricing.caller("fin")
    refused = await fin.post(path, {"amount": cny("4399.99")})
    assert (refused.status_code, refused.json()["refusal"]) == (422, "prepayment_too_low")
    assert (await good(fin.post(path, {"amount": cny("4400.00")}), 201))["paid"] == cny("4400.00")


async def test_p4_what_was_ordered_before_lifts_the_tier_and_returns_lower_it(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="discount"), await pricing.new_product(floor="1.00")
    rep = pricing.caller("rep")

    async def rate_of_one_more() -> str:
        preview = await good(rep.post("/v1/quotes/preview", asked(account, {"sku": sku, "quantity": 1})))
        return str(preview["lines"][0]["rules"][0]["amount"]["amount"])

    quote = await good(rep.post("/v1/quotes", asked(account, {"sku": sku, "quantity": 99})))
    assert await rate_of_one_more() == "50.00"  # open quotes don't count
    await good(rep.post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"}))
    order = await good(rep.post("/v1/orders", drawing(quote, 99)))
    assert await rate_of_one_more() == "70.00"  # 99,000 before P4 and this 1,000
    path = f"/v1/orders/{order['id']}"
    await good(rep.post(f"{path}/confirm"))
    await good(rep.post(f"{path}/deliveries", {"lines": [{"line": 1, "quantity": 99}]}))
    await good(rep.post(f"{path}/returns", {"reason": "too many", "lines": [{"line": 1, "quantity": 1}]}))
    assert await rate_of_one_more() == "50.00"


async def test_p10_the_chain_of_an_order_names_all_that_belongs_to_it(pricing: Pricing) -> None:
    quote = await accepted_quote(pricing, 5)
    rep = pricing.caller("rep")
    signed = contract_event(quote["account_id"], {quote["lines"][0]["sku"]: 5}, revision=2)
    await pricing.hear(signed)
    order = await good(rep.post("/v1/orders", drawing(quote, 5, contract_id=signed.contract_id)))
    path = f"/v1/orders/{order['id']}"
    await good(rep.post(f"{path}/confirm"))
    await good(rep.post(f"{path}/deliveries", {"lines": [{"line": 1, "quantity": 5}]}))
    chain = await good(rep.get(f"{path}/chain"))
    assert (chain["quote"]["number"], chain["contract"]["state"]) == (quote["number"], "signed")
    assert [movement["kind"] for movement in chain["movements"]] == ["delivered"]


async def test_a_contract_of_another_account_admits_nothing(pricing: Pricing) -> None:
    quote, other = await accepted_quote(pricing, 1), await pricing.new_account()
    signed = contract_event(other, {quote["lines"][0]["sku"]: 1})
    await pricing.hear(signed)
    refused = await pricing.caller("rep").post("/v1/orders", drawing(quote, 1, contract_id=signed.contract_id))
    assert (refused.status_code, refused.json()["code"]) == (409, "contract_of_another_account")
    assert refused.json()["errors"][0]["pointer"] == "/contract_id"


async def test_an_order_names_no_contract_that_was_never_submitted(pricing: Pricing) -> None:
    quote = await accepted_quote(pricing, 1)
    refused = await pricing.caller("rep").post("/v1/orders", drawing(quote, 1, contract_id=str(uuid4())))
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/contract_id")


async def test_c1_an_order_names_no_contract_that_is_only_submitted(pricing: Pricing) -> None:
    quote = await accepted_quote(pricing, 1)
    submitted = contract_event(quote["account_id"], {quote["lines"][0]["sku"]: 1}, told=ContractSubmitted)
    await pricing.hear(submitted)
    refused = await pricing.caller("rep").post("/v1/orders", drawing(quote, 1, contract_id=submitted.contract_id))
    assert (refused.status_code, refused.json()["refusal"]) == (422, "order_not_admitted")
    (error,) = refused.json()["errors"]
    assert error["detail"].startswith("A contract named on it is signed: State of the contract: submitted")


@pytest.mark.parametrize(
    ("move", "body", "code"),
    [
        pytest.param("deliveries", {"delivered_at": "2021-12-31T10:00:00Z"}, "in_the_future", id="not delivered yet"),
        pytest.param("deliveries", {"delivered_at": "2020-01-01T10:00:00Z"}, "before_the_order", id="delivered before"),
        pytest.param("returns", {"returned_at": "2021-12-31T10:00:00Z"}, "in_the_future", id="not returned yet"),
        pytest.param("returns", {"returned_at": "2020-01-01T10:00:00Z"}, "before_the_order", id="returned before"),
        pytest.param("payments", {"paid_at": "2021-12-31T10:00:00Z"}, "in_the_future", id="not paid yet"),
        pytest.param("payments", {"paid_at": "2021-03-01T10:00:00Z"}, "before_the_order", id="paid before"),
        pytest.param("payments", {"amount": cny("0.00")}, "nothing_paid", id="nothing paid"),
    ],
)
async def test_what_cannot_have_happened_to_an_order_is_refused_by_its_field(
    pricing: Pricing, move: str, body: dict[str, Any], code: str
) -> None:
    quote = await accepted_quote(pricing, 10)
    rep = pricing.caller("rep")
    path = f"/v1/orders/{(await good(rep.post('/v1/orders', drawing(quote, 10))))['id']}"
    await good(rep.post(f"{path}/confirm"))
    lines: dict[str, Any] = {"lines": [{"line": 1, "quantity": 1}]}
    await good(rep.post(f"{path}/deliveries", lines))
    known = {"deliveries": lines, "returns": lines | {"reason": "x"}, "payments": {"amount": cny("1.00")}}
    refused = await pricing.caller("fin" if move == "payments" else "rep").post(f"{path}/{move}", known[move] | body)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, code)


async def test_another_branch_finds_no_order(pricing: Pricing) -> None:
    path = await a_delivered_order(pricing, 1)
    stranger = pricing.caller("lubumbashi")
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.post(f"{path}/cancel", {"reason": "x"})).status_code == 404
    assert (await good(stranger.get("/v1/orders")))["items"] == []


async def test_two_parallel_draws_of_the_whole_quote_give_one_order(pricing: Pricing) -> None:
    import asyncio

    quote = await accepted_quote(pricing, 10)
    rep = pricing.caller("rep")
    answers = await asyncio.gather(*(rep.post("/v1/orders", drawing(quote, 10)) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_the_same_key_places_one_order(pricing: Pricing) -> None:
    quote = await accepted_quote(pricing, 10)
    rep = pricing.caller("rep")
    once = await rep.post("/v1/orders", drawing(quote, 4), key="the same key")
    again = await rep.post("/v1/orders", drawing(quote, 4), key="the same key")
    assert (once.json()["id"], again.headers["Idempotency-Replayed"]) == (again.json()["id"], "true")


@pytest.mark.parametrize(
    ("lines", "pointer"),
    [
        pytest.param([], "/lines", id="no line"),
        pytest.param([{"quote_line": 1, "quantity": 0}], "/lines/0/quantity", id="no quantity"),
        pytest.param([{"quote_line": 9, "quantity": 1}], "/lines/0/quote_line", id="a line the quote has not"),
        pytest.param([{"quote_line": 1, "quantity": 1}] * 2, "/lines/1/quote_line", id="a line twice"),
    ],
)
async def test_wrong_lines_are_refused_by_their_place(
    pricing: Pricing, lines: list[dict[str, int]], pointer: str
) -> None:
    quote = await accepted_quote(pricing, 2)
    refused = await pricing.caller("rep").post("/v1/orders", {"quote_id": quote["id"], "lines": lines})
    assert (refused.status_code, [one["pointer"] for one in refused.json()["errors"]]) == (422, [pointer])


@pytest.mark.parametrize(
    ("language", "detail"),
    [("en", "line 1 is named already, in item 1 of this list"), ("zh", "第1行已在本列表第1项列出")],
)
async def test_a_line_delivered_twice_in_one_body_is_told_in_the_readers_language(
    pricing: Pricing, language: str, detail: str
) -> None:
    rep, quote = pricing.caller("rep"), await accepted_quote(pricing, 2)
    path = f"/v1/orders/{(await good(rep.post('/v1/orders', drawing(quote, 2))))['id']}"
    await good(rep.post(f"{path}/confirm"))
    twice = {"lines": [{"line": 1, "quantity": 1}] * 2}
    refused = await rep.post(f"{path}/deliveries", twice, headers={"Accept-Language": language})
    [error] = refused.json()["errors"]
    assert (refused.status_code, error["pointer"], error["detail"]) == (422, "/lines/1/line", detail)
    assert refused.json()["code"] == "line_named_twice"


async def test_nothing_is_accepted_or_sent_back_before_it_was_delivered(pricing: Pricing) -> None:
    rep, fin = pricing.caller("rep"), pricing.caller("fin")
    quote = await accepted_quote(pricing, 10)
    order = await good(rep.post("/v1/orders", drawing(quote, 10)))
    path, placed_at = f"/v1/orders/{order['id']}", datetime.fromisoformat(order["placed_at"])
    await good(rep.post(f"{path}/confirm"))

    def hour(number: int) -> str:
        return (placed_at + timedelta(hours=number)).isoformat()

    await pricing.move_clock(placed_at + timedelta(hours=9))
    await good(fin.post(f"{path}/payments", {"amount": cny("4400.00"), "paid_at": hour(0)}))
    for number, quantity in ((2, 4), (4, 6)):
        lines = {"lines": [{"line": 1, "quantity": quantity}], "delivered_at": hour(number)}
        await good(rep.post(f"{path}/deliveries", lines))

    async def returned(number: int, quantity: int) -> int:
        body = {"lines": [{"line": 1, "quantity": quantity}], "reason": "faulty", "returned_at": hour(number)}
        answer = await rep.post(f"{path}/returns", body)
        if answer.status_code == 422:
            assert [error["pointer"] for error in answer.json()["errors"]] == ["/returned_at"]
        return answer.status_code

    assert (await returned(1, 1), await returned(3, 5), await returned(3, 4)) == (422, 422, 201)
    assert (await returned(5, 4), await returned(3, 1), await returned(4, 1)) == (201, 422, 201)
    early = await rep.post(f"{path}/acceptances", {"accepted_at": hour(3)})
    assert (early.status_code, early.json()["errors"][0]["code"]) == (422, "before_the_delivery")
    assert early.json()["errors"][0]["pointer"] == "/accepted_at"
