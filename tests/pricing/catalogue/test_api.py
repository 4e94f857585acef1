"""The catalogue over HTTP: products, prices, costs, rates."""

from asyncio import gather
from datetime import date
from typing import Any

import pytest

from shared.events.policies import PolicyPublished
from shared.policy.forms import stored_form
from shared.policy.loader import read_yaml
from tests.pricing.conftest import START, Pricing, cny, good


async def test_p1_a_price_that_is_a_range_is_refused_with_its_field(pricing: Pricing) -> None:
    sku = await pricing.new_product()
    for price in ({"from": "900.00", "to": "1000.00", "currency": "CNY"}, {"from": "900.00"}):
        body = {"sku": sku, "price": price, "valid_from": "2021-02-01"}
        refused = await pricing.caller("mkt").post("/v1/price-lists/standard/prices", body)
        assert (refused.status_code, refused.json()["code"]) == (422, "price_refused")
        assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [
            ("/price", "price_is_a_range")
        ]


@pytest.mark.parametrize(
    ("price", "wrong"),
    [
        pytest.param({"amount": 10.5, "currency": "CNY"}, [("/price/amount", "string_type")], id="a float"),
        pytest.param({"currency": "CNY"}, [("/price/amount", "missing")], id="no amount"),
        pytest.param(
            {"amount": "1.00", "currency": "cny"}, [("/price/currency", "value_error")], id="no currency"
        ),
        pytest.param(cny("1.00") | {"tax": "0"}, [("/price/tax", "extra_forbidden")], id="a field too many"),
        pytest.param(cny("1.001"), [("/price", "value_error")], id="more digits than the currency has"),
        pytest.param("1000.00", [("/price", "model_attributes_type")], id="a bare figure"),
        pytest.param({"from": 9, "to": "x"}, [("/price/from", "string_type"), ("/price/to", "string_pattern_mismatch")],
                     id="a range that is none"),
    ],
)  # fmt: skip
async def test_a_wrong_price_is_pointed_at_by_the_names_of_its_sender(
    pricing: Pricing, price: Any, wrong: list[tuple[str, str]]
) -> None:
    body = {"sku": "sku-1", "price": price, "valid_from": "2021-02-01"}
    refused = await pricing.caller("mkt").post("/v1/price-lists/standard/prices", body)
    assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == wrong


async def test_a_price_without_a_floor_may_not_be_undercut(pricing: Pricing) -> None:
    sku = await pricing.new_product(price="50.00")
    listed = await good(pricing.caller("rep").get(f"/v1/price-lists/standard/prices?sku={sku}"))
    assert listed["items"][0]["floor"] == cny("50.00")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        pytest.param({"floor": cny("1000.01")}, "floor_above_list", id="a floor above the price"),
        pytest.param(
            {"floor": {"amount": "1.00", "currency": "USD"}}, "invalid_request", id="a floor in another currency"
        ),
        pytest.param({"price": cny("0.00")}, "worth_nothing", id="nothing"),
        pytest.param({"price": cny("-1.00")}, "invalid_request", id="less than nothing"),
        pytest.param({"price": cny("1000000000000000000")}, "invalid_request", id="more than anything costs"),
        pytest.param({"valid_until": "2021-02-01"}, "ends_before_it_begins", id="no day on which it holds"),
        pytest.param({"valid_from": "1021-02-01"}, "invalid_request", id="a day of long ago"),
        pytest.param({"valid_from": "9999-12-31"}, "invalid_request", id="a day nobody will see"),
        pytest.param({"price": cny("1.001")}, "invalid_request", id="more digits than the currency has"),
        pytest.param({"price": {"amount": 10.5, "currency": "CNY"}}, "invalid_request", id="a float"),
        pytest.param({"price": {"amount": "1.00", "currency": "XYZ"}}, "invalid_request", id="a currency nobody knows"),
    ],
)
async def test_a_wrong_price_is_refused(pricing: Pricing, changed: dict[str, Any], code: str) -> None:
    sku = await pricing.new_product()
    body = {"sku": sku, "price": cny("1000.00"), "valid_from": "2021-02-01", **changed}
    refused = await pricing.caller("mkt").post("/v1/price-lists/standard/prices", body)
    assert (refused.status_code, refused.json()["code"]) == (422, code)


async def test_a_later_price_leaves_the_earlier_one_in_place(pricing: Pricing) -> None:
    sku = await pricing.new_product(price="50.00")
    mkt = pricing.caller("mkt")
    await good(
        mkt.post("/v1/price-lists/standard/prices", {"sku": sku, "price": cny("60.00"), "valid_from": "2021-06-01"})
    )
    again = {"sku": sku, "price": cny("70.00"), "valid_from": "2021-06-01"}
    assert (await mkt.post("/v1/price-lists/standard/prices", again)).json()["code"] == "price_exists"
    listed = await good(mkt.get(f"/v1/price-lists/standard/prices?sku={sku}"))
    assert [price["price"]["amount"] for price in listed["items"]] == ["50.00", "60.00"]


