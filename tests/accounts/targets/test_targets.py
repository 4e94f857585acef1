"""Plans for people, branches and accounts (KPI, R7): who sets them, for what, and who hears of it."""

from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from shared.clock import system_now
from shared.db.mechanisms import outbox
from shared.events.accounts import SalesTargetSet
from tests.accounts.conftest import Accounts
from tests.serving import Caller

YEAR = system_now().year + 1
QUARTER = f"{YEAR}-Q1"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def people(accounts: Accounts) -> dict[str, Any]:
    roles = {
        "rep": {"role": "account_rep", "branch": "kinshasa"},
        "other_rep": {"role": "account_rep", "branch": "lubumbashi"},
        "head": {"role": "branch_manager", "branch": "kinshasa"},
        "kam": {"role": "key_account_manager"},
    }
    found: dict[str, Any] = {}
    for name, role in roles.items():
        user = await accounts.new_user(role)
        found[name], found[f"{name}_id"] = await accounts.caller(user["login"]), user["user_id"]
    return found


def a_target(people: dict[str, Any], **fields: Any) -> dict[str, Any]:
    amount = {"amount": "300000.00", "currency": "CNY"}
    return {"scope": "rep", "scope_id": people["rep_id"], "period": QUARTER, "amount": amount, **fields}


async def targets_of(caller: Caller, scope_id: str) -> list[dict[str, Any]]:
    return list((await caller.get(f"/v1/sales-targets?scope_id={scope_id}")).json()["items"])


async def test_kpi_a_sales_target_is_set_shown_and_told_to_rewards(accounts: Accounts, people: dict[str, Any]) -> None:
    made = await people["head"].post("/v1/sales-targets", a_target(people))
    assert made.status_code == 201, made.text
    assert (made.json()["valid_from"], made.json()["valid_until"]) == (f"{YEAR}-01-01", f"{YEAR}-04-01")
    assert await targets_of(people["rep"], people["rep_id"]) == [made.json()]
    async with accounts.sessions() as session:
        query = select(outbox.c.payload).where(
            outbox.c.type == "SalesTargetSet", outbox.c.aggregateid == f"rep:{people['rep_id']}"
        )
        told = SalesTargetSet.from_bytes((await session.scalars(query)).one())
    assert (told.scope, told.period, told.amount_minor, told.currency) == ("rep", QUARTER, 30_000_000, "CNY")


async def test_kpi_a_target_set_again_replaces_the_one_before(people: dict[str, Any]) -> None:
    path, period = "/v1/sales-targets", f"{YEAR}-Q2"
    await people["kam"].post(path, a_target(people, period=period))
    second = await people["kam"].post(
        path, a_target(people, period=period, amount={"amount": "1.00", "currency": "CNY"})
    )
    standing = (await people["kam"].get(f"{path}?scope_id={people['rep_id']}&period={period}")).json()["items"]
    assert standing == [second.json()]


async def test_kpi_targets_are_set_and_seen_within_ones_branch_only(people: dict[str, Any]) -> None:
    path = "/v1/sales-targets"
    others = await people["kam"].post(path, a_target(people, scope_id=people["other_rep_id"]))
    branch = await people["kam"].post(path, a_target(people, scope="branch", scope_id="lubumbashi"))
    assert (others.status_code, branch.status_code) == (201, 201)
    for fields in ({"scope_id": people["other_rep_id"]}, {"scope": "branch", "scope_id": "lubumbashi"}):
        refused = await people["head"].post(path, a_target(people, **fields))
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "unknown_scope")
    seen = {row["scope_id"] for row in (await people["head"].get(f"{path}?limit=200")).json()["items"]}
    assert not seen & {people["other_rep_id"], "lubumbashi"}
    assert await targets_of(people["rep"], people["other_rep_id"]) == []


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        pytest.param({"period": "2001-Q1"}, 409, "period_over", id="a period that is over"),
        pytest.param({"period": "2030-13"}, 422, "unknown_period", id="a month there is not"),
        pytest.param({"scope_id": "nobody"}, 422, "unknown_scope", id="somebody who is no rep"),
        pytest.param({"scope": "branch", "scope_id": "atlantis"}, 422, "unknown_scope", id="a branch nobody named"),
        pytest.param({"amount": {"amount": "0.001", "currency": "CNY"}}, 422, "invalid_amount", id="a tenth of a cent"),
        pytest.param({"amount": {"amount": "1.00", "currency": "XXY"}}, 422, "unknown_currency", id="no currency"),
    ],
)
async def test_kpi_a_target_that_cannot_be_meant_is_refused(
    people: dict[str, Any], fields: dict[str, Any], status: int, code: str
) -> None:
    answer = await people["kam"].post("/v1/sales-targets", a_target(people, **fields))
    assert answer.status_code == status, answer.text
    assert code in {answer.json()["code"], *(error["code"] for error in answer.json().get("errors", ()))}


async def test_kpi_cases_are_planned_by_number_and_service_by_a_budget(people: dict[str, Any]) -> None:
    branch = {"scope": "branch", "scope_id": "kinshasa", "period": QUARTER}
    budget = {"amount": "5000.00", "currency": "CNY"}
    cases = await people["head"].post("/v1/kpi-targets", {"kpi": "kpi.development_completion", **branch, "planned": 4})
    cost = await people["head"].post("/v1/kpi-targets", {"kpi": "kpi.service_cost_share", **branch, "amount": budget})
    assert (cases.status_code, cost.status_code) == (201, 201)
    wrong = [
        {"kpi": "kpi.development_completion", **branch, "amount": budget},
        {"kpi": "kpi.service_cost_share", **branch, "planned": 4},
    ]
    answers = [await people["head"].post("/v1/kpi-targets", body) for body in wrong]
    assert [answer.json()["errors"][0]["code"] for answer in answers] == ["wrong_plan"] * 2
    listed = (await people["head"].get("/v1/kpi-targets?scope_id=kinshasa")).json()["items"]
    assert [(row["planned"], row["amount"]) for row in listed] == [(4, None), (None, budget)]
