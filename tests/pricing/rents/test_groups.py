"""P3, C7: telephone groups from the quote over the contract to each month's invoice."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import text

from services.pricing.rents.invoicing import invoice_rents
from shared.db.session import commit
from shared.events.approvals import ApprovalGranted, ApprovalRejected
from shared.events.asks import ApprovalSought
from shared.events.contracts import ContractSigned
from shared.events.orders import HeadCountChanged, OrderDelivered, OrderPlaced, SubscriptionStarted
from shared.events.policies import PolicyPublished
from shared.policy.compiled import CompiledPolicies
from shared.policy.forms import content_hash, read_document, stored_form
from shared.policy.loader import load_pack
from shared.policy.rulebook import Rulebook
from tests.pricing.conftest import START, Pricing, contract_event, good

PREPAID = {"prepaid_share": "1"}
ZONE = "Africa/Kinshasa"


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(pricing: Pricing) -> Pricing:
    """The three plans as products, and a rate by which rents count among purchases in CNY."""
    rate = {"base": "USD", "quote": "CNY", "rate": "6.50", "date": "2021-01-01", "source": "illustrative"}
    await good(pricing.caller("fin").post("/v1/exchange-rates", rate))
    for sku in ("VPN6", "VPN0", "VPN9"):
        product = {
            "sku": sku,
            "title": {"en": sku, "zh": f"{sku}套餐"},
            "kind": "service",
            "product_line": "groups",
            "brand": "Own",
        }
        await good(pricing.caller("mkt").post("/v1/products", product))
    return pricing


def asked(account: UUID, sku: str = "VPN6", seats: int | None = 20, months: int = 12, **more: Any) -> dict[str, Any]:
    line: dict[str, Any] = {"sku": sku, "quantity": months}
    line |= {} if seats is None else {"seats": seats}
    return {"account_id": str(account), "price_list": "standard", "lines": [line | more.pop("line", {})], **more}


async def quoted(house: Pricing, account: UUID, *lines: Any, **more: Any) -> dict[str, Any]:
    return await good(house.caller("rep").post("/v1/quotes", asked(account, *lines, **more)), 201)


async def accepted(house: Pricing, account: UUID, *lines: Any, **more: Any) -> dict[str, Any]:
    quote = await quoted(house, account, *lines, **more)
    return await good(house.caller("rep").post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"}))


def begin(house: Pricing, quote: Mapping[str, Any], by: str = "rep", **more: Any) -> Any:
    body = {"quote_id": quote["id"], "quote_line": 1, "starts_on": "2021-04-01", **more}
    return house.caller(by).post("/v1/subscriptions", body)


async def a_group(house: Pricing, seats: int = 20, months: int = 12) -> dict[str, Any]:
    account = await house.new_account()
    return await good(begin(house, await accepted(house, account, "VPN6", seats, months)), 201)


async def invoice(house: Pricing, on: date) -> int:
    async with house.sessions() as session:
        known = await CompiledPolicies().current(session)
        now = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
        written = await invoice_rents(session, rules_on=lambda day: Rulebook(known.in_force(day)), now=now, zone=ZONE)
        await commit(session)
        return written


async def rents(house: Pricing, group: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = await good(house.caller("rep").get(f"/v1/subscriptions/{group['id']}/rents"))
    return [(one["month"], one["rent"]["amount"]) for one in found["items"]]


async def declare(house: Pricing, group: Mapping[str, Any], seats: int, on: str, **more: Any) -> httpx2.Response:
    letter = {"reference": "CMT/2021/017", "received_on": on}
    body = {"seats": seats, "declared_on": on, "letter": letter, **more}
    return await house.caller("rep").post(f"/v1/subscriptions/{group['id']}/head-count-changes", body)


def answer(change: Mapping[str, Any], *, granted: bool = True) -> ApprovalGranted | ApprovalRejected:
    ids = {
        "occurred_at": START,
        "request_id": str(uuid4()),
        "subject_type": "head_count_change",
        "subject_id": str(change["id"]),
        "revision": 1,
    }
    if granted:
        return ApprovalGranted(**ids, content_hash="0" * 64, granted_at=START)
    return ApprovalRejected(**ids, reason="no")


async def test_p3_plans_are_told_with_their_launch_state_and_marked_as_samples(house: Pricing) -> None:
    plans = {one["plan"]: one for one in (await good(house.caller("rep").get("/v1/plans")))["items"]}
    assert {name: (plan["launched"], plan["sample"]) for name, plan in plans.items()} == {
        "vpn6": (True, True),
        "vpn0": (True, True),
        "vpn9": (False, True),
    }
    assert plans["vpn0"]["bands"][3] == {"over": "500", "up_to": None, "rent": usd("900.00"), "each": usd("1.80")}


@pytest.mark.parametrize(
    ("plan", "seats", "rent"),
    [
        pytest.param("vpn6", 20, "20.00", id="the last seat of the first band"),
        pytest.param("vpn6", 21, "80.00", id="one more person is the next band"),
        pytest.param("vpn0", 500, "900.00", id="the plan's top"),
        pytest.param("vpn0", 501, "901.80", id="one extra seat"),
        pytest.param("vpn9", 103, "494.40", id="three extra seats of a plan that is not sold yet"),
    ],
)
async def test_p3_the_rent_follows_the_band_and_extra_seats(house: Pricing, plan: str, seats: int, rent: str) -> None:
    told = await good(house.caller("rep").get(f"/v1/plans/{plan}/rent?seats={seats}"))
    assert told["rent"] == usd(rent)
    assert told["explanation"]


async def test_p3_a_plan_is_quoted_by_months_at_its_designated_rent(house: Pricing) -> None:
    quote = await quoted(house, await house.new_account(elects="discount"), "VPN6", 120, 12)
    [line] = quote["lines"]
    assert (line["plan"], line["seats"], line["quantity"]) == ("vpn6", 120, 12)
    assert (line["list_unit_price"], line["floor_unit_price"], quote["total"]) == (
        usd("300.00"),
        usd("300.00"),
        usd("3600.00"),
    )


async def test_p3_the_rent_is_explained_and_quotes_without_a_plan_do_not_speak_of_rents(house: Pricing) -> None:
    quote = await quoted(house, await house.new_account())
    told = await good(house.caller("rep").get(quote["explanation"]))
    assert any(one["policy"].startswith("vpn6-rent@") for one in told["decisions"])
    sku, account = await house.new_product(), await house.new_account()
    body = {"account_id": str(account), "price_list": "standard", "lines": [{"sku": sku, "quantity": 1}]}
    goods = await good(house.caller("rep").post("/v1/quotes", body))
    assert "rent" not in str((await good(house.caller("rep").get(goods["explanation"])))["decisions"])


@pytest.mark.parametrize(
    ("lines", "pointer", "code"),
    [
        pytest.param([{"sku": "VPN6", "quantity": 12}], "/lines/0/seats", "missing", id="a plan without people"),
        pytest.param(
            [{"sku": "VPN6", "quantity": 12, "seats": 20}, {"sku": "VPN0", "quantity": 12, "seats": 20}],
            "/lines/1/sku",
            "one_group_a_quote",
            id="two plans",
        ),
        pytest.param(
            [{"sku": "VPN6", "quantity": 12, "seats": 0}], "/lines/0/seats", "greater_than_equal", id="nobody"
        ),
    ],
)
async def test_p3_a_wrong_group_is_refused_at_its_field(house: Pricing, lines: Any, pointer: str, code: str) -> None:
    body = {"account_id": str(await house.new_account()), "price_list": "standard", "lines": lines}
    refused = await house.caller("rep").post("/v1/quotes/preview", body)
    assert refused.status_code == 422
    assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [(pointer, code)]


async def test_p3_people_belong_to_plans_only(house: Pricing) -> None:
    sku = await house.new_product()
    refused = await house.caller("rep").post("/v1/quotes", asked(await house.new_account(), sku, 20, 1))
    assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [("/lines/0/seats", "no_plan")]


@pytest.mark.parametrize(
    ("sku", "seats"),
    [
        pytest.param("VPN9", 20, id="P3 VPN9 is not sold before its launch"),
        pytest.param("VPN6", 4, id="P3 four people are no group"),
    ],
)
async def test_p3_a_plan_that_may_not_be_sold_is_refused(house: Pricing, sku: str, seats: int) -> None:
    for path in ("/v1/quotes", "/v1/quotes/preview"):
        refused = await house.caller("rep").post(path, asked(await house.new_account(), sku, seats))
        assert (refused.status_code, refused.json()["refusal"]) == (422, "plan_not_sellable")


async def test_p2_a_rent_below_the_designated_one_asks_for_an_exception(house: Pricing) -> None:
    line = {"requested_unit_price": usd("18.00"), "reason": "competitor"}
    quote = await quoted(house, await house.new_account(), line=line)
    assert (quote["state"], quote["lines"][0]["below_floor_by"]) == ("pending_exception", usd("2.00"))


async def test_p7_vpn0_and_vpn9_are_not_paid_in_instalments_and_vpn6_may_be(house: Pricing) -> None:
    account, three = await house.new_account(), {"instalments": 3}
    refused = await house.caller("rep").post("/v1/quotes", asked(account, "VPN0", 20, payment_terms=three))
    assert (refused.status_code, refused.json()["refusal"]) == (422, "payment_terms_not_allowed")
    assert (await quoted(house, account, "VPN6", 20, payment_terms=three))["state"] == "priced"
    assert (await quoted(house, account, "VPN0", 20))["state"] == "priced"


async def test_c1_vpn0_begins_under_its_signed_contract_only(house: Pricing) -> None:
    account = await house.new_account()
    quote = await accepted(house, account, "VPN0", 20, 12)
    refused = await begin(house, quote)
    assert (refused.status_code, refused.json()["refusal"]) == (422, "order_not_admitted")
    signed = contract_event(account, {"VPN0": 12}, told=ContractSigned, currency="USD", quote_id=quote["id"])
    await house.hear(signed)
    group = await good(begin(house, quote, contract_id=signed.contract_id), 201)
    assert (group["plan"], group["ends_on"], group["contract_id"]) == ("vpn0", "2022-04-01", signed.contract_id)


async def test_p7_terms_are_asked_again_when_the_group_begins(house: Pricing) -> None:
    account = await house.new_account()
    quote = await accepted(house, account, "VPN0", 20, 12)
    async with house.sessions() as session:
        await session.execute(
            text("UPDATE quote SET terms = jsonb_set(terms, '{instalments}', '2') WHERE id = CAST(:id AS uuid)"),
            {"id": quote["id"]},
        )
        await commit(session)
    signed = contract_event(account, {"VPN0": 12}, told=ContractSigned, currency="USD", quote_id=quote["id"])
    await house.hear(signed)
    refused = await begin(house, quote, contract_id=signed.contract_id)
    assert (refused.status_code, refused.json()["refusal"]) == (422, "payment_terms_not_allowed")


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        pytest.param({"starts_on": "2021-04-02"}, "/starts_on", id="not with a month"),
        pytest.param({"starts_on": "2021-02-01"}, "/starts_on", id="in a month that is past"),
        pytest.param({"quote_line": 2}, "/quote_line", id="on no line"),
    ],
)
async def test_p3_a_group_that_cannot_begin_so_is_refused(
    house: Pricing, changed: dict[str, Any], pointer: str
) -> None:
    quote = await accepted(house, await house.new_account())
    refused = await begin(house, quote, **changed)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_p3_a_quote_becomes_one_group_and_is_not_ordered_by_hand(house: Pricing) -> None:
    quote = await accepted(house, await house.new_account())
    await good(begin(house, quote), 201)
    assert (await begin(house, quote)).json()["code"] == "already_subscribed"
    order = {"quote_id": quote["id"], "lines": [{"quote_line": 1, "quantity": 1}]}
    assert (await house.caller("rep").post("/v1/orders", order)).json()["code"] == "paid_by_the_month"


async def test_p3_each_month_is_invoiced_once_as_an_order_of_that_month(house: Pricing) -> None:
    await invoice(house, date(2021, 4, 1))
    await house.told()
    group = await a_group(house, 20, 3)
    assert [type(event) for event in await house.told("SubscriptionStarted")] == [SubscriptionStarted]
    assert await invoice(house, date(2021, 3, 31)) == 0
    assert [await invoice(house, date(2021, 4, 1)) for _ in range(2)] == [1, 0]
    told = await house.told("OrderPlaced", "OrderDelivered")
    assert [type(event) for event in told] == [OrderPlaced, OrderDelivered]
    assert isinstance(told[0], OrderPlaced)
    assert isinstance(told[1], OrderDelivered)
    assert (told[0].lines[0].net_minor, told[0].currency) == (2000, "USD")
    assert told[1].delivered_at.date() == date(2021, 3, 31), "midnight in Kinshasa is eleven at night in UTC"
    await invoice(house, date(2021, 8, 15))
    assert await rents(house, group) == [("2021-04", "20.00"), ("2021-05", "20.00"), ("2021-06", "20.00")]
    assert (await good(house.caller("rep").get(f"/v1/subscriptions/{group['id']}")))["next_month"] is None


async def test_p10_a_months_order_stands_in_the_chain_of_its_quote(house: Pricing) -> None:
    group = await a_group(house, 20, 1)
    await invoice(house, date(2021, 4, 1))
    [rent] = (await good(house.caller("rep").get(f"/v1/subscriptions/{group['id']}/rents")))["items"]
    chain = await good(house.caller("rep").get(f"/v1/orders/{rent['order_id']}/chain"))
    assert chain["quote"]["id"] == group["quote_id"]
    assert chain["order"]["state"] == "delivered"


async def test_c7_a_granted_head_count_bills_from_the_next_month(house: Pricing) -> None:
    group = await a_group(house, 20, 3)
    await invoice(house, date(2021, 4, 1))
    await house.told()
    change = await good(declare(house, group, 21, "2021-04-10"), 201)
    [sought] = await house.told("ApprovalSought")
    assert isinstance(sought, ApprovalSought)
    assert (sought.route, sought.branch, sought.content["seats"]) == ("head-count-change", "kinshasa", 21)
    waiting = await declare(house, group, 22, "2021-04-11")
    assert (waiting.status_code, waiting.json()["code"]) == (409, "change_under_way")
    await house.hear(answer(change))
    await house.hear(answer(change))
    [changed] = await house.told("HeadCountChanged")
    assert isinstance(changed, HeadCountChanged)
    assert (changed.seats_before, changed.seats, changed.counts_from) == (20, 21, date(2021, 5, 1))
    await invoice(house, date(2021, 6, 1))
    assert await rents(house, group) == [("2021-04", "20.00"), ("2021-05", "80.00"), ("2021-06", "80.00")]


async def test_c7_a_refused_head_count_changes_nothing(house: Pricing) -> None:
    group = await a_group(house, 20, 2)
    change = await good(declare(house, group, 500, "2021-04-10"), 201)
    await house.hear(answer(change, granted=False))
    await invoice(house, date(2021, 5, 1))
    assert await rents(house, group) == [("2021-04", "20.00"), ("2021-05", "20.00")]
    [kept] = (await good(house.caller("rep").get(f"/v1/subscriptions/{group['id']}/head-count-changes")))["items"]
    assert kept["state"] == "refused"


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        pytest.param({"letter": None}, "customer_letter_missing", id="C7 without the customer's letter"),
        pytest.param({"seats": 4}, "plan_not_sellable", id="P3 fewer people than a group has"),
    ],
)
async def test_c7_a_change_that_documents_refuse(house: Pricing, changed: dict[str, Any], refusal: str) -> None:
    refused = await declare(house, await a_group(house), **{"seats": 21, "on": "2021-04-10", **changed})
    assert (refused.status_code, refused.json()["refusal"]) == (422, refusal)


@pytest.mark.parametrize("day", ["2021-04-01", "2022-04-01"])
async def test_c7_a_change_lies_inside_the_group_and_after_the_last_one(house: Pricing, day: str) -> None:
    refused = await declare(house, await a_group(house), 21, day)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/declared_on")


async def test_p3_another_branch_sees_no_group_of_ours(house: Pricing) -> None:
    group = await a_group(house)
    for path in ("", "/rents", "/head-count-changes"):
        assert (await house.caller("lubumbashi").get(f"/v1/subscriptions/{group['id']}{path}")).status_code == 404
    assert (await begin(house, {"id": group["quote_id"]}, by="lubumbashi")).status_code == 404


async def test_p3_with_daily_proration_each_day_counts_and_the_invoice_comes_when_the_month_is_over(
    house: Pricing,
) -> None:
    """Last in this module: from here on VPN6 is prorated by days."""
    placed = next(one for one in load_pack(Path("deploy/policies")) if one.document.id == "vpn6-rent")
    said = stored_form(placed.document)
    said["outcome"]["proration"] = "daily"
    document = read_document(said)
    published = PolicyPublished(
        occurred_at=START,
        policy_id="vpn6-rent",
        version=2,
        form="benefit",
        service="pricing",
        rows=("P3",),
        document=said,
        content_hash=content_hash(document),
        valid_from=date(2000, 1, 1),
        maker="mkt",
        checker="mktdir",
    )
    await house.hear(published)
    group = await a_group(house, 20, 2)
    await house.hear(answer(await good(declare(house, group, 100, "2021-04-11"), 201)))
    await invoice(house, date(2021, 4, 30))
    assert await rents(house, group) == []
    await invoice(house, date(2021, 5, 1))
    assert await rents(house, group) == [("2021-04", "60.00")], "10 days at 20.00 and 20 at 80.00"