async def test_p1_of_prices_entered_at_once_for_the_same_days_one_is_taken(pricing: Pricing) -> None:
    sku = await pricing.new_product(price="50.00")
    bodies = [
        {"sku": sku, "price": cny("60.00"), "valid_from": f"2021-06-0{day}", "valid_until": "2021-07-01"}
        for day in range(1, 6)
    ]
    answers = await gather(*(pricing.caller("mkt").post("/v1/price-lists/standard/prices", body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


async def test_p1_a_past_days_price_stays_and_says_so_at_its_field(pricing: Pricing) -> None:
    sku = await pricing.new_product(price="50.00")
    late = {"sku": sku, "price": cny("60.00"), "valid_from": "2021-03-01"}
    refused = await pricing.caller("mkt").post("/v1/price-lists/standard/prices", late)
    assert (refused.status_code, refused.json()["code"]) == (409, "day_is_past")
    assert refused.json()["errors"][0]["pointer"] == "/valid_from"


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        pytest.param({"sku": "=SUM(A1)"}, "/sku", id="a SKU that is a formula in a spreadsheet"),
        pytest.param({"new_brand_until": "2021-06-01"}, "/new_brand_until", id="no longer new, but never was"),
        pytest.param(
            {"new_brand_from": "2021-06-01", "new_brand_until": "2021-06-01"}, "/new_brand_until", id="new on no day"
        ),
        pytest.param({"kind": "boat"}, "/kind", id="a kind of goods nobody sells"),
    ],
)
async def test_p1_a_wrong_product_is_refused_at_its_field(
    pricing: Pricing, changed: dict[str, Any], pointer: str
) -> None:
    product = {"sku": "NEW", "title": {"en": "x", "zh": "x"}, "kind": "handset", "product_line": "x", "brand": "x"}
    refused = await pricing.caller("mkt").post("/v1/products", product | changed)
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


async def test_costs_are_seen_by_few(pricing: Pricing) -> None:
    sku = await pricing.new_product(cost="30.00")
    assert (await pricing.caller("rep").get(f"/v1/products/{sku}/costs")).status_code == 403
    assert (await good(pricing.caller("fin").get(f"/v1/products/{sku}/costs")))["items"][0]["cost"] == cny("30.00")


async def test_entries_are_told_to_the_others(pricing: Pricing) -> None:
    await pricing.told()
    sku = await pricing.new_product(cost="30.00", new_brand=True)
    told = await pricing.told()
    assert [type(event).__name__ for event in told] == ["ProductChanged", "PricePublished", "CostChanged"]
    assert (told[0].sku, told[0].new_brand_from, told[2].cost_minor) == (sku, date(2021, 1, 1), 3000)


async def test_a_sku_is_taken_once(pricing: Pricing) -> None:
    sku = await pricing.new_product()
    product = await good(pricing.caller("rep").get(f"/v1/products/{sku}"))
    refused = await pricing.caller("mkt").post("/v1/products", product)
    assert (refused.status_code, refused.json()["code"]) == (409, "product_exists")


async def test_a_days_rate_stays_as_it_was_published(pricing: Pricing) -> None:
    fin, rate = (
        pricing.caller("fin"),
        {"base": "USD", "quote": "CNY", "rate": "6.50", "date": "2021-02-01", "source": "x"},
    )
    await good(fin.post("/v1/exchange-rates", rate), 201)
    await good(fin.post("/v1/exchange-rates", rate), 201)
    alone = await fin.post("/v1/exchange-rates", {**rate, "quote": rate["base"]})
    assert (alone.status_code, alone.json()["errors"][0]["pointer"]) == (422, "/quote")
    refused = await fin.post("/v1/exchange-rates", {**rate, "rate": "6.60"})
    assert (refused.status_code, refused.json()["code"]) == (409, "rate_exists")
    assert (await fin.post("/v1/exchange-rates", {**rate, "rate": "0.00"})).status_code == 422


async def test_a_missing_rate_is_a_refusal_that_names_pair_and_day(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="discount"), await pricing.new_product()
    body = {"sku": sku, "price": {"amount": "1000", "currency": "JPY"}, "valid_from": "2021-01-01"}
    await good(pricing.caller("mkt").post("/v1/price-lists/yen/prices", body))
    asked = {"account_id": str(account), "price_list": "yen", "lines": [{"sku": sku, "quantity": 1}]}
    fin, rate = pricing.caller("fin"), {"base": "JPY", "quote": "CNY", "rate": "0.061", "source": "central bank"}
    await good(fin.post("/v1/exchange-rates", {**rate, "date": "2021-03-03"}))
    for language, detail in (("en", "JPY/CNY on 2021-03-02"), ("zh", "JPY/CNY，2021-03-02")):
        refused = await pricing.caller("rep").post("/v1/quotes/preview", asked, headers={"Accept-Language": language})
        assert (refused.status_code, refused.json()["code"]) == (409, "exchange_rate_missing")
        assert refused.json()["detail"] == detail
    await good(fin.post("/v1/exchange-rates", {**rate, "date": "2021-03-02"}))
    await good(pricing.caller("rep").post("/v1/quotes/preview", asked))


RATES = """
id: rates
form: table
row: [C2]
title: {en: Rates, zh: 汇率}
source: {document: policies.md, clause: §6, says: {en: x, zh: x}}
owner: finance_director
zone: Africa/Kinshasa
valid: {from: 2000-01-01}
columns: {base: currency, quote: currency, rate: rate, date: date, source: text}
rows:
  - {base: EUR, quote: CNY, rate: "7.75", date: 2021-01-01, source: illustrative}
"""


async def test_a_published_table_of_rates_becomes_exchange_rates_once(pricing: Pricing) -> None:
    document = read_yaml(RATES)[0]
    published = PolicyPublished(
        occurred_at=START,
        policy_id="rates",
        version=2,
        form="table",
        service="pricing",
        rows=("C2",),
        document=stored_form(document),
        content_hash="0" * 64,
        valid_from=date(2000, 1, 1),
        maker="fin",
        checker="findir",
    )
    await pricing.told()
    await pricing.hear(published)
    await pricing.hear(published)
    [told] = await pricing.told("ExchangeRatePublished")
    assert (told.base, told.rate, told.date) == ("EUR", "7.75", date(2021, 1, 1))
    rates = (await good(pricing.caller("rep").get("/v1/exchange-rates")))["items"]
    assert [rate["rate"] for rate in rates if rate["base"] == "EUR"] == ["7.75"]
