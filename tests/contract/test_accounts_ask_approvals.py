"""What accounts asks is decided by the right people in approvals, and the answer has its effect in accounts."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, timedelta
from itertools import chain
from typing import Any

import pytest
import pytest_asyncio

from shared.calendar import local_day, period_of
from shared.clock import system_now
from tests.accounts.programmes_house import bought
from tests.contract.both_at_work import HEADS, Both, both_at_work, said
from tests.shared.pipe.waiting import until

pytestmark = pytest.mark.kafka

TODAY = local_day(system_now(), "Africa/Kinshasa")
SURVEY = {
    "cost_fit": "high",
    "technology_fit": "fair",
    "environment_fit": "high",
    "expected_purchases": {"amount": "100000.00", "currency": "CNY"},
}


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


@pytest_asyncio.fixture(scope="module")
async def both(
    service_database: Callable[[str], Awaitable[str]],
    kafka: str,
    topic_prefix: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Both]:
    async with both_at_work(service_database, kafka, topic_prefix, tmp_path_factory.mktemp("files")) as started:
        yield started


async def test_a7_a_case_returned_by_the_director_is_asked_again_and_agreed(both: Both) -> None:
    rep = both["rep"].accounts
    body = {"candidate": "Matadi Port Services SA", "branch": "kinshasa", "reason": "runs forty vehicles"}
    case_id = (await said(rep.post("/v1/development-cases", body), 201))["id"]
    path = f"/v1/development-cases/{case_id}"

    async def advance(move: str, **brings: Any) -> None:
        await said(rep.post(f"{path}/advance", {"move": move, **brings}))

    await advance("survey", survey=SURVEY)
    await advance("screen")
    await advance("apply", application={"plan": "three demonstrations", "budget": cny("5000.00")})
    await advance("submit")
    first = await both.asked("case", case_id)
    await both.decides("kam", first)
    await both.until_accounts_says(path, stage="director_review")
    await both.decides("sales", first, "reject", comment="the budget is too high")
    await both.until_accounts_says(path, stage="application")
    await advance("apply", application={"plan": "two demonstrations", "budget": cny("3000.00")})
    await advance("submit")
    second = await both.asked("case", case_id)
    assert second["revision"] == 2
    for name in ("kam", "sales"):
        await both.decides(name, second)
    agreed = await both.until_accounts_says(path, stage="group")
    assert [step["move"] for step in agreed["steps"]][3:] == [
        *("submit", "manager_agrees", "send_back"),
        *("apply", "submit", "manager_agrees", "director_agrees"),
    ]
    assert (agreed["budget"], agreed["allowed"]) == (cny("3000.00"), ["form_group", "open_dossier", "lose"])


async def test_a8_a_plan_withdrawn_is_planned_again_and_what_exceeds_the_commitment_is_asked_anew(both: Both) -> None:
    rep, fin = both["rep"].accounts, both["fin"].accounts
    plan = {"plan": "show the new radios", "planned_on": TODAY.isoformat(), "budget": cny("800.00")}
    account_id = await both.opened("Ngaliema Mobile Trading SARL")
    visit_id = (await said(rep.post("/v1/visits", {**plan, "account_id": account_id}), 201))["id"]
    path = f"/v1/visits/{visit_id}"
    await said(rep.post(f"{path}/submit"))
    first = await both.asked("visit", visit_id)
    taken_back = {"reason": "the customer is away"}
    await said(both["rep"].approvals.post(f"/v1/requests/{first['id']}/withdraw", taken_back))
    await both.until_accounts_says(path, state="planned")
    await said(rep.post(f"{path}/submit"))
    for name in ("kam", "sales"):
        await both.decides(name, await both.asked("visit", visit_id))
    await both.until_accounts_says(path, state="approved")
    await said(fin.post(f"{path}/commit", {"amount": cny("700.00")}))
    report = {"happened_on": TODAY.isoformat(), "needs": "a service contract", "objections": "price of batteries"}
    await said(rep.post(f"{path}/report", report))
    await said(both["kam"].accounts.post(f"{path}/check", {"note": "complete"}))
    await said(rep.post(f"{path}/claim", {"amount": cny("700.01"), "receipts": [await receipt(both)]}))
    assert (await said(fin.post(f"{path}/reimburse")))["state"] == "extra_review"
    for name in ("kam", "sales"):
        await both.decides(name, await both.asked("visit", visit_id))
    granted = await both.until_accounts_says(path, state="claimed")
    assert granted["extra_granted"] == cny("700.01")
    assert (await said(fin.post(f"{path}/reimburse")))["state"] == "reimbursed"
    routes = [(one["route"].partition("@")[0], one["state"]) for one in await both.requests("visit", visit_id)]
    assert routes == [("extra-expense", "granted"), ("visit", "granted"), ("visit", "withdrawn")]


async def receipt(both: Both) -> str:
    headers = {"Content-Type": "application/pdf"}
    file = both["rep"].accounts.call("POST", "/v1/files", content=b"%PDF-1.7 a receipt", headers=headers)
    return str((await said(file, 201))["file_hash"])


async def test_a5_an_override_holds_as_the_general_manager_granted_it(both: Both) -> None:
    account_id, override_id = await override_asked(both, days=90)
    request = await both.asked("rating", override_id)
    await both.decides("sales", request)
    until_day = (TODAY + timedelta(days=30)).isoformat()
    terms = {"grade": "B", "reason": "B is enough", "until": until_day}
    await both.decides("gm", request, terms=terms)
    held = await both.until_accounts_says(f"/v1/rating-overrides/{override_id}", state="accepted")
    assert (held["grade"], held["valid_until"], held["reason"]) == ("B", until_day, "B is enough")
    today = await said(both["kam"].accounts.get(f"/v1/accounts/{account_id}/classes?as_of={TODAY}"))
    assert (today["grade"], today["valid_until"]) == ("B", until_day)


async def test_a5_a_rejected_override_leaves_the_account_without_a_class(both: Both) -> None:
    account_id, override_id = await override_asked(both, days=90)
    await both.decides("sales", await both.asked("rating", override_id), "reject", comment="no reason to")
    await both.until_accounts_says(f"/v1/rating-overrides/{override_id}", state="rejected")
    today = await said(both["kam"].accounts.get(f"/v1/accounts/{account_id}/classes?as_of={TODAY}"))
    assert today["grade"] is None


async def override_asked(both: Both, *, days: int) -> tuple[str, str]:
    account_id = await both.opened("Lukala Cement SA")
    until_day = (TODAY + timedelta(days=days)).isoformat()
    body = {"account_id": account_id, "grade": "A", "reason": "bought a class A house", "valid_until": until_day}
    return account_id, (await said(both["kam"].accounts.post("/v1/rating-overrides", body), 201))["id"]


async def test_a4_a_nomination_that_every_department_agrees_on_is_on_the_list(both: Both) -> None:
    account_id, half_year = await both.opened("Kasumbalesa Freight SARL"), period_of("half_year", TODAY).key
    reason = {"fact": "account.develops_market", "value": True, "evidence": "opened 14 shops"}
    named = {"half_year": half_year, "account_id": account_id, "department": HEADS[0], "reasons": [reason]}
    await said(both[HEADS[0]].accounts.post("/v1/nominations", named), 201)
    path = f"/v1/key-account-lists/{half_year}"
    await said(both["kam"].accounts.post(f"{path}/propose", {}), 201)
    request = await both.asked("key_account_list", half_year)
    for head in HEADS:
        assert (await said(both["kam"].accounts.get(path)))["accounts"] == []
        await both.decides(head, request)
    agreed = await both.until_accounts_says(path, state="agreed")
    assert agreed["accounts"] == [account_id]
    assert {one["department"]: one["decided_by"] for one in agreed["departments"]} == {
        head: both[head].user_id for head in HEADS
    }
    published = await said(both["kam"].accounts.post(f"{path}/publish", {}), 201)
    assert (published["state"], published["accounts"]) == ("published", [account_id])


# ---- A11: condition 5 is judged on its two figures; who admits is a person of accounts, and nobody else is asked ----

FIRST_YEAR = TODAY.year - 1
ON_SITE = ("own_unit", "office", "dormitory", "organisation_complete", "incentive_scheme")
PERSON = ("energy", "drive", "learning", "breadth", "courage")
MANAGEMENT = ("cooperation", "company_management", "staff_training", "reputation", "brand_protection")


@pytest.mark.parametrize(
    ("bought_minor", "share", "answer", "status"),
    [
        pytest.param(350_000_000, "0.60", "pass", 201, id="both figures reached"),
        pytest.param(349_999_999, "0.60", "fail", 422, id="a cent less than 3,500,000 in the year"),
        pytest.param(350_000_000, "0.5999", "fail", 422, id="less than 60 % of the category"),
    ],
)
async def test_a11_the_exception_of_condition_5_needs_both_figures(
    both: Both, bought_minor: int, share: str, answer: str, status: int
) -> None:
    account_id = await both.opened("Boma Paint SARL")
    await everything_shown_but_focus(both, account_id)
    await shown(both, account_id, "single_brand", "false")
    await shown(both, account_id, "brand_share_of_category", share)
    orders = (
        bought(account_id, net_minor=200_000_000, day=f"{FIRST_YEAR - 1}-05-10"),
        bought(account_id, net_minor=bought_minor, day=f"{FIRST_YEAR}-05-10"),
    )
    await both.told_elsewhere(chain.from_iterable(orders))
    body = {"account_id": account_id, "starts_on": f"{FIRST_YEAR}-01-01"}
    conditions: dict[str, str] = {}

    async def sales_arrived() -> bool:
        found = await said(both["rep"].accounts.post("/v1/programmes/support/evaluations", body), 201)
        conditions.update({one["id"]: one["answer"] for one in found["conditions"]})
        short = {one["fact"]: one["short_by"] for part in found["conditions"] for one in part["missing"]}
        return conditions["sales"] == "pass" and short.get("purchases") in (None, "0.01")

    await until(sales_arrived, within_s=60)
    focus = conditions.pop("focus")
    assert (focus, set(conditions.values())) == (answer, {"pass"})
    joined = await both["kam"].accounts.post("/v1/programmes/support/memberships", body)
    assert joined.status_code == status, joined.text
    if status == 422:
        assert [error["pointer"] for error in joined.json()["errors"]] == ["/focus"]
    page = await said(both["auditor"].approvals.get("/v1/requests", params={"account_id": account_id}))
    assert page["items"] == []


async def everything_shown_but_focus(both: Both, account_id: str) -> None:
    """Condition 4 is of each year: its funds are shown for both."""
    for fact in ON_SITE:
        await shown(both, account_id, fact, "true")
    await shown(both, account_id, "promoters", "15")
    for item in await checklist(both):
        await shown(both, account_id, "equipment_missing", "1", item=item)
    for year in (FIRST_YEAR, TODAY.year):
        day = min(date(year, 3, 10), TODAY)
        await shown(both, account_id, "dedicated_funds", "1000000.00", currency="CNY", seen_on=day.isoformat())
    for fact in (*PERSON, *MANAGEMENT):
        await shown(both, account_id, fact, "high")


async def checklist(both: Both) -> list[str]:
    found = await said(both["auditor"].accounts.get("/v1/policies/support-equipment/versions/1"))
    return [f"{row['place']}/{row['item']}" for row in found["document"]["rows"]]


async def shown(both: Both, account_id: str, fact: str, value: str, **more: Any) -> None:
    body = {
        "account_id": account_id,
        "fact": f"programme.{fact}",
        "value": value,
        "seen_on": f"{FIRST_YEAR}-03-10",
        "evidence": "inspection report 14",
        **more,
    }
    await said(both["rep"].accounts.post("/v1/programmes/support/evidence", body), 201)


async def test_nothing_of_all_this_was_parked_on_either_side(both: Both) -> None:
    for door in (both.admin.accounts, both.admin.approvals):
        assert (await said(door.get("/v1/dead-letters")))["items"] == []
