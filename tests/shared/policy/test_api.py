"""Policies over HTTP: from a YAML file to a published version, refusals with pointers, words for people."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio

from services.rewards.app import make_app
from services.rewards.settings import RewardsSettings
from shared.policy.seed import seed_pack
from tests.serving import Caller, Issuer, employ, serving
from tests.shared.policy.drafts import FOLDER
from tests.shared.policy.house import BONUS, NOW, SERVICES, of_service

PEOPLE = {
    "mkt": "marketing",
    "findir": "finance_director",
    "legal": "legal",
    "rep": ("account_rep", "kinshasa"),
    "shop": "integrator",
}


@dataclass
class House:
    """The rewards service, running, with the pack of every service known."""

    client: httpx2.AsyncClient
    issuer: Issuer

    def __getattr__(self, user_id: str) -> Caller:
        return Caller(self.client, self.issuer.token(user_id))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def rewards(service_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[House]:
    issuer = Issuer()
    settings = RewardsSettings(
        database_url=await service_database("rewards"),
        jwks_url=issuer.jwks,
        clock_profile="story",
        story_clock_start=NOW,
    )
    app = make_app(settings)
    async with serving(app) as client:
        async with app.state.mainstay.sessions() as session:
            for name in SERVICES:
                await seed_pack(session, service=name, documents=of_service(name), now=NOW)
            for user_id, role in PEOPLE.items():
                await employ(session, user_id, role)
            await session.commit()
        yield House(client, issuer)


def bonus(policy_id: str, **changes: Any) -> dict[str, Any]:
    return {**BONUS, "id": policy_id, "stacking": "sales-target", **changes}


async def drafted(caller: Caller, document: dict[str, Any]) -> str:
    answer = await caller.post("/v1/policies", document)
    assert answer.status_code == 201, answer.text
    return f"/v1/policies/{document['id']}/drafts/{answer.json()['draft_id']}"


async def published(house: House, document: dict[str, Any]) -> None:
    draft = await drafted(house.mkt, document)
    proposal = await house.mkt.post(f"{draft}/propose")
    assert proposal.status_code == 200, proposal.text
    answer = await house.findir.post(f"{draft}/publish")
    assert answer.status_code == 200, answer.text


async def test_a_made_up_bonus_goes_from_one_yaml_file_to_a_published_version(rewards: House) -> None:
    text = json.dumps(bonus("yaml-bonus"), ensure_ascii=False)  # JSON is YAML
    draft = await rewards.mkt.call(
        "POST",
        "/v1/policies",
        content=text.encode(),
        headers={"Content-Type": "application/yaml", "Idempotency-Key": str(uuid4())},
    )
    assert (draft.status_code, draft.json()["state"], draft.json()["findings"]) == (201, "draft", [])
    path = f"/v1/policies/yaml-bonus/drafts/{draft.json()['draft_id']}"
    assert (await rewards.mkt.post(f"{path}/propose")).json()["state"] == "proposed"
    answer = await rewards.findir.post(f"{path}/publish")
    assert (answer.status_code, answer.json()["state"], answer.json()["checker"]) == (200, "published", "findir")
    assert answer.headers["Mainstay-Seen"] == "policy/yaml-bonus@1"
    version = (await rewards.rep.get("/v1/policies/yaml-bonus/versions/1")).json()
    assert version["document"]["table"]["rows"][1] == {"from": 50000, "amount": "500.00"}
    assert (version["maker"], version["checker"], version["service"]) == ("mkt", "findir", "rewards")


async def test_publishing_again_with_the_same_key_answers_the_same(rewards: House) -> None:
    draft = await drafted(rewards.mkt, bonus("twice-bonus"))
    await rewards.mkt.post(f"{draft}/propose")
    first = await rewards.findir.post(f"{draft}/publish", key="once")
    again = await rewards.findir.post(f"{draft}/publish", key="once")
    assert (first.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await rewards.findir.post(f"{draft}/publish")).json()["code"] == "wrong_draft_state"


async def test_who_wrote_a_policy_does_not_publish_it_and_only_its_owner_does(rewards: House) -> None:
    """C10, C11"""
    draft = await drafted(rewards.findir, bonus("own-bonus"))
    await rewards.findir.post(f"{draft}/propose")
    own, others = await rewards.findir.post(f"{draft}/publish"), await rewards.legal.post(f"{draft}/publish")
    assert (own.status_code, own.json()["code"]) == (403, "maker_cannot_publish")
    assert (others.status_code, others.json()["code"]) == (403, "not_the_publisher")


async def test_a_wrong_draft_is_told_its_findings_and_refused_when_proposed(rewards: House) -> None:
    table = {**BONUS["table"], "rows": [{"from": 0, "to": 40000, "nothing": True}, {"from": 50000, "amount": "500.00"}]}
    answer = await rewards.mkt.post("/v1/policies", bonus("gap-bonus", table=table))
    (finding,) = answer.json()["findings"]
    assert (finding["code"], finding["path"], finding["severity"]) == ("table_gap", "table.rows[1].from", "error")
    path = f"/v1/policies/gap-bonus/drafts/{answer.json()['draft_id']}/propose"
    english = await rewards.mkt.post(path)
    chinese = await rewards.mkt.post(path, headers={"Accept-Language": "zh"})
    assert (english.status_code, english.json()["code"]) == (422, "policy_not_clean")
    assert english.json()["errors"] == [
        {"pointer": "/table/rows/1/from", "code": "table_gap", "detail": "Values from 40000 to 50000 have no row."}
    ]
    assert chinese.json()["errors"][0]["detail"] == "40000至50000之间没有档位。"


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        pytest.param(b'{"id": "x", "id": "y"}', "application/json", 422, "policy_unreadable", id="a key twice"),
        pytest.param(b"{", "application/json", 422, "policy_unreadable", id="no JSON"),
        pytest.param(b"[" * 5000, "application/json", 422, "policy_unreadable", id="JSON without a floor"),
        pytest.param(b"id: [", "application/yaml", 422, "policy_unreadable", id="no YAML"),
        pytest.param(b"\xff\xfe\x00", "application/yaml", 422, "policy_unreadable", id="no text"),
        pytest.param(b"a: &a [x]\nb: &b [*a, *a]", "application/yaml", 422, "policy_unreadable", id="no form"),
        pytest.param(
            b"id: x\nform: table\ndue: 2021-13-45", "application/yaml", 422, "policy_unreadable", id="a 13th month"
        ),
        pytest.param(b"", "application/yaml", 422, "other_policy_named", id="nothing"),
        pytest.param(b"<policy/>", "application/xml", 415, "unsupported_media_type", id="XML"),
        pytest.param(
            json.dumps({**BONUS, "measure": 0.1}).encode(),
            "application/json",
            422,
            "policy_unreadable",
            id="a float",
        ),
        pytest.param(
            json.dumps({**BONUS, "owner": "fin\x00dir"}).encode(),
            "application/json",
            422,
            "policy_unreadable",
            id="a NUL",
        ),
    ],
)
async def test_what_is_no_policy_is_refused(rewards: House, content: bytes, kind: str, status: int, code: str) -> None:
    headers = {"Content-Type": kind, "Idempotency-Key": str(uuid4())}
    answer = await rewards.mkt.call("POST", "/v1/policies", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_short_text_that_unfolds_without_end_is_refused_at_once(rewards: House) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]" for n in range(1, 12)]
    text = "\n".join(["form: table", "id: bomb", *lines])
    headers = {"Content-Type": "application/yaml", "Idempotency-Key": str(uuid4())}
    answer = await rewards.mkt.call("POST", "/v1/policies", content=text.encode(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "policy_unreadable")


async def test_the_document_and_the_address_name_the_same_policy(rewards: House) -> None:
    answer = await rewards.mkt.post("/v1/policies/set-off/drafts", bonus("other-bonus"))
    assert (answer.status_code, answer.json()["code"]) == (422, "other_policy_named")


async def test_a_policy_of_another_service_is_drafted_there(rewards: House) -> None:
    price = {**bonus("a-discount"), "stacking": "volume-discount"}
    answer = await rewards.mkt.post("/v1/policies", price)
    assert (answer.status_code, answer.json()["code"]) == (409, "policy_of_another_service")
    assert "pricing" in answer.json()["detail"]


async def test_a_start_in_the_past_needs_a_reason(rewards: House) -> None:
    draft = await drafted(rewards.mkt, bonus("late-bonus", valid={"from": "2020-10-01"}))
    refused = await rewards.mkt.post(f"{draft}/propose")
    assert (refused.status_code, refused.json()["code"]) == (422, "retroactive_without_reason")
    assert refused.json()["errors"][0]["pointer"] == "/retroactive_reason"
    taken = await rewards.mkt.post(f"{draft}/propose", {"retroactive_reason": "Signed late."})
    assert (taken.status_code, taken.json()["reason"]) == (200, "Signed late.")


async def test_a_change_is_told_in_words_of_both_languages(rewards: House) -> None:
    await published(rewards, bonus("word-bonus"))
    rows = [{"from": 0, "to": 60000, "nothing": True}, {"from": 60000, "amount": "550.00"}]
    changed = bonus("word-bonus", table={**BONUS["table"], "rows": rows})
    draft = await rewards.mkt.post("/v1/policies/word-bonus/drafts", changed)
    assert draft.json()["based_on"] == 1
    path = f"/v1/policies/word-bonus/drafts/{draft.json()['draft_id']}"
    await rewards.mkt.post(f"{path}/propose")
    assert (await rewards.findir.post(f"{path}/publish")).status_code == 200
    answer = (await rewards.rep.get("/v1/policies/word-bonus/diff?from=1&to=2")).json()
    assert [change["en"] for change in answer["changes"]] == [
        "table, row 1, to: 50000 becomes 60000.",
        "table, row 2, from: 50000 becomes 60000.",
        "table, row 2, amount: 500.00 becomes 550.00.",
    ]
    assert answer["changes"][2]["zh"] == "档位表 档第2项 金额：由500.00改为550.00。"
    history = (await rewards.rep.get("/v1/policies/word-bonus")).json()
    assert [one["version"] for one in history["versions"]] == [2, 1]
    assert [one["state"] for one in history["drafts"]] == ["published", "published"]


async def test_a_version_is_taken_back_over_the_same_two_steps(rewards: House) -> None:
    await published(rewards, bonus("wrong-bonus"))
    said = {"withdraws": 1, "reason": "Last year's figures."}
    draft = await rewards.mkt.post("/v1/policies/wrong-bonus/drafts", said)
    path = f"/v1/policies/wrong-bonus/drafts/{draft.json()['draft_id']}"
    await rewards.mkt.post(f"{path}/propose")
    answer = await rewards.findir.post(f"{path}/publish")
    assert answer.headers["Mainstay-Seen"] == "policy/wrong-bonus@2"
    in_force = (await rewards.rep.get("/v1/policies?on=2021-03-01&limit=200")).json()["items"]
    assert "wrong-bonus" not in {one["id"] for one in in_force}
    bad = await rewards.mkt.post("/v1/policies/wrong-bonus/drafts", {"withdraws": 0, "reason": ""})
    assert (bad.status_code, {one["pointer"] for one in bad.json()["errors"]}) == (422, {"/withdraws", "/reason"})


async def test_the_list_of_a_day_holds_what_is_in_force_and_is_read_by_pages(rewards: House) -> None:
    async def listed(on: date) -> list[str]:
        names, path = [], f"/v1/policies?on={on.isoformat()}&limit=7"
        while True:
            page = (await rewards.rep.get(path)).json()
            names += [one["id"] for one in page["items"]]
            if "next" not in page or page["next"] is None:
                return names
            path = f"/v1/policies?on={on.isoformat()}&limit=7&cursor={page['next']}"

    in_2021, in_2024 = await listed(date(2021, 3, 1)), await listed(date(2024, 3, 1))
    assert in_2021 == sorted(set(in_2021))
    assert {"volume-subsidy", "volume-discount", "contract-route", "price-entry"} <= set(in_2021)
    assert {"volume-subsidy", "volume-discount"}.isdisjoint(in_2024)
    routes = (await rewards.rep.get("/v1/policies?form=route&limit=200")).json()["items"]
    assert {one["form"] for one in routes} == {"route"}
    assert {one["service"] for one in routes} == {"approvals"}


async def test_the_book_of_a_day_is_printed_in_either_language(rewards: House) -> None:
    english = await rewards.rep.get("/v1/policies/book?on=2021-03-01")
    chinese = await rewards.rep.get("/v1/policies/book?on=2021-03-01", headers={"Accept-Language": "zh"})
    assert english.headers["content-type"] == "text/markdown; charset=utf-8"
    assert english.text.startswith("# Policies in force on 2021-03-01")
    assert "| 100,000 | 500,000 | 25 % |" in english.text
    assert chinese.text.startswith("# 2021-03-01生效政策汇编")
    assert "volume-subsidy-2026" not in english.text


async def test_lint_over_http_stores_nothing_and_reads_a_whole_draft(rewards: House) -> None:
    headers = {"Content-Type": "application/yaml"}
    champion = (FOLDER / "sales-champion.yaml").read_bytes()
    answer = await rewards.mkt.call("POST", "/v1/policies/lint", content=champion, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"documents": 1, "findings": []})
    wrong = champion.replace(b"mode: whole_volume", b"mode: 0.5")
    answer = await rewards.mkt.call("POST", "/v1/policies/lint", content=wrong, headers=headers)
    assert [one["code"] for one in answer.json()["findings"]] == ["float_number"]
    assert (await rewards.rep.get("/v1/policies/sales-champion")).status_code == 404


async def test_facts_are_listed_with_their_meaning_in_both_languages(rewards: House) -> None:
    page = (await rewards.rep.get("/v1/facts?service=pricing&limit=3")).json()
    assert len(page["items"]) == 3
    assert page["items"][0]["meaning"]["zh"]
    following = (await rewards.rep.get(f"/v1/facts?service=pricing&limit=3&cursor={page['next']}")).json()
    assert following["items"][0]["name"] > page["items"][-1]["name"]
    assert all("pricing" in one["services"] for one in page["items"])


@pytest.mark.parametrize(
    ("caller", "method", "path", "status"),
    [
        pytest.param("shop", "GET", "/v1/policies", 403, id="a machine reads no policies"),
        pytest.param("rep", "POST", "/v1/policies", 403, id="a rep writes none"),
        pytest.param("rep", "POST", "/v1/policies/set-off/drafts", 403, id="nor a next version"),
        pytest.param("mkt", "GET", "/v1/policies/no-such-thing", 404, id="a policy nobody wrote"),
        pytest.param("mkt", "GET", "/v1/policies/set-off/versions/7", 404, id="a version nobody published"),
        pytest.param("mkt", "GET", "/v1/policies/Set%00Off", 422, id="an id no policy has"),
        pytest.param("mkt", "GET", "/v1/policies/set-off/diff?from=1&to=99999999999999", 404, id="a far version"),
    ],
)
async def test_what_may_not_be_or_is_not_is_refused(
    rewards: House, caller: str, method: str, path: str, status: int
) -> None:
    headers = {"Idempotency-Key": str(uuid4())} if method == "POST" else {}
    answer = await getattr(rewards, caller).call(method, path, headers=headers)
    assert answer.status_code == status, answer.text
