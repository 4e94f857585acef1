"""Orders under a contract on a real database: what the contract limits, alone, many at once, and when it is amended."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import text

from services.pricing.accounts.consumer import CONTRACT_STATES, contract_told
from services.pricing.accounts.domain import COUNTS_AT_ONCE, ContractState
from services.pricing.orders.domain import OrderLine
from services.pricing.orders.placing import OnTheOrderDay
from services.pricing.orders.under_contract import (
    ContractNotInForce,
    DrawnUnder,
    OverAmountOfContract,
    OverDrawOfContract,
    hold_to,
)
from shared.events.contracts import (
    EVENTS,
    ContractActivated,
    ContractApproved,
    ContractEvent,
    ContractLine,
    ContractSigned,
    ContractSubmitted,
)
from tests.pricing.conftest import START, Pricing, contract_event, good
from tests.pricing.imports.test_api import a_row, send
from tests.pricing.orders.test_api import accepted_quote, drawing
from tests.pricing.quotes.test_api import asked

TODAY = START.date()
AT_ONCE = 50


async def a_sale(pricing: Pricing, quoted: int, contracted: int, **more: Any) -> tuple[dict[str, Any], str]:
    """An accepted quote of so many pieces, and the contract signed for so many of them."""
    quote = await accepted_quote(pricing, quoted)
    signed = contract_event(quote["account_id"], {sku_of(quote): contracted}, **more)
    await pricing.hear(signed)
    return quote, signed.contract_id


def sku_of(quote: dict[str, Any]) -> str:
    return str(quote["lines"][0]["sku"])


async def order(pricing: Pricing, quote: dict[str, Any], quantity: int, contract_id: str | None) -> httpx2.Response:
    return await pricing.caller("rep").post("/v1/orders", drawing(quote, quantity, contract_id=contract_id))


async def refusal(answering: Any, code: str, pointer: str) -> str:
    """The detail of the only error of a refusal with this code at this field."""
    answer = await answering
    body = answer.json()
    assert (answer.status_code, body["code"]) == (409, code), answer.text
    [error] = body["errors"]
    assert (error["pointer"], error["code"], bool(body["detail"])) == (pointer, code, True)
    return str(error["detail"])


async def another_quote(pricing: Pricing, of: dict[str, Any], quantity: int, **more: Any) -> dict[str, Any]:
    """Of the same account and product."""
    rep = pricing.caller("rep")
    line = {"sku": sku_of(of), "quantity": quantity}
    quote = await good(rep.post("/v1/quotes", asked(of["account_id"], line, **more)))
    return await good(rep.post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"}))


async def what_stands(pricing: Pricing, contract_id: str) -> int:
    """Pieces in orders under the contract that are not cancelled, as the tables have them."""
    async with pricing.sessions() as session:
        found = await session.scalar(
            text(
                "SELECT coalesce(sum(quantity), 0) FROM sales_order_line JOIN sales_order ON id = order_id"
                " WHERE contract_id = :contract AND sales_order.state <> 'cancelled'"
            ),
            {"contract": contract_id},
        )
    return int(found)


async def test_p10_orders_of_several_quotes_never_take_more_than_their_contract(pricing: Pricing) -> None:
    quote, contract_id = await a_sale(pricing, quoted=10, contracted=12)
    other = await another_quote(pricing, quote, 10)
    assert (await order(pricing, quote, 10, contract_id)).status_code == 201
    await pricing.told()
    over = order(pricing, other, 3, contract_id)
    detail = await refusal(over, "over_draw_of_contract", "/lines/0/quantity")
    assert detail == f"2 of 12 {sku_of(quote)} are left"
    assert (await pricing.told(), await what_stands(pricing, contract_id)) == ([], 10)
    assert (await order(pricing, other, 2, contract_id)).status_code == 201
    assert (await order(pricing, other, 8, None)).status_code == 201


async def test_p8_the_quote_limits_an_order_under_a_larger_contract(pricing: Pricing) -> None:
    quote, contract_id = await a_sale(pricing, quoted=5, contracted=600)
    over = order(pricing, quote, 6, contract_id)
    assert await refusal(over, "over_draw", "/lines/0/quantity") == f"5 of 5 {sku_of(quote)} are left"


async def test_a_refusal_is_read_in_chinese_too(pricing: Pricing) -> None:
    quote, contract_id = await a_sale(pricing, quoted=5, contracted=4)
    body, chinese = drawing(quote, 5, contract_id=contract_id), {"Accept-Language": "zh"}
    refused = await pricing.caller("rep").post("/v1/orders", body, headers=chinese)
    assert (refused.json()["title"], refused.json()["errors"][0]["detail"]) == (
        "超过合同剩余数量",
        f"{sku_of(quote)}共4件，剩余4件",
    )


async def test_a_product_that_the_contract_does_not_name_is_refused_by_its_line(pricing: Pricing) -> None:
    quote = await accepted_quote(pricing, 5, 5)
    signed = contract_event(quote["account_id"], {sku_of(quote): 5})
    await pricing.hear(signed)
    lines = [{"quote_line": line, "quantity": 1} for line in (1, 2)]
    body = {"quote_id": quote["id"], "contract_id": signed.contract_id, "lines": lines}
    await pricing.told()
    await refusal(pricing.caller("rep").post("/v1/orders", body), "not_in_contract", "/lines/1/quote_line")
    assert (await pricing.told(), await what_stands(pricing, signed.contract_id)) == ([], 0)


async def test_a_contract_in_another_currency_is_refused(pricing: Pricing) -> None:
    quote, contract_id = await a_sale(pricing, quoted=1, contracted=1, currency="USD")
    detail = await refusal(order(pricing, quote, 1, contract_id), "contract_in_another_currency", "/contract_id")
    assert detail == "The contract is in USD, the order in CNY."


@pytest.mark.parametrize(
    "days",
    [
        pytest.param({"valid_from": TODAY + timedelta(days=1)}, id="one that begins tomorrow"),
        pytest.param({"valid_from": date(2021, 1, 1), "valid_until": TODAY}, id="one that ended yesterday"),
    ],
)
async def test_a_contract_that_is_not_in_force_on_the_day_is_refused(pricing: Pricing, days: dict[str, date]) -> None:
    quote, contract_id = await a_sale(pricing, quoted=1, contracted=1, **days)
    detail = await refusal(order(pricing, quote, 1, contract_id), "contract_not_in_force", "/contract_id")
    assert str(TODAY) in detail


async def test_what_a_cancelled_order_drew_is_free_again_and_what_came_back_is_not(pricing: Pricing) -> None:
    quote, contract_id = await a_sale(pricing, quoted=20, contracted=10)
    rep = pricing.caller("rep")
    first = (await order(pricing, quote, 10, contract_id)).json()
    await good(rep.post(f"/v1/orders/{first['id']}/cancel", {"reason": "a mistake"}))
    path = f"/v1/orders/{(await order(pricing, quote, 10, contract_id)).json()['id']}"
    all_of_it: dict[str, Any] = {"lines": [{"line": 1, "quantity": 10}]}
    await good(rep.post(f"{path}/confirm"))
    await good(rep.post(f"{path}/deliveries", all_of_it))
    await good(rep.post(f"{path}/returns", all_of_it | {"reason": "faulty"}))
    await refusal(order(pricing, quote, 1, contract_id), "over_draw_of_contract", "/lines/0/quantity")


async def test_fifty_orders_at_once_take_exactly_what_the_contract_has(pricing: Pricing) -> None:
    quote, contract_id = await a_sale(pricing, quoted=30, contracted=60)
    quotes = [quote, *[await another_quote(pricing, quote, 30) for _ in range(4)]]
    answers = await asyncio.gather(
        *(patient(pricing, quotes[n % 5], 3, contract_id, f"one {n}") for n in range(AT_ONCE))
    )
    taken = [answer for answer in answers if answer.status_code == 201]
    refused = [answer.json()["code"] for answer in answers if answer.status_code != 201]
    assert (len(taken), await what_stands(pricing, contract_id)) == (20, 60)
    assert refused == ["over_draw_of_contract"] * 30


async def patient(
    pricing: Pricing, quote: dict[str, Any], quantity: int, contract_id: str, key: str
) -> httpx2.Response:
    """Tries again under the same key while the service asks for that, as a client on a busy day does."""
    body = drawing(quote, quantity, contract_id=contract_id)
    while True:
        answer = await pricing.caller("rep").post("/v1/orders", body, key=f"{contract_id} {key}")
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(0.1)


async def test_c2_a_dearer_quote_takes_no_more_money_than_the_contract_was_approved_for(pricing: Pricing) -> None:
    quote = await accepted_quote(pricing, 10)
    lines = (ContractLine(line=1, sku=sku_of(quote), quantity=10, net_minor=600_000),)  # 600.00 each, approved as that
    signed = contract_event(quote["account_id"], {}, lines=lines, quote_id=str(uuid4()))
    await pricing.hear(signed)
    first = await good(pricing.caller("rep").post("/v1/orders", drawing(quote, 6, contract_id=signed.contract_id)))
    await pricing.told()
    detail = await refusal(order(pricing, quote, 1, signed.contract_id), "over_amount_of_contract", "/lines/0/quantity")
    assert detail == f"720.00 of 6000.00 CNY are left for {sku_of(quote)}, and this is 880.00"
    assert (await pricing.told(), await what_stands(pricing, signed.contract_id)) == ([], 6)
    await good(pricing.caller("rep").post(f"/v1/orders/{first['id']}/cancel", {"reason": "a mistake"}))
    assert (await order(pricing, quote, 6, signed.contract_id)).status_code == 201


async def test_c13_an_amendment_counts_from_its_own_signature_and_not_before(pricing: Pricing) -> None:
    quote, contract_id = await a_sale(pricing, quoted=100, contracted=10)
    assert (await order(pricing, quote, 6, contract_id)).status_code == 201

    async def hear(told: type[ContractEvent], pieces: int, revision: int) -> None:
        said: dict[str, Any] = {"told": told, "contract_id": contract_id, "revision": revision}
        await pricing.hear(contract_event(quote["account_id"], {sku_of(quote): pieces}, **said))

    await hear(ContractSubmitted, 25, 2)
    await hear(ContractApproved, 25, 2)
    assert (await order(pricing, quote, 1, contract_id)).status_code == 201
    detail = await refusal(order(pricing, quote, 4, contract_id), "over_draw_of_contract", "/lines/0/quantity")
    assert detail.startswith("3 of 10 ")
    await hear(ContractSigned, 25, 2)
    await hear(ContractActivated, 25, 2)
    assert (await order(pricing, quote, 18, contract_id)).status_code == 201
    await hear(ContractSigned, 5, 3)
    detail = await refusal(order(pricing, quote, 1, contract_id), "over_draw_of_contract", "/lines/0/quantity")
    assert (detail.startswith("0 of 5 "), await what_stands(pricing, contract_id)) == (True, 25)


async def test_a_contract_told_from_submission_to_activation_in_one_batch_admits_its_orders(pricing: Pricing) -> None:
    quote = await accepted_quote(pricing, 5)
    first = contract_event(quote["account_id"], {sku_of(quote): 4}, told=ContractSubmitted)
    said = {"contract_id": first.contract_id}
    later = [
        contract_event(quote["account_id"], {sku_of(quote): 4}, told=told, **said)
        for told in (ContractApproved, ContractSigned, ContractActivated)
    ]
    await pricing.hear(first, *later)
    placed = (await order(pricing, quote, 4, first.contract_id)).json()
    chain = await good(pricing.caller("rep").get(f"/v1/orders/{placed['id']}/chain"))
    assert (chain["contract"]["state"], chain["contract"]["id"]) == ("active", first.contract_id)


@pytest.mark.parametrize("unknown", ["currency = NULL, quantities = NULL", "amounts = NULL"])
async def test_a_contract_heard_of_before_its_lines_were_kept_is_refused_until_it_is_told_again(
    pricing: Pricing, unknown: str
) -> None:
    quote, contract_id = await a_sale(pricing, quoted=5, contracted=5)
    async with pricing.sessions() as session:
        forget = f"UPDATE known_contract SET {unknown} WHERE id = :id"
        await session.execute(text(forget), {"id": contract_id})
        await session.commit()
    await refusal(order(pricing, quote, 1, contract_id), "contract_terms_unknown", "/contract_id")
    said: dict[str, Any] = {"told": ContractActivated, "contract_id": contract_id}
    await pricing.hear(contract_event(quote["account_id"], {sku_of(quote): 5}, **said))
    assert (await order(pricing, quote, 5, contract_id)).status_code == 201


async def test_what_another_system_sold_draws_on_no_contract(pricing: Pricing) -> None:
    number, sku = "N-under-contract", await pricing.new_product()
    account = await pricing.new_account(number=number)
    signed = contract_event(account, {sku: 2})
    await pricing.hear(signed)
    result = await send(pricing, a_row(number, "under-contract", sku, 7, "10.00", "2021-03-01T09:00:00Z"))
    assert (result["accepted"], result["rejected"]) == (1, {})
    rep = pricing.caller("rep")
    quote = await good(rep.post("/v1/quotes", asked(account, {"sku": sku, "quantity": 2})))
    await good(rep.post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"}))
    assert (await order(pricing, quote, 2, signed.contract_id)).status_code == 201


def pieces(place: int, sku: str, quantity: int, net_minor: int = 1) -> OrderLine:
    return OrderLine(place, sku, quantity, list_minor=net_minor, before_p4_minor=net_minor, net_minor=net_minor)


def on(day: date) -> OnTheOrderDay:
    return OnTheOrderDay(day, "CNY", {}, {}, ())


def test_lines_of_one_sku_add_up_in_the_contract_and_in_the_order() -> None:
    lines = tuple(ContractLine(line=n, sku="A", quantity=5, net_minor=50) for n in (1, 2))
    contract = contract_told(contract_event("0" * 32, {}, lines=lines))
    drawn = {"A": DrawnUnder(1, 10)}
    hold_to(contract, [pieces(1, "A", 6, 60), pieces(2, "A", 3, 30)], drawn, on(TODAY))
    with pytest.raises(OverDrawOfContract) as refused:
        hold_to(contract, [pieces(1, "A", 6), pieces(2, "A", 4)], drawn, on(TODAY))
    assert [error.pointer for error in refused.value.errors] == ["/lines/1/quantity"]
    with pytest.raises(OverAmountOfContract) as dear:
        hold_to(contract, [pieces(1, "A", 6, 60), pieces(2, "A", 3, 31)], drawn, on(TODAY))
    assert [error.pointer for error in dear.value.errors] == ["/lines/1/quantity"]
    assert dear.value.errors[0].detail["en"] == "0.30 of 1.00 CNY are left for A, and this is 0.31"


def test_a_contract_is_in_force_from_its_first_day_until_before_its_last() -> None:
    days = {"valid_from": date(2021, 3, 8), "valid_until": date(2022, 1, 1)}
    contract = contract_told(contract_event("0" * 32, {"A": 1}, **days))
    for day in (date(2021, 3, 8), date(2021, 12, 31)):
        hold_to(contract, [pieces(1, "A", 1)], {}, on(day))
    for day in (date(2021, 3, 7), date(2022, 1, 1)):
        with pytest.raises(ContractNotInForce):
            hold_to(contract, [pieces(1, "A", 1)], {}, on(day))


def test_every_event_of_a_contract_has_a_state_and_every_state_says_whether_it_counts() -> None:
    assert set(CONTRACT_STATES) == set(EVENTS)
    assert set(COUNTS_AT_ONCE) == set(ContractState) == set(CONTRACT_STATES.values())


def test_what_is_told_in_a_way_nobody_knows_is_not_passed_over() -> None:
    class ContractEnded(ContractSigned):
        """It ended before its time."""

    with pytest.raises(KeyError):
        contract_told(contract_event("0" * 32, {"A": 1}, told=ContractEnded))
