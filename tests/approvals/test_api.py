"""Approvals over HTTP: the story's step 3, and every refusal a client may meet on the way."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import update

from services.approvals.app import make_app
from services.approvals.contracts import repository
from services.approvals.contracts.content import Share
from services.approvals.facts.consumer import LEARNED, learn_in_bulk
from services.approvals.settings import ApprovalsSettings
from shared.auth.principal import Reach
from shared.db.mechanisms import person
from shared.events.accounts import AccountOpened, ClassChanged, Licence, TeamChanged, TeamMember
from shared.events.catalogue import BothLanguages, CostChanged, ExchangeRatePublished, PricePublished, ProductChanged
from shared.events.quotes import QuoteAccepted, QuoteLine
from shared.events.sales import Salesperson
from shared.policy.loader import load_pack
from shared.policy.seed import seed_pack
from tests.approvals.conftest import PACK
from tests.serving import Caller, Issuer, employ, serving

NOW = datetime(2021, 3, 3, 8, tzinfo=UTC)
CAST = {
    "rep": ("account_rep", "kinshasa"),
    "kam": "key_account_manager",
    "lawyer": "legal",
    "marketing": "marketing_director",
    "findir": "finance_director",
    "gm": "general_manager",
    "other-rep": ("account_rep", "lubumbashi"),
    "auditor": "auditor",
    "admin": "admin",
}
CHAIN = [("kam", "first"), ("lawyer", "legal"), ("marketing", "marketing"), ("findir", "finance"), ("gm", "general")]
PROOF = {"channel": "email", "reference": "mail of 3 March", "received_at": "2021-03-03T07:00:00Z"}


TEAM = [
    TeamMember(user_id="before", duty="account_rep", valid_from=date(2020, 1, 1), valid_until=date(2021, 3, 3)),
    TeamMember(user_id="rep", duty="account_rep", share="0.6", valid_from=date(2021, 3, 3)),
    TeamMember(user_id="second", duty="account_rep", share="0.4", valid_from=date(2021, 3, 3)),
    TeamMember(user_id="kam", duty="key_account_manager", valid_from=date(2021, 1, 1)),
]
EVERYWHERE = Reach(everywhere=True, branches=frozenset(), user_id="x", account_id=None)


def product(sku, **days):
    title = BothLanguages(en=sku, zh=sku)
    return ProductChanged(occurred_at=NOW, sku=sku, title=title, kind="goods", product_line="l", brand="b", **days)


class House:
    """The service with its people and one dealer whose quote is accepted."""

    def __init__(self, client, issuer, account, quote, sessions):
        self.client, self.issuer, self.account, self.quote = client, issuer, account, quote
        self.sessions = sessions

    def __getattr__(self, name):
        return Caller(self.client, self.issuer.token(name.replace("_", "-")))

    def draft_body(self, quantity=600, **more):
        return {
            "account_id": self.account,
            "quote_id": self.quote,
            "lines": [{"quote_line": 1, "quantity": quantity}],
            "documents": [{"type": "business_licence", "number": "CD-1"}],
            "first_responsible": "kam",
            "valid_from": "2021-03-08",
            "valid_until": "2022-03-08",
            **more,
        }

    async def drafted(self, **more):
        answer = await self.rep.post("/v1/contracts", self.draft_body(**more))
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def submitted(self, **more):
        answer = await self.rep.post(f"/v1/contracts/{(await self.drafted(**more))['id']}/submit")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def decide(self, who, request_id, step, *, key=None, version=None, **more):
        caller = Caller(self.client, self.issuer.token(who))
        if version is None:
            version = (await self.auditor.get(f"/v1/requests/{request_id}")).headers["ETag"]
        body = {"step": step, "decision": "approve", "evidence": PROOF, **more}
        headers = {"If-Match": version}
        return await caller.post(f"/v1/requests/{request_id}/decisions", body, key=key, headers=headers)

    async def approved(self, **more):
        contract = await self.submitted(**more)
        for who, step in CHAIN:
            answer = await self.decide(who, contract["request_id"], step)
            assert answer.status_code == 200, answer.text
        return (await self.rep.get(f"/v1/contracts/{contract['id']}")).json()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(service_database, tmp_path_factory) -> AsyncIterator[House]:
    issuer, account, quote = Issuer(), str(uuid4()), str(uuid4())
    settings = ApprovalsSettings(
        database_url=await service_database("approvals"),
        jwks_url=issuer.jwks,
        files_path=tmp_path_factory.mktemp("files"),
        clock_profile="story",
        story_clock_start=NOW,
    )
    app = make_app(settings)
    async with serving(app) as client:
        async with app.state.mainstay.sessions() as session:
            for user_id, role in CAST.items():
                await employ(session, user_id, role)
            await employ(session, "gone", "account_rep")
            await session.execute(update(person).where(person.c.user_id == "gone").values(left_on=NOW.date()))
            await employ(session, "machine", "integrator")
            await session.execute(update(person).where(person.c.user_id == "machine").values(kind="machine"))
            documents = [placed.document for placed in load_pack(PACK)]
            await seed_pack(session, service="approvals", documents=documents, now=NOW)
            told = list(what_the_others_told(account, quote))
            await learn_in_bulk(session, told)
            for event in told:
                if type(event) in LEARNED:
                    await LEARNED[type(event)](session, event)
            session.info["outbox.recorded"] = []
            await session.commit()
        yield House(client, issuer, account, quote, app.state.mainstay.sessions)


def what_the_others_told(account, quote):
    yield AccountOpened(
        occurred_at=NOW,
        account_id=account,
        number="K-1",
        legal_name="Congo Mobile",
        branch="kinshasa",
        channel="dealer",
        sales_class="wholesale",
        industry="telecom",
        industrial=False,
        licence=Licence(number="CD-1", expires_on=date(2021, 12, 31), file_hash="f" * 64),
    )
    yield ClassChanged(occurred_at=NOW, account_id=account, grade="A", valid_from=date(2021, 1, 1), proposal_id="p")
    yield ExchangeRatePublished(
        occurred_at=NOW, base="USD", quote="CNY", rate="6.50", date=date(2021, 1, 1), source="illustrative"
    )
    yield PricePublished(
        occurred_at=NOW,
        sku="SKU-1",
        price_list="standard",
        currency="USD",
        price_minor=100_00,
        floor_minor=90_00,
        valid_from=date(2021, 1, 1),
    )
    yield product("SKU-1", new_brand_from=date(2021, 1, 1))
    yield product("OLD-1", new_brand_from=date(2020, 1, 1), new_brand_until=date(2021, 1, 1))
    for day, cost_minor in ((1, 65_00), (2, 70_00), (28, 90_00)):
        begins = date(2021, 3, day)
        yield CostChanged(occurred_at=NOW, sku="SKU-1", currency="USD", cost_minor=cost_minor, valid_from=begins)
    yield CostChanged(occurred_at=NOW, sku="OLD-1", currency="CNY", cost_minor=1, valid_from=date(2021, 1, 1))
    yield TeamChanged(occurred_at=NOW, account_id=account, members=tuple(TEAM))
    yield QuoteAccepted(
        occurred_at=NOW,
        quote_id=quote,
        account_id=account,
        number="Q-1",
        branch="kinshasa",
        state="accepted",
        currency="CNY",
        price_list="standard",
        lines=(
            QuoteLine(
                line=1,
                sku="HANDSET-N1",
                quantity=600,
                list_unit_minor=1_000_00,
                floor_unit_minor=880_00,
                net_unit="880.00",
                list_minor=600_000_00,
                net_minor=528_000_00,
                cost_minor=420_000_00,
                new_brand=True,
                salespeople=(Salesperson(user_id="rep"),),
            ),
        ),
        total_minor=528_000_00,
        expires_on=date(2021, 4, 1),
        requested_by="rep",
        accepted_by="Ms Chen",
    )


async def test_story_3_over_http(house):
    draft = await house.drafted(quantity=590)
    assert draft["amount"] == {"amount": "519200.00", "currency": "CNY"}
    path = f"/v1/contracts/{draft['id']}"
    first = (await house.rep.post(f"{path}/submit")).json()
    version = (await house.rep.get(path)).headers["ETag"]
    lines = {"lines": [{"quote_line": 1, "quantity": 600}]}
    edited = (await house.rep.patch(path, lines, headers={"If-Match": version})).json()
    assert (edited["state"], edited["revision"]) == ("draft", 2)
    withdrawn = (await house.rep.get(f"/v1/requests/{first['request_id']}")).json()
    assert (withdrawn["state"], withdrawn["closed_because"]["zh"]) == ("withdrawn", "合同已修改")

    preview = (await house.rep.post("/v1/routes/preview", {"contract_id": draft["id"]})).json()
    contract = (await house.rep.post(f"{path}/submit")).json()
    assert contract["routing_amount"] == {"amount": "81230.77", "currency": "USD"}
    request = (await house.rep.get(f"/v1/requests/{contract['request_id']}")).json()
    assert [step["id"] for step in preview["steps"]] == [step["id"] for step in request["steps"]]
    assert len(preview["steps"]) == 5
    assert preview["route"] == request["route"]
    assert "81230.77 > 2000.00 USD" in preview["steps"][4]["why"]["en"]
    assert preview["steps"][0]["resolved"] == [{"user_id": "kam", "name": "kam"}]

    for who, step in CHAIN:
        assert (await house.decide(who, contract["request_id"], step)).status_code == 200
    signature = {"signed_on": "2021-03-03", "evidence": {**PROOF, "channel": "signature"}}
    signed = (await house.rep.post(f"{path}/sign", signature)).json()
    assert signed["state"] == "signed"
    active = (await house.rep.post(f"{path}/activate", {"active_on": "2021-03-03"})).json()
    assert active["state"] == "active"
    history = (await house.rep.get(f"{path}/history")).json()
    assert [move["move"] for move in history["moves"]] == [
        "draft",
        "submit",
        "edit",
        "submit",
        "request_granted",
        "sign",
        "activate",
    ]
    assert len(history["revisions"]) == 2


async def test_s_g7_a_second_approve_with_the_same_key_answers_the_same(house):
    contract = await house.submitted()
    key = str(uuid4())
    version = (await house.auditor.get(f"/v1/requests/{contract['request_id']}")).headers["ETag"]
    first = await house.decide("kam", contract["request_id"], "first", key=key, version=version)
    second = await house.decide("kam", contract["request_id"], "first", key=key, version=version)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.content == second.content
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "request/" in first.headers["Mainstay-Seen"]


@pytest.mark.parametrize(
    ("who", "step", "more", "status", "code"),
    [
        pytest.param("kam", "legal", {}, 409, "step_not_open", id="before its turn"),
        pytest.param("lawyer", "first", {}, 403, "not_your_step", id="by another role"),
        pytest.param("rep", "first", {}, 403, "segregation_of_duties", id="C11: by the requester himself"),
        pytest.param("kam", "nowhere", {}, 422, "unknown_step", id="a step the route has not"),
        pytest.param("kam", "first", {"decision": "reject"}, 422, "invalid_request", id="rejected without a reason"),
        pytest.param("kam", "first", {"version": '"7"'}, 412, "precondition_failed", id="on a version nobody saw"),
        pytest.param("other-rep", "first", {}, 404, "not_found", id="story 8: from another branch"),
        pytest.param("kam", "first", {"decision": "perhaps"}, 422, "invalid_request", id="neither yes nor no"),
    ],
)
async def test_a_decision_is_refused(house, who, step, more, status, code):
    contract = await house.submitted()
    answer = await house.decide(who, contract["request_id"], step, **more)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_a_decision_without_if_match_is_refused(house):
    contract = await house.submitted()
    answer = await house.kam.post(f"/v1/requests/{contract['request_id']}/decisions", {"decision": "approve"})
    assert answer.status_code == 428


async def test_c5_an_approve_step_names_the_evidence_it_misses(house):
    contract = await house.submitted()
    for who, step in CHAIN[:2]:
        await house.decide(who, contract["request_id"], step)
    answer = await house.decide("marketing", contract["request_id"], "marketing", evidence=None)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/evidence/channel"


async def test_c5_evidence_names_a_file_that_was_uploaded(house):
    contract = await house.submitted()
    for who, step in CHAIN[:2]:
        await house.decide(who, contract["request_id"], step)
    unknown = {**PROOF, "file_id": "0" * 64}
    answer = await house.decide("marketing", contract["request_id"], "marketing", evidence=unknown)
    assert answer.json()["errors"][0]["pointer"] == "/evidence/file_id"
    kind = {"Content-Type": "text/plain"}
    upload = await house.marketing.call("POST", "/v1/files", content=b"I agree. The director", headers=kind)
    assert upload.status_code == 201, upload.text
    kept = {**PROOF, "file_id": upload.json()["file_hash"]}
    answer = await house.decide("marketing", contract["request_id"], "marketing", evidence=kept)
    shown = next(step for step in answer.json()["steps"] if step["id"] == "marketing")
    assert shown["decision"]["evidence"]["file_id"] == kept["file_id"]


async def test_c11_says_its_rule_in_chinese(house):
    contract = await house.submitted()
    version = {"If-Match": '"1"', "Accept-Language": "zh"}
    body = {"step": "first", "decision": "approve"}
    answer = await house.rep.post(f"/v1/requests/{contract['request_id']}/decisions", body, headers=version)
    assert "C11" in answer.json()["detail"]
    assert "审批自己" in answer.json()["detail"]


async def test_s_g2_a_request_explains_its_route_in_both_languages(house):
    contract = await house.submitted()
    path = f"/v1/requests/{contract['request_id']}/explanation"
    told = {}
    for language in ("en", "zh"):
        answer = await house.rep.get(path, headers={"Accept-Language": language})
        assert answer.status_code == 200, answer.text
        told[language] = "\n".join(answer.json()["lines"])
    assert "2,000.00 USD" in told["en"]
    assert "Amount that decides the route" in told["en"]
    assert "路由金额" in told["zh"]


async def test_every_decision_is_in_the_audit(house):
    contract = await house.submitted()
    await house.decide("kam", contract["request_id"], "first")
    answer = await house.auditor.get(f"/v1/audit?subject=request/{contract['request_id']}")
    acts = [(entry["actor"], entry["action"]) for entry in answer.json()["items"]]
    assert acts == [("kam", "approval.decided"), ("rep", "approval.requested")]


async def test_the_inbox_shows_what_waits_for_me_and_nothing_else(house):
    contract = await house.submitted()
    mine = [one["id"] for one in (await house.kam.get("/v1/inbox?limit=200")).json()["items"]]
    theirs = [one["id"] for one in (await house.lawyer.get("/v1/inbox?limit=200")).json()["items"]]
    assert contract["request_id"] in mine
    assert contract["request_id"] not in theirs


async def test_requests_are_listed_within_reach_and_by_state(house):
    contract = await house.submitted()
    listed = (await house.rep.get("/v1/requests?state=pending&subject_type=contract&limit=200")).json()["items"]
    assert contract["request_id"] in [one["id"] for one in listed]
    assert (await house.other_rep.get("/v1/requests?limit=200")).json()["items"] == []


async def test_the_requester_withdraws_and_the_contract_is_a_draft(house):
    contract = await house.submitted()
    answer = await house.rep.post(f"/v1/requests/{contract['request_id']}/withdraw", {"reason": "not yet"})
    assert answer.json()["state"] == "withdrawn"
    assert (await house.rep.get(f"/v1/contracts/{contract['id']}")).json()["state"] == "draft"


async def test_a_contract_of_another_branch_is_not_found(house):
    contract = await house.drafted()
    assert (await house.other_rep.get(f"/v1/contracts/{contract['id']}")).status_code == 404
    assert (await house.other_rep.post("/v1/contracts", house.draft_body())).status_code == 404
    assert (await house.other_rep.get("/v1/contracts")).json()["items"] == []


async def test_without_a_token_nobody_sees_anything(house):
    assert (await house.client.get("/v1/contracts")).status_code == 401


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        pytest.param({"valid_from": "8 March"}, "/valid_from", id="a day in words"),
        pytest.param({"lines": [{"quote_line": 2, "quantity": 1}]}, "/lines/0/quote_line", id="a line not quoted"),
        pytest.param({"lines": [{"quote_line": 1, "quantity": 0}]}, "/lines/0/quantity", id="none of it"),
        pytest.param({"colour": "red"}, "/colour", id="a field nobody knows"),
        pytest.param({"valid_until": "2021-03-08"}, "/valid_until", id="no day at all"),
        pytest.param({"quote_id": None}, "/currency", id="neither quote nor currency"),
        pytest.param(
            {"monthly_rent": {"amount": "1.00", "currency": "USD"}}, "/monthly_rent/currency", id="rent in dollars"
        ),
        pytest.param({"term": "P45D"}, "/term", id="a term in days"),
        pytest.param({"term": "P"}, "/term", id="a term of nothing"),
        pytest.param({"valid_from": "9999-12-31"}, "/valid_from", id="a day of no year of ours"),
    ],
)
async def test_story_8_a_wrong_body_is_answered_with_the_fields_pointer(house, change, pointer):
    answer = await house.rep.post("/v1/contracts", house.draft_body(**change))
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_free_lines_know_the_published_floor(house):
    body = {
        "quote_id": None,
        "currency": "USD",
        "lines": [{"sku": "SKU-1", "quantity": 2, "unit_price": "80.00"}],
    }
    contract = await house.drafted(**body)
    assert contract["lines"][0]["below_floor"] is True
    assert contract["amount"] == {"amount": "160.00", "currency": "USD"}


async def test_r2_free_lines_freeze_what_a_quote_would_have_brand_cost_and_sellers(house):
    lines = [{"sku": "SKU-1", "quantity": 2, "unit_price": "95.00"}, {"sku": "OLD-1", "quantity": 1, "unit_price": "1"}]
    contract = await house.drafted(quote_id=None, currency="USD", lines=lines)
    assert [line["new_brand"] for line in contract["lines"]] == [True, False]
    async with house.sessions() as session:
        row = await repository.contract_to_read(session, contract["id"], reach=EVERYWHERE)
        new, old = repository.contract_of(row).content.lines
    assert (new.cost_minor, old.cost_minor) == (2 * 70_00, None)
    assert new.salespeople == old.salespeople == (Share("rep", Decimal("0.6")), Share("second", Decimal("0.4")))


@pytest.mark.parametrize(
    ("line", "pointer", "code"),
    [
        pytest.param({"sku": "NOBODY-SELLS"}, "/lines/0/sku", "unknown_product", id="a product nobody sells"),
        pytest.param({"sku": " "}, "/lines/0/sku", "unknown_product", id="a blank for a product"),
        pytest.param({"sku": None}, "/lines/0/sku", "missing", id="no product"),
        pytest.param({"unit_price": None}, "/lines/0/unit_price", "missing", id="no price"),
        pytest.param({"unit_price": "0.001"}, "/lines/0/unit_price", "worth_nothing", id="a price that rounds away"),
        pytest.param({"quantity": 1_000_001}, "/lines/0/quantity", "less_than_equal", id="more than any line holds"),
    ],
)
async def test_a_free_line_is_refused_where_its_product_or_price_says_nothing(house, line, pointer, code):
    lines = [{"sku": "SKU-1", "quantity": 2, "unit_price": "95.00"} | line]
    answer = await house.rep.post("/v1/contracts", house.draft_body(quote_id=None, currency="USD", lines=lines))
    assert answer.status_code == 422, answer.text
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]


@pytest.mark.parametrize("user_id", ["ghost", "gone", "machine"])
async def test_c4_who_is_first_responsible_works_here(house, user_id):
    answer = await house.rep.post("/v1/contracts", house.draft_body(first_responsible=user_id))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/first_responsible"), answer.text
    contract = await house.drafted()
    path, asked = f"/v1/contracts/{contract['id']}", {"first_responsible": user_id}
    version = (await house.rep.get(path)).headers["ETag"]
    assert (await house.rep.patch(path, asked, headers={"If-Match": version})).status_code == 422


@pytest.mark.parametrize(
    ("rent", "term", "status"),
    [
        pytest.param("9999999999999.99", None, 422, id="twelve months of more than any contract"),
        pytest.param("9999999999999.99", "P99Y999M", 422, id="two centuries of it"),
        pytest.param("8000000000000.00", "P12M", 201, id="almost too much"),
        pytest.param("0.00", "P12M", 422, id="nothing at all"),
    ],
)
async def test_rent_times_the_term_is_something_and_bounded(house, rent, term, status):
    body = {"quote_id": None, "currency": "USD", "lines": [], "plan": "vpn0", "term": term}
    body["monthly_rent"] = {"amount": rent, "currency": "USD"}
    assert (await house.rep.post("/v1/contracts", house.draft_body(**body))).status_code == status


async def test_p7_a_contract_sells_the_plan_its_quote_sells(house):
    quote, line = (
        str(uuid4()),
        QuoteLine(
            line=1,
            sku="VPN0",
            quantity=12,
            list_unit_minor=60_00,
            floor_unit_minor=60_00,
            net_unit="60.00",
            list_minor=720_00,
            net_minor=720_00,
            plan="vpn0",
            seats=20,
        ),
    )
    told = QuoteAccepted(
        occurred_at=NOW,
        quote_id=quote,
        account_id=house.account,
        number="Q-2",
        branch="kinshasa",
        state="accepted",
        currency="USD",
        price_list="standard",
        lines=(line,),
        total_minor=720_00,
        expires_on=date(2021, 4, 1),
        requested_by="rep",
        accepted_by="Ms Chen",
    )
    async with house.sessions() as session:
        await LEARNED[QuoteAccepted](session, told)
        await session.commit()
    body = {"quote_id": quote, "lines": [{"quote_line": 1, "quantity": 12}]}
    contract = await house.drafted(**body, payment_terms={"instalments": 3})
    assert contract["plan"] == "vpn0"
    refused = await house.rep.post(f"/v1/contracts/{contract['id']}/submit")
    assert refused.json()["refusal"] == "payment_terms_not_allowed"
    other = await house.rep.post("/v1/contracts", house.draft_body(**body, plan="none"))
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "/plan")


async def test_c2_rent_of_an_open_ended_contract_counts_twelve_months(house):
    body = {"quote_id": None, "currency": "USD", "lines": [], "plan": "vpn0"}
    contract = await house.drafted(**body, monthly_rent={"amount": "100.00", "currency": "USD"})
    assert contract["amount"] == {"amount": "1200.00", "currency": "USD"}


async def test_c1_a_submission_names_the_policy_that_refuses_it(house):
    contract = await house.drafted(documents=[])
    answer = await house.rep.post(f"/v1/contracts/{contract['id']}/submit")
    assert answer.status_code == 422
    assert answer.json()["refusal"] == "contract_papers_missing"


async def test_a_route_is_previewed_for_facts_alone(house):
    inputs = {"contract.routing_amount": {"amount": "2000.00", "currency": "USD"}}
    asked = {"route": "contract-route", "branch": "lubumbashi", "inputs": inputs}
    shown = (await house.rep.post("/v1/routes/preview", asked)).json()
    assert [step["role"] for step in shown["steps"]][:2] == ["responsible_head", "legal"]
    assert shown["steps"][0]["resolved"] == []
    assert "general" in shown["left_out"]
    assert shown["expected_days"] >= 8


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        pytest.param({"route": "no-such-route"}, 404, "unknown_route", id="a route nobody published"),
        pytest.param({"route": "contract-route"}, 409, "route_not_decidable", id="S-G2: an amount nobody knows"),
        pytest.param({"route": "contract-route", "inputs": {"x": 1}}, 422, "invalid_request", id="no fact"),
        pytest.param({"route": "contract-route", "branch": "x"}, 422, "invalid_request", id="a branch nobody named"),
        pytest.param({}, 422, "invalid_request", id="neither route nor contract"),
    ],
)
async def test_a_preview_guesses_nothing(house, asked, status, code):
    answer = await house.rep.post("/v1/routes/preview", asked)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


@pytest.mark.parametrize(("branch", "said"), [("", "须指明分公司"), (" ", "须指明分公司"), ("x", "没有名为x的分公司")])
async def test_a_preview_says_which_branch_it_does_not_know(house, branch, said):
    asked = {"route": "contract-route", "branch": branch}
    answer = await house.rep.post("/v1/routes/preview", asked, headers={"Accept-Language": "zh"})
    assert [error["detail"] for error in answer.json()["errors"]] == [said]


async def test_zero_bytes_and_huge_figures_are_refused_and_never_an_error_of_ours(house):
    contract = await house.submitted()
    answers = [
        await house.rep.post(f"/v1/requests/{contract['request_id']}/withdraw", {"reason": "a\u0000b"}),
        await house.rep.get("/v1/requests?subject_id=%00"),
        await house.rep.post("/v1/contracts", house.draft_body(first_responsible="\u0000")),
        await house.rep.post("/v1/contracts", house.draft_body(quote_id="\u0000")),
        await house.rep.post("/v1/contracts", house.draft_body(account_id="\u0000")),
        await house.rep.post(
            "/v1/contracts",
            house.draft_body(
                quote_id=None,
                currency="USD",
                lines=[{"sku": "X", "quantity": 10_000_000, "unit_price": "9999999999999.99"}],
            ),
        ),
        await house.rep.get("/v1/requests?cursor=abc"),
        await house.rep.get("/v1/contracts/not-an-id"),
    ]
    assert [answer.status_code for answer in answers if not 400 <= answer.status_code < 500] == []
