"""The road of an account: dossier, list, assessments, rating, class, election; answers of approvals come as events."""

from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from services.accounts.consumers import take_events
from shared.db.session import commit
from shared.events.approvals import ApprovalGranted, ApprovalRejected
from shared.events.orders import LineQuantity, OrderDelivered, OrderLine, OrderPaid, OrderPlaced
from shared.ids import new_id
from shared.policy.forms import content_hash
from shared.policy.lifecycle import Published
from shared.policy.seed import pack_of, seed_pack
from shared.policy.service import keep_published
from shared.policy.store import move_epoch
from shared.received import Received
from tests.accounts.conftest import PACK, Accounts
from tests.serving import Caller

ZONE = "Africa/Kinshasa"
take = take_events(ZONE)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def people(accounts: Accounts) -> dict[str, Caller]:
    """The pack published, and one caller for each role the road needs."""
    async with accounts.sessions() as session:
        now = accounts.app.state.mainstay.clock.now()
        for service in ("accounts", "approvals"):
            await seed_pack(session, service=service, documents=pack_of(PACK, service), now=now)
        await commit(session)
    wanted = {
        "rep": {"role": "account_rep", "branch": "kinshasa"},
        "other_rep": {"role": "account_rep", "branch": "lubumbashi"},
        "kam": {"role": "key_account_manager"},
        "market": {"role": "department_head", "department": "market_development"},
        "auditor": {"role": "auditor"},
    }
    found = {}
    for name, role in wanted.items():
        user = await accounts.new_user(role)
        found[name] = await accounts.caller(user["login"])
    return found


def a_dossier(**fields: Any) -> dict[str, Any]:
    return {
        "legal_name": "Ngaliema Mobile Trading SARL",
        "branch": "kinshasa",
        "channel": "dealer",
        "sales_class": "wholesale",
        "registered_capital": {"amount": "500000.00", "currency": "USD"},
        **fields,
    }


async def opened(people: dict[str, Caller], **fields: Any) -> dict[str, Any]:
    answer = await people["rep"].post("/v1/accounts", a_dossier(**fields))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def received(accounts: Accounts, *events: Any) -> None:
    """As the consumer hands a batch to the service."""
    batch = [
        Received(
            event=event,
            event_id=new_id(),
            type=type(event).__name__,
            topic=event.topic,
            aggregate=event.aggregate,
            aggregate_id=event.aggregate_id(),
            sequence=1,
            key=event.partition_key(),
            payload=event.to_bytes(),
            received_at=event.occurred_at,
        )
        for event in events
    ]
    async with accounts.sessions() as session:
        await take(session, batch)
        await commit(session)


async def told(accounts: Accounts, event: str, account_id: str) -> int:
    query = "SELECT count(*) FROM outbox WHERE type = :type AND aggregateid = :id"
    async with accounts.sessions() as session:
        return int(await session.scalar(text(query), {"type": event, "id": account_id}))


async def test_a_dossier_without_its_licence_says_so_and_is_fuller_with_it_a1(accounts, people):
    account = await opened(people)
    path = f"/v1/accounts/{account['id']}"
    before = (await people["rep"].get(f"{path}/dossier")).json()
    assert "business_licence" in [row["field"] for row in before["missing"]]
    paper = {"type": "business_licence", "number": "CD/1", "expires_on": "2199-06-01"}
    assert (await people["rep"].post(f"{path}/documents", paper)).status_code == 201
    after = (await people["rep"].get(f"{path}/dossier")).json()
    assert "business_licence" not in [row["field"] for row in after["missing"]]
    assert len(before["missing"]) - len(after["missing"]) == 1
    assert before["completeness"] < after["completeness"]
    assert await told(accounts, "AccountOpened", account["id"]) == 1
    assert await told(accounts, "AccountChanged", account["id"]) == 1


