"""Quotes over HTTP on a real database: prices, floors, grants, acceptance."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.db.session import commit
from shared.events.accounts import AccountFrozen, AccountsMerged, AccountsParted, AccountUnfrozen, ElectionMade
from shared.events.approvals import ApprovalGranted, ApprovalRejected
from shared.events.asks import ApprovalSought
from shared.events.contracts import ContractSigned, ContractSubmitted
from tests.pricing.conftest import START, Pricing, cny, contract_event, good
from tests.serving import employ

THEN = START


def asked(account_id: UUID, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"account_id": str(account_id), "price_list": "standard", "lines": list(lines), **more}


def below(sku: str, price: str = "880.00", quantity: int = 600) -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity, "requested_unit_price": cny(price), "reason": "opening order"}


def a_grant(
    quote: dict[str, Any], price: str = "880.00", most: int = 600, until: str = "2021-04-01"
) -> ApprovalGranted:
    return ApprovalGranted(
        occurred_at=THEN,
        request_id=str(uuid4()),
        subject_type="quote_line",
        subject_id=f"{quote['id']}:1",
        revision=1,
        account_id=quote["account_id"],
        content_hash="0" * 64,
        terms={"price": price, "quantity_from": 1, "quantity_to": most, "valid_until": until},
        granted_at=THEN,
    )


async def test_p2_a_price_below_the_floor_waits_for_an_approval_and_is_no_error(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="subsidy"), await pricing.new_product(floor="900.00")
    await pricing.told()
    quote = await good(pricing.caller("rep").post("/v1/quotes", asked(account, below(sku))), 201)
    line = quote["lines"][0]
    assert (quote["state"], quote["total"], line["below_floor_by"]) == (
        "pending_exception",
        cny("528000.00"),
        cny("20.00"),
    )
    assert line["exception"] == {
        "route": "price-exception",
        "state": "asked",
        "subject_id": f"{quote['id']}:1",
        "granted": None,
    }
    [sought] = await pricing.told("ApprovalSought")
    assert isinstance(sought, ApprovalSought)
    assert (sought.route, sought.requester, sought.branch) == ("price-exception", "rep", "kinshasa")
    assert sought.content == {
        "account": str(account),
        "sku": sku,
        "price": "880.00",
        "quantity": 600,
        "currency": "CNY",
    }


async def test_p2_a_granted_exception_prices_the_quote_and_it_can_be_accepted(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="subsidy"), await pricing.new_product(floor="900.00")
    rep = pricing.caller("rep")
    quote = await good(rep.post("/v1/quotes", asked(account, below(sku))))
    await pricing.hear(a_grant(quote))
    priced = await good(rep.get(f"/v1/quotes/{quote['id']}"))
    assert (priced["state"], priced["lines"][0]["exception"]["state"]) == ("priced", "granted")
    await pricing.told()
    accepted = await good(rep.post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"}))
    assert (accepted["state"], accepted["accepted_by"]) == ("accepted", "Ms Chen")
    [told] = await pricing.told("QuoteAccepted")
    assert told.lines[0].exception.price_minor == 88_000
    assert (told.lines[0].net_unit, told.lines[0].salespeople[0].user_id) == ("880.00", "rep")


async def test_s_b6_a_grant_covers_later_quotes_of_its_price_quantity_and_days_only(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="subsidy"), await pricing.new_product(floor="900.00")
    rep = pricing.caller("rep")
    await pricing.hear(a_grant(await good(rep.post("/v1/quotes", asked(account, below(sku))))))

    async def state(line: dict[str, Any]) -> str:
        return str((await good(rep.post("/v1/quotes/preview", asked(account, line))))["state"])

    assert await state(below(sku)) == "priced"
    assert await state(below(sku, price="890.00", quantity=1)) == "priced"
    assert await state(below(sku, price="879.99")) == "pending_exception"
    assert await state(below(sku, quantity=601)) == "pending_exception"
    other = await pricing.new_account(elects="subsidy")
    assert (await good(rep.post("/v1/quotes/preview", asked(other, below(sku)))))["state"] == "pending_exception"


async def test_a_grant_on_other_terms_rejects_the_quote_but_serves_a_later_one(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="subsidy"), await pricing.new_product(floor="900.00")
    rep = pricing.caller("rep")
    quote = await good(rep.post("/v1/quotes", asked(account, below(sku))))
    await pricing.hear(a_grant(quote, price="890.00"))
    assert (await good(rep.get(f"/v1/quotes/{quote['id']}")))["state"] == "rejected"
    again = await good(rep.post("/v1/quotes", asked(account, below(sku, price="890.00"))))
    assert (again["state"], again["lines"][0]["exception"]["state"]) == ("priced", "covered")


async def test_a_rejected_exception_rejects_the_quote(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="subsidy"), await pricing.new_product(floor="900.00")
    rep = pricing.caller("rep")
    quote = await good(rep.post("/v1/quotes", asked(account, below(sku))))
    refusal = ApprovalRejected(
        occurred_at=THEN,
        request_id=str(uuid4()),
        subject_type="quote_line",
        subject_id=f"{quote['id']}:1",
        revision=1,
        reason="too low",
    )
    await pricing.hear(refusal)
    assert (await good(rep.get(f"/v1/quotes/{quote['id']}")))["state"] == "rejected"
    refused = await rep.post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"})
    assert (refused.status_code, refused.json()["code"]) == (409, "quote_move_not_allowed")


async def test_the_same_grant_heard_twice_changes_nothing(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="subsidy"), await pricing.new_product(floor="900.00")
    rep = pricing.caller("rep")
    quote = await good(rep.post("/v1/quotes", asked(account, below(sku))))
    grant = a_grant(quote)
    await pricing.hear(grant, grant)
    assert (await good(rep.get(f"/v1/quotes/{quote['id']}")))["state"] == "priced"


@pytest.mark.parametrize(
    ("quantity", "amount", "net"),
    [
        pytest.param(99, "4950.00", "94050.00", id="5 % below 100,000"),
        pytest.param(100, "7000.00", "93000.00", id="7 % from exactly 100,000"),
        pytest.param(499, "34930.00", "464070.00", id="7 % below 500,000"),
        pytest.param(500, "50000.00", "450000.00", id="10 % from exactly 500,000"),
    ],
)
async def test_p4_the_discount_goes_by_the_tier_that_this_order_reaches(
    pricing: Pricing, quantity: int, amount: str, net: str
) -> None:
    account, sku = await pricing.new_account(elects="discount"), await pricing.new_product(floor="100.00")
    quote = await good(pricing.caller("rep").post("/v1/quotes", asked(account, {"sku": sku, "quantity": quantity})))
    [rule] = quote["lines"][0]["rules"]
    assert (rule["policy"], rule["amount"], quote["total"]) == ("volume-discount@1", cny(amount), cny(net))
    assert rule["title"] == {"en": "Volume discount", "zh": "大客户折扣优惠"}


async def test_s_c2_the_discount_is_shared_out_over_the_lines_to_the_last_fen(pricing: Pricing) -> None:
    account = await pricing.new_account(elects="discount")
    skus = [await pricing.new_product(price="33.33", floor="1.00") for _ in range(3)]
    lines = [{"sku": sku, "quantity": 1} for sku in skus]
    quote = await good(pricing.caller("rep").post("/v1/quotes", asked(account, *lines)))
    assert [line["rules"][0]["amount"]["amount"] for line in quote["lines"]] == ["1.67", "1.67", "1.66"]
    assert [line["net_amount"]["amount"] for line in quote["lines"]] == ["31.66", "31.66", "31.67"]


async def test_s_a6_a_million_has_no_figure_but_asks_for_terms_once(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="discount"), await pricing.new_product(floor="100.00")
    rep = pricing.caller("rep")
    await pricing.told()
    quotes = [await good(rep.post("/v1/quotes", asked(account, {"sku": sku, "quantity": 1000}))) for _ in range(2)]
    assert [(quote["state"], quote["total"]) for quote in quotes] == [("requires_approval", None)] * 2
    [sought] = await pricing.told("ApprovalSought")
    assert (sought.route, sought.subject_type) == ("negotiated-benefit", "benefit")
    granted = ApprovalGranted(
        occurred_at=THEN,
        request_id=str(uuid4()),
        subject_type="benefit",
        subject_id=sought.subject_id,
        revision=1,
        account_id=str(account),
        content_hash="0" * 64,
        terms={
            "account": str(account),
            "rate": "0.12",
            "from": "2021-03-01",
            "until": "2021-04-01",
            "applies_to": "discount",
        },
        granted_at=THEN,
    )
    await pricing.hear(granted)
    quote = await good(rep.post("/v1/quotes", asked(account, {"sku": sku, "quantity": 1000})))
    assert (quote["state"], quote["total"]) == ("priced", cny("880000.00"))


async def test_an_account_without_the_discount_pays_the_list_price(pricing: Pricing) -> None:
    sku = await pricing.new_product(floor="100.00")
    for elects in ("subsidy", None):
        account = await pricing.new_account(elects=elects)
        quote = await good(pricing.caller("rep").post("/v1/quotes", asked(account, {"sku": sku, "quantity": 200})))
        assert (quote["total"], quote["lines"][0]["rules"]) == (cny("200000.00"), [])


async def test_s_b2_no_percentage_comes_on_top_of_a_requested_price(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="discount"), await pricing.new_product(floor="800.00")
    quote = await good(pricing.caller("rep").post("/v1/quotes", asked(account, below(sku, quantity=100))))
    assert (quote["total"], quote["lines"][0]["rules"]) == (cny("88000.00"), [])


async def test_s_b5_the_floor_is_tested_after_the_discount(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="discount"), await pricing.new_product(floor="950.01")
    quote = await good(pricing.caller("rep").post("/v1/quotes", asked(account, {"sku": sku, "quantity": 10})))
    assert (quote["state"], quote["lines"][0]["below_floor_by"]) == ("pending_exception", cny("0.01"))


async def test_a_quote_lives_for_the_term_of_the_policy_or_for_fewer_days(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(), await pricing.new_product()
    for days, expires in ((None, "2021-04-01"), (5, "2021-03-07"), (90, "2021-04-01")):
        body = asked(account, {"sku": sku, "quantity": 1}, valid_days=days)
        assert (await good(pricing.caller("rep").post("/v1/quotes", body)))["expires_on"] == expires


async def test_a_frozen_account_accepts_nothing_s_i3(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(), await pricing.new_product()
    rep, key = pricing.caller("rep"), {"account_id": str(account), "on": START.date(), "reason": "unpaid"}
    quote = await good(rep.post("/v1/quotes", asked(account, {"sku": sku, "quantity": 1})))
    await pricing.hear(AccountFrozen(occurred_at=THEN, **key))
    refused = await rep.post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"})
    assert (refused.status_code, refused.json()["code"]) == (409, "account_frozen")
    await pricing.hear(AccountUnfrozen(occurred_at=THEN, **key))
    assert (await good(rep.post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"})))["state"] == "accepted"


async def test_s_i2_a_merged_account_is_sold_to_no_more_and_the_answer_names_who_goes_on(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(), await pricing.new_product()
    heir = await pricing.new_account(number=f"HEIR-{uuid4().hex[:6]}")
    rep, body = pricing.caller("rep"), asked(account, {"sku": sku, "quantity": 1})
    quotes = [await good(rep.post("/v1/quotes", body)) for _ in range(2)]
    await good(rep.post(f"/v1/quotes/{quotes[0]['id']}/accept", {"accepted_by": "Ms Chen"}))
    ids = {"account_id": str(account), "merge_id": str(uuid4()), "into_account_id": str(heir)}
    await pricing.hear(AccountsMerged(occurred_at=THEN, **ids, into_number="HEIR-7"))
    order = {"quote_id": quotes[0]["id"], "lines": [{"quote_line": 1, "quantity": 1}]}
    for path, sent in (
        ("/v1/quotes", body),
        ("/v1/quotes/preview", body),
        (f"/v1/quotes/{quotes[1]['id']}/accept", {"accepted_by": "Ms Chen"}),
        ("/v1/orders", order),
    ):
        refused = await rep.post(path, sent)
        assert (refused.status_code, refused.json()["code"]) == (409, "account_merged"), path
        assert "HEIR-7" in refused.json()["detail"]
        assert refused.json()["merged_into"] == str(heir)
    await pricing.hear(AccountsParted(occurred_at=THEN, **ids))
    assert (await good(rep.post("/v1/orders", order)))["account_id"] == str(account)


async def test_a_quote_priced_under_another_election_is_priced_again(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(), await pricing.new_product()
    rep = pricing.caller("rep")
    quote = await good(rep.post("/v1/quotes", asked(account, {"sku": sku, "quantity": 1})))
    elected = ElectionMade(
        occurred_at=THEN,
        account_id=str(account),
        election_id=str(uuid4()),
        programme="p4",
        choice="discount",
        valid_from=START.date(),
        valid_until=datetime(2022, 1, 1, tzinfo=UTC).date(),
        elected_by="Ms Chen",
    )
    await pricing.hear(elected)
    refused = await rep.post(f"/v1/quotes/{quote['id']}/accept", {"accepted_by": "Ms Chen"})
    assert (refused.status_code, refused.json()["code"]) == (409, "election_changed")


async def test_a_preview_stores_and_tells_nothing(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="subsidy"), await pricing.new_product(floor="900.00")
    await pricing.told()
    preview = await good(pricing.caller("rep").post("/v1/quotes/preview", asked(account, below(sku))))
    assert preview["state"] == "pending_exception"
    assert await pricing.told() == []
    assert (await pricing.caller("rep").get(f"/v1/quotes/{preview['id']}")).status_code == 404


async def test_another_branch_finds_neither_account_nor_quote(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(), await pricing.new_product()
    quote = await good(pricing.caller("rep").post("/v1/quotes", asked(account, {"sku": sku, "quantity": 1})))
    stranger = pricing.caller("lubumbashi")
    assert (await stranger.get(f"/v1/quotes/{quote['id']}")).status_code == 404
    assert (await stranger.post("/v1/quotes", asked(account, {"sku": sku, "quantity": 1}))).status_code == 404
    assert (await good(stranger.get("/v1/quotes")))["items"] == []


@pytest.mark.parametrize(
    ("line", "pointer"),
    [
        pytest.param({"sku": "NOBODY", "quantity": 1}, "/lines/0/sku", id="a product nobody knows"),
        pytest.param({"quantity": 0}, "/lines/0/quantity", id="no quantity"),
        pytest.param(
            {"requested_unit_price": cny("1000.01"), "reason": "x"},
            "/lines/0/requested_unit_price",
            id="above the list",
        ),
        pytest.param({"requested_unit_price": cny("999.00")}, "/lines/0/reason", id="a request without a reason"),
        pytest.param(
            {"requested_unit_price": {"amount": "1.00", "currency": "USD"}, "reason": "x"},
            "/lines/0/requested_unit_price/currency",
            id="another currency",
        ),
        pytest.param({"requested_unit_price": 880.0, "reason": "x"}, "/lines/0/requested_unit_price", id="a float"),
    ],
)
async def test_a_wrong_line_is_refused_with_its_field(pricing: Pricing, line: dict[str, Any], pointer: str) -> None:
    account, sku = await pricing.new_account(), await pricing.new_product()
    refused = await pricing.caller("rep").post("/v1/quotes", asked(account, {"sku": sku, "quantity": 1, **line}))
    assert refused.status_code == 422
    assert pointer in [error["pointer"] for error in refused.json()["errors"]]


async def test_p7_class_c_pays_first_and_gets_no_credit(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(grade="C"), await pricing.new_product()
    rep, line = pricing.caller("rep"), {"sku": sku, "quantity": 1}
    for terms in ({"credit_days": 30, "prepaid_share": "1"}, {"prepaid_share": "0.99"}):
        refused = await rep.post("/v1/quotes", asked(account, line, payment_terms=terms))
        assert (refused.status_code, refused.json()["refusal"]) == (422, "payment_terms_not_allowed")
    assert (await good(rep.post("/v1/quotes", asked(account, line, payment_terms={"prepaid_share": "1"}))))[
        "state"
    ] == "priced"


async def test_p7_an_industrial_customers_first_deal_is_prepaid_by_half(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(industrial=True), await pricing.new_product()
    rep, line = pricing.caller("rep"), {"sku": sku, "quantity": 1}
    refused = await rep.post("/v1/quotes", asked(account, line, payment_terms={"prepaid_share": "0.49"}))
    assert (refused.status_code, refused.json()["refusal"]) == (422, "prepayment_too_low")
    assert (await good(rep.post("/v1/quotes", asked(account, line, payment_terms={"prepaid_share": "0.50"}))))[
        "state"
    ] == "priced"


async def test_a_withdrawn_quote_takes_its_ask_back(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(), await pricing.new_product(floor="900.00")
    rep = pricing.caller("rep")
    quote = await good(rep.post("/v1/quotes", asked(account, below(sku))))
    await pricing.told()
    withdrawn = await good(rep.post(f"/v1/quotes/{quote['id']}/withdraw", {"reason": "a mistake"}))
    assert withdrawn["state"] == "withdrawn"
    assert [type(event).__name__ for event in await pricing.told()] == ["QuoteWithdrawn", "ApprovalAskWithdrawn"]


async def test_the_explanation_names_every_policy_that_was_looked_at(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="discount"), await pricing.new_product(floor="1.00")
    quote = await good(pricing.caller("rep").post("/v1/quotes", asked(account, {"sku": sku, "quantity": 100})))
    told = await good(pricing.caller("auditor").get(quote["explanation"]))
    named = {decision["policy"].partition("@")[0] for decision in told["decisions"]}
    assert {"stacking-groups", "floor-price", "payment-terms", "first-order-prepayment"} <= named
    assert "volume-discount@1" in str(told["decisions"])


@pytest.mark.parametrize(("language", "words"), [("en", "Volume discount"), ("zh", "大客户折扣优惠")])
async def test_a_price_is_explained_in_the_readers_language(pricing: Pricing, language: str, words: str) -> None:
    account, sku = await pricing.new_account(elects="discount"), await pricing.new_product(floor="1.00")
    quote = await good(pricing.caller("rep").post("/v1/quotes", asked(account, {"sku": sku, "quantity": 100})))
    asking = pricing.caller("rep").get(quote["explanation"], headers={"Accept-Language": language})
    told = await good(asking)
    lines = [line for decision in told["decisions"] for line in decision["lines"]]
    assert told["language"] == language
    assert any(words in line for line in lines)
    assert any("7,000.00" in line for line in lines)


async def test_p6_a_signed_contract_without_a_quote_names_the_price_of_later_quotes(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="discount"), await pricing.new_product(floor="100.00")
    rep, body = pricing.caller("rep"), asked(account, {"sku": sku, "quantity": 10})
    frame = contract_event(account, {sku: 600}, told=ContractSubmitted, contract_id=str(uuid4()))
    frame = frame.model_copy(update={"lines": (frame.lines[0].model_copy(update={"net_minor": 54_000_000}),)})
    await pricing.hear(frame)
    assert (await good(rep.post("/v1/quotes/preview", body)))["total"] == cny("9500.00")
    signed = ContractSigned(**{**frame.model_dump(), "signed_on": START.date(), "valid_until": date(2021, 3, 3)})
    await pricing.hear(signed)
    for path in ("/v1/quotes/preview", "/v1/quotes"):
        quote = await good(rep.post(path, body))
        assert (quote["total"], quote["lines"][0]["rules"][0]["policy"]) == (cny("9000.00"), "contract-price@1")
    await pricing.hear(signed.model_copy(update={"quote_id": str(uuid4())}))
    assert (await good(rep.post("/v1/quotes/preview", body)))["total"] == cny("9500.00")


async def test_p2_the_customers_contact_reads_his_price_and_neither_the_floor_nor_what_was_asked_below_it(
    pricing: Pricing,
) -> None:
    account, sku = await pricing.new_account(elects="subsidy"), await pricing.new_product(floor="900.00")
    quote = await good(pricing.caller("rep").post("/v1/quotes", asked(account, below(sku))), 201)
    buyer = f"buyer-{account}"
    async with pricing.sessions() as session:
        await employ(session, buyer, "account_contact", account_id=str(account))
        await commit(session)
    path = f"/v1/quotes/{quote['id']}"
    his = pricing.caller(buyer)
    one, versions, listed = (
        await good(his.get(path)),
        await good(his.get(f"{path}/versions")),
        await good(his.get("/v1/quotes")),
    )
    for shown in (one, versions[0], listed["items"][0]):
        [line] = shown["lines"]
        assert line["net_amount"] == cny("528000.00")
        assert [line[name] for name in ("floor_unit_price", "below_floor_by", "reason", "exception")] == [None] * 4
    explained = await good(his.get(f"{path}/explanation"))
    assert [said["decision"]["outcome"]["form"] for said in explained["decisions"]] == ["pricing"]
    assert "900" not in str(explained)
    inside = await good(pricing.caller("kam").get(f"{path}/explanation"))
    assert "conditions" in {said["decision"]["outcome"]["form"] for said in inside["decisions"]}