async def test_nobody_opens_a_dossier_in_a_branch_he_does_not_act_for(accounts, people):
    body = {"legal_name": "Elsewhere", "branch": "lubumbashi", "channel": "dealer", "sales_class": "retail"}
    refused = await people["rep"].post("/v1/accounts", body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (403, "/branch")


async def test_a_branch_that_the_table_does_not_name_has_no_accounts(people):
    for who in ("rep", "kam"):
        refused = await people[who].post("/v1/accounts", a_dossier(branch="nowhere"))
        assert refused.status_code == 422
        assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [
            ("/branch", "unknown_branch")
        ]


async def test_no_account_is_rated_as_of_a_day_to_come_a2(accounts, people):
    refused = await people["kam"].post("/v1/rating-runs", {"as_of": "2199-12-31", "preview": True})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/as_of")


async def test_family_notes_are_shown_masked_a1(people):
    account = await opened(people)
    person = {"role": "main_contact", "name": "Chen Li", "family_notes": "two children"}
    answer = await people["rep"].post(f"/v1/accounts/{account['id']}/people", person)
    assert answer.status_code == 201
    assert "children" not in answer.text
    assert "children" not in (await people["rep"].get(f"/v1/accounts/{account['id']}/dossier")).text


async def test_another_branch_does_not_find_the_account(people):
    account = await opened(people)
    assert (await people["other_rep"].get(f"/v1/accounts/{account['id']}")).status_code == 404
    assert (await people["auditor"].get(f"/v1/accounts/{account['id']}")).status_code == 200


async def test_a_change_on_an_old_version_is_refused(people):
    account = await opened(people)
    path = f"/v1/accounts/{account['id']}"
    tag = (await people["rep"].get(path)).headers["ETag"]
    first = await people["rep"].patch(path, {"phone": "+243 1"}, headers={"If-Match": tag})
    assert first.status_code == 200, first.text
    second = await people["rep"].patch(path, {"phone": "+243 2"}, headers={"If-Match": tag})
    assert second.status_code == 412
    assert (await people["rep"].get(path)).json()["phone"] == "+243 1"


async def test_a_number_is_taken_once(people):
    await opened(people, number="KA-TWICE")
    again = await people["rep"].post("/v1/accounts", a_dossier(number="KA-TWICE"))
    assert again.status_code == 409


async def test_the_reps_of_a_team_share_the_whole_credit_s_i1(people):
    account = await opened(people)
    me = (await people["rep"].get("/v1/me")).json()["user_id"]
    member = {"user_id": me, "duty": "account_rep", "valid_from": "2020-12-01"}
    half = await people["kam"].put(f"/v1/accounts/{account['id']}/team", {"members": [{**member, "share": "0.5"}]})
    assert (half.status_code, half.json()["code"]) == (422, "shares_do_not_add_up")
    whole = await people["kam"].put(f"/v1/accounts/{account['id']}/team", {"members": [member]})
    assert whole.status_code == 200, whole.text


async def test_a_member_of_the_team_serves_at_least_one_day(people):
    account = await opened(people)
    me = (await people["rep"].get("/v1/me")).json()["user_id"]
    member = {"user_id": me, "duty": "account_rep", "valid_from": "2020-12-01", "valid_until": "2020-12-01"}
    answer = await people["kam"].put(f"/v1/accounts/{account['id']}/team", {"members": [member]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/members/0/valid_until"


async def test_a_department_nominates_an_account_once_a_list_a4(people):
    account = await opened(people)
    first = await people["market"].post("/v1/nominations", a_nomination(account["id"], "2034-H1"))
    again = await people["market"].post("/v1/nominations", a_nomination(account["id"], "2034-H1"))
    assert (first.status_code, again.status_code, again.json()["code"]) == (201, 409, "already_nominated")


@pytest.mark.parametrize(
    ("fact", "value", "pointer"),
    [
        pytest.param("account.credit", "splendid", "/value", id="a word credit does not know"),
        pytest.param("account.territory_share", "1.01", "/value", id="more than the whole market"),
        pytest.param("account.territory_share", "NaN", "/value", id="no figure at all"),
        pytest.param("account.class", "A", "/fact", id="a class is rated, never assessed"),
    ],
)
async def test_an_assessment_is_of_a_fact_that_has_no_other_source_a2(people, fact, value, pointer):
    account = await opened(people)
    body = {"fact": fact, "value": value, "assessed_on": "2020-12-10", "evidence": "hearsay"}
    answer = await people["kam"].post(f"/v1/accounts/{account['id']}/assessments", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_frozen_account_is_frozen_once_s_i3(accounts, people):
    account = await opened(people)
    path = f"/v1/accounts/{account['id']}"
    assert (await people["kam"].post(f"{path}/freeze", {"reason": "licence under review"})).json()["frozen"]
    assert (await people["kam"].post(f"{path}/freeze", {"reason": "again"})).status_code == 409
    assert not (await people["kam"].post(f"{path}/unfreeze", {"reason": "clear"})).json()["frozen"]
    assert await told(accounts, "AccountFrozen", account["id"]) == 1


def a_nomination(account_id: str, half_year: str, *, value: bool = True) -> dict[str, Any]:
    reason = {"fact": "account.strategic_project", "value": value, "evidence": "the port's new terminal"}
    return {
        "half_year": half_year,
        "account_id": account_id,
        "department": "market_development",
        "reasons": [reason],
    }


async def test_an_account_that_meets_no_criterion_is_not_nominated_a4(people):
    account = await opened(people)
    answer = await people["market"].post("/v1/nominations", a_nomination(account["id"], "2031-H1", value=False))
    assert (answer.status_code, answer.json()["refusal"]) == (422, "not_a_key_account")


async def test_a_department_is_named_by_its_own_head_a4(people):
    account = await opened(people)
    other = a_nomination(account["id"], "2031-H1") | {"department": "treasury"}
    assert (await people["market"].post("/v1/nominations", other)).json()["code"] == "not_your_department"


async def test_a_list_is_agreed_when_approvals_says_so_and_names_its_accounts_a4(accounts, people):
    account = await opened(people)
    assert (await people["market"].post("/v1/nominations", a_nomination(account["id"], "2032-H1"))).status_code == 201
    path = "/v1/key-account-lists/2032-H1"
    assert (await people["kam"].post(f"{path}/propose", {})).json()["state"] == "proposed"
    assert (await people["kam"].post(f"{path}/propose", {})).status_code == 409
    await received(accounts, granted("key_account_list", "2032-H1"), granted("key_account_list", "2032-H1"))
    agreed = (await people["kam"].get(path)).json()
    assert (agreed["state"], agreed["accounts"]) == ("agreed", [account["id"]])
    assert await told(accounts, "KeyAccountListAgreed", account["id"]) == 1


async def test_a_list_a_department_refused_is_a_draft_again_a4(accounts, people):
    account = await opened(people)
    await people["market"].post("/v1/nominations", a_nomination(account["id"], "2033-H1"))
    await people["kam"].post("/v1/key-account-lists/2033-H1/propose", {})
    refused = granted("key_account_list", "2033-H1").model_dump(exclude={"content_hash", "terms", "granted_at"})
    await received(accounts, ApprovalRejected(**refused, reason="too small"))
    found = (await people["kam"].get("/v1/key-account-lists/2033-H1")).json()
    assert (found["state"], found["accounts"]) == ("draft", [])


def granted(
    subject_type: str, subject_id: str, *, at: str = "2020-12-20T09:00:00+01:00", **ids: Any
) -> ApprovalGranted:
    return ApprovalGranted(
        occurred_at=at,
        request_id=str(new_id()),
        subject_type=subject_type,
        subject_id=subject_id,
        revision=1,
        content_hash="0" * 64,
        granted_at=at,
        **ids,
    )


def bought(account_id: str, *, net_minor: int, day: str, order_id: str) -> list[Any]:
    moment = f"{day}T10:00:00+01:00"
    ids = {"order_id": order_id, "account_id": account_id, "occurred_at": moment}
    line = OrderLine(line=1, sku="S", quantity=10, list_minor=net_minor, net_minor=net_minor)
    return [
        OrderPlaced(
            **ids, number="1", branch="kinshasa", currency="CNY", placed_at=moment, priced_at=moment, lines=(line,)
        ),
        OrderDelivered(**ids, delivery_id="d", delivered_at=moment, lines=(LineQuantity(line=1, quantity=10),)),
        OrderPaid(**ids, payment_id="p", paid_at=moment, amount_minor=net_minor, currency="CNY"),
    ]


async def test_the_first_rating_is_91_11_by_what_has_evidence_a2(accounts, people):
    account = await opened(people)
    for month in range(1, 13):
        events = bought(account["id"], net_minor=10_000_000, day=f"2020-{month:02}-10", order_id=str(new_id()))
        await received(accounts, *events)
    path = f"/v1/accounts/{account['id']}"
    for fact, value in (("account.credit", "high"), ("account.territory_share", "0.25")):
        body = {"fact": fact, "value": value, "assessed_on": "2020-12-10", "evidence": "bank reference"}
        assert (await people["kam"].post(f"{path}/assessments", body)).status_code == 201
    preview = await run(people, account["id"], preview=True)
    assert preview["results"][0]["score"] == "91.11"
    assert preview["results"][0]["proposal_id"] is None
    proposed = (await run(people, account["id"], preview=False))["results"][0]
    assert proposed["grade"] == "A"

    explanation = f"/v1/rating-proposals/{proposed['proposal_id']}/explanation"
    for language, word in (("en", "Credit"), ("zh", "信誉度")):
        explained = await people["kam"].get(explanation, headers={"Accept-Language": language})
        assert "91.11" in explained.text
        assert any(word in said for said in explained.json()["lines"])
    answer = granted("rating", proposed["proposal_id"], account_id=account["id"])
    await received(accounts, answer)
    await received(accounts, answer)
    assert await class_on(people, account["id"], "2020-12-31") is None
    assert await class_on(people, account["id"], "2021-01-01") == "A"
    assert await told(accounts, "ClassChanged", account["id"]) == 1


async def run(people: dict[str, Caller], account_id: str, *, preview: bool) -> dict[str, Any]:
    body = {"accounts": [account_id], "as_of": "2020-12-15", "preview": preview}
    answer = await people["kam"].post("/v1/rating-runs", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def class_on(people: dict[str, Caller], account_id: str, day: str) -> str | None:
    answer = await people["kam"].get(f"/v1/accounts/{account_id}/classes", params={"as_of": day})
    found: str | None = answer.json()["grade"]
    return found


async def test_an_account_that_never_bought_is_rated_on_the_zero_that_is_known_a2(people):
    account = await opened(people)
    body = {"accounts": [account["id"]], "as_of": "2019-12-15", "preview": True}
    found = (await people["kam"].post("/v1/rating-runs", body)).json()["results"][0]
    assert (found["score"], found["grade"]) == ("20.00", "C")


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        pytest.param({}, None, id="from the first day it is listed"),
        pytest.param(
            {"valid_from": "2000-01-02", "valid_until": "2000-02-01"}, "election_not_allowed", id="in the past"
        ),
        pytest.param(
            {"valid_from": "2199-01-01", "valid_until": "2199-02-01"}, "election_not_allowed", id="not listed"
        ),
    ],
)
async def test_an_election_needs_a_key_account_and_a_day_ahead_a12(accounts, people, fields, refusal):
    today = accounts.app.state.mainstay.clock.now().date()
    row = {
        "number": f"E-{new_id()}",
        "legal_name": "Elector",
        "branch": "kinshasa",
        "channel": "dealer",
        "sales_class": "retail",
        "lists": [f"{today.year + 1}-H1"],
    }
    account_id = (await imported(people, [row]))[row["number"]]
    first = {"valid_from": f"{today.year + 1}-01-01", "valid_until": f"{today.year + 1}-07-01"}
    election = {"account_id": account_id, "programme": "p4", "choice": "subsidy", "elected_by": "Ms Chen"}
    answer = await people["rep"].post("/v1/elections", {**election, **first, **fields})
    if refusal is None:
        assert answer.status_code == 201, answer.text
        assert await told(accounts, "ElectionMade", account_id) == 1
        return
    assert (answer.status_code, answer.json()["refusal"]) == (422, refusal)
    assert answer.json()["errors"]
    assert await told(accounts, "ElectionMade", account_id) == 0


async def imported(people: dict[str, Caller], rows: list[dict[str, Any]]) -> dict[str, str]:
    answer = await send(people, rows)
    assert answer.status_code == 201, answer.text
    found = {}
    for row in rows:
        page = (await people["auditor"].get("/v1/accounts", params={"number": row["number"]})).json()
        found[row["number"]] = page["items"][0]["id"]
    return found


async def send(people: dict[str, Caller], rows: list[dict[str, Any]]) -> Any:
    import json

    body = "\n".join(json.dumps(row) for row in rows).encode()
    headers = {"Content-Type": "application/x-ndjson"}
    return await people["kam"].call("POST", "/v1/account-imports", content=body, headers=headers)


async def test_an_import_answers_per_row_and_the_same_file_again_changes_nothing(accounts, people):
    good = {"number": "I-1", "legal_name": "One", "branch": "kinshasa", "channel": "dealer", "sales_class": "retail"}
    rows = [{**good, "lists": ["2009-H2"]}, {**good, "number": "I-2", "channel": "shop"}, {**good, "number": "I-3"}]
    first = (await send(people, rows)).json()
    assert (first["rows"], first["accepted"]) == (3, 2)
    assert [(one["row"], one["pointer"]) for one in first["rejected"]] == [(2, "/channel")]
    again = (await send(people, rows)).json()
    assert (again["accepted"], again["unchanged"]) == (2, 2)
    account_id = (await people["auditor"].get("/v1/accounts", params={"number": "I-1"})).json()["items"][0]["id"]
    assert await told(accounts, "AccountOpened", account_id) == 1
    assert await told(accounts, "KeyAccountListAgreed", account_id) == 1


async def test_a_row_of_an_unknown_branch_is_refused_alone(people):
    row = {"number": "I-4", "legal_name": "Four", "branch": "goma", "channel": "dealer", "sales_class": "retail"}
    answer = (await send(people, [row, {**row, "number": "I-5", "branch": "nowhere"}])).json()
    assert answer["accepted"] == 1
    assert [(one["row"], one["pointer"], one["code"]) for one in answer["rejected"]] == [
        (2, "/branch", "unknown_branch")
    ]


async def test_a_new_branch_is_a_new_version_of_the_table(accounts, people):
    """No release: what an administrator publishes is known to the next request."""
    [table] = [document for document in pack_of(PACK, "accounts") if document.id == "branches"]
    rows = (*table.rows, table.rows[1].__class__({"branch": "kolwezi", "title": table.rows[1]["title"]}))
    wider = table.model_copy(update={"rows": rows})
    async with accounts.sessions() as session:
        now = accounts.app.state.mainstay.clock.now()
        second = Published(wider, 2, "accounts", content_hash(wider), "a", "b", now)
        await keep_published(session, second)
        await move_epoch(session)
        await commit(session)
    opened_there = await people["kam"].post("/v1/accounts", a_dossier(branch="kolwezi"))
    assert opened_there.status_code == 201, opened_there.text


async def test_a_line_that_cannot_be_read_is_named_and_refused_alone(people):
    headers = {"Content-Type": "application/x-ndjson"}
    row = b'{"number": "I-9", "legal_name": "N", "branch": "goma", "channel": "dealer", "sales_class": "retail"}'
    answer = await people["kam"].call("POST", "/v1/account-imports", content=row + b"\nnot json", headers=headers)
    assert (answer.status_code, answer.json()["accepted"]) == (201, 1)
    assert [(one["row"], one["code"]) for one in answer.json()["rejected"]] == [(2, "unreadable_row")]


async def test_the_20_80_report_counts_what_was_delivered_in_the_period_a4(accounts, people):
    big, small = await opened(people), await opened(people)
    await received(accounts, *bought(big["id"], net_minor=9_000_000, day="1999-05-10", order_id=str(new_id())))
    await received(accounts, *bought(small["id"], net_minor=1_000_000, day="1999-06-10", order_id=str(new_id())))
    report = (await people["auditor"].get("/v1/reports/pareto", params={"period": "1999"})).json()
    assert (report["accounts"], report["out_of"], report["total"]) == (1, 2, "100000.00")
    assert report["rows"][0]["account_id"] == big["id"]
