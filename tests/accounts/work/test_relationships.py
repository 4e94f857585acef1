"""A10: a dated plan for a contact: goals, steps with owners and days, done once, reminded of once for each lead."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from services.accounts.relationships.domain import reminder_due
from services.accounts.relationships.service import remind_owners
from shared.calendar import Duration, local_day
from shared.db.session import commit
from tests.accounts.work.conftest import ZONE, House, pointers

LEADS = [Duration.parse(text) for text in ("P7D", "P1D", "P0D")]
DUE = date(2021, 3, 15)


@pytest.mark.parametrize(
    ("today", "lead"),
    [
        pytest.param(date(2021, 3, 7), None, id="eight days before nothing is said"),
        pytest.param(date(2021, 3, 8), "P7D", id="a week before"),
        pytest.param(date(2021, 3, 13), "P7D", id="a week before, said late"),
        pytest.param(date(2021, 3, 14), "P1D", id="the day before"),
        pytest.param(DUE, "P0D", id="the day itself"),
        pytest.param(date(2021, 3, 16), "overdue", id="when it has passed"),
    ],
)
def test_a10_the_nearest_lead_that_has_come_is_reminded_of(today: date, lead: str | None) -> None:
    assert reminder_due(DUE, LEADS, today=today) == lead


def today_of(house: House) -> date:
    return local_day(house.accounts.app.state.mainstay.clock.now(), ZONE)


def in_days(house: House, days: int) -> str:
    return (today_of(house) + timedelta(days=days)).isoformat()


async def person_of(house: House, account_id: str) -> str:
    person = await house["rep"].post(f"/v1/accounts/{account_id}/people", {"role": "main_contact", "name": "Chen Li"})
    return str(person.json()["id"])


async def planned(house: House, who: str = "rep", **fields: Any) -> Any:
    account = await house.account()
    body = {
        "account_id": account["id"],
        "person_id": await person_of(house, account["id"]),
        "goals": ["is asked first when a van is bought"],
        "valid_from": in_days(house, -30),
        "valid_until": in_days(house, 300),
        "steps": [
            {"what": "invite to the workshop", "due_on": in_days(house, 20), "owner": house.ids["clerk"]},
            {"what": "show the new vans", "due_on": in_days(house, 5)},
        ],
    }
    return await house[who].post("/v1/relationship-plans", body | fields)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def plan(house: House) -> dict[str, Any]:
    made = await planned(house)
    assert made.status_code == 201, made.text
    return dict(made.json())


async def test_a10_a_plan_has_goals_and_steps_with_owners_by_the_day_they_are_due(house: House, plan) -> None:
    assert [(step["what"], step["owner"], step["state"]) for step in plan["steps"]] == [
        ("show the new vans", house.ids["rep"], "open"),
        ("invite to the workshop", house.ids["clerk"], "open"),
    ]
    read = await house["auditor"].get(f"/v1/relationship-plans/{plan['id']}")
    assert (read.json(), read.headers["ETag"]) == (plan, '"1"')


async def test_a10_plans_and_steps_are_listed_by_owner_branch_account_and_day(house: House, plan) -> None:
    async def listed(path: str, who: str = "kam", **asked: str) -> list[str]:
        return [one["id"] for one in (await house[who].get(f"/v1/{path}", params=asked)).json()["items"]]

    mine = {"account_id": plan["account_id"]}
    assert await listed("relationship-plans", owner=house.ids["rep"], branch="kinshasa", **mine) == [plan["id"]]
    assert await listed("relationship-plans", on=in_days(house, 300), **mine) == []
    assert await listed("relationship-plans", branch="goma") == []
    assert await listed("relationship-steps", **mine) == [step["id"] for step in plan["steps"]]
    assert await listed("relationship-steps", owner=house.ids["clerk"], **mine) == [plan["steps"][1]["id"]]
    assert await listed("relationship-steps", state="overdue", **mine) == []


async def test_a10_another_branch_sees_nothing_of_a_plan(house: House, plan) -> None:
    path = f"/v1/relationship-plans/{plan['id']}"
    assert (await house["other_rep"].get(path)).status_code == 404
    for listing in ("relationship-plans", "relationship-steps", "relationship-reminders"):
        assert (await house["other_rep"].get(f"/v1/{listing}")).json()["items"] == []
    body = {"what": "x", "due_on": in_days(house, 1)}
    assert (await house["other_rep"].post(f"{path}/steps", body)).status_code == 404
    assert (await house["auditor"].post(f"{path}/steps", body)).status_code == 403


async def test_a10_a_step_is_changed_while_it_is_open_and_done_once(house: House) -> None:
    made = (await planned(house)).json()
    path, step = f"/v1/relationship-plans/{made['id']}", made["steps"][0]["id"]
    change = {"what": "show both vans", "due_on": in_days(house, 9)}
    stale = await house["rep"].call("PUT", f"{path}/steps/{step}", json=change, headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    changed = await house["rep"].call("PUT", f"{path}/steps/{step}", json=change, headers={"If-Match": '"1"'})
    assert (changed.json()["what"], changed.headers["ETag"]) == ("show both vans", '"2"')
    ahead = await house["rep"].post(f"{path}/steps/{step}/done", {"done_on": in_days(house, 1)})
    assert (ahead.status_code, pointers(ahead)) == (422, ["/done_on"])
    done = await house["rep"].post(f"{path}/steps/{step}/done", {"outcome": "wants two"})
    assert (done.json()["state"], done.json()["done_on"], done.json()["outcome"]) == (
        "done", today_of(house).isoformat(), "wants two",
    )  # fmt: skip
    again = await house["rep"].post(f"{path}/steps/{step}/done", {})
    assert (again.status_code, again.json()["code"]) == (409, "step_done_already")
    late = await house["rep"].call("PUT", f"{path}/steps/{step}", json=change, headers={"If-Match": "*"})
    assert (late.status_code, late.json()["code"]) == (409, "step_done_already")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        pytest.param({"person_id": "nobody"}, "/person_id", id="a person of no dossier"),
        pytest.param({"owner": "nobody"}, "/owner", id="an owner nobody knows"),
        pytest.param({"goals": []}, "/goals", id="no goal"),
        pytest.param({"valid_until": "2000-01-01"}, "", id="a plan without a day"),
        pytest.param({"steps": [{"what": "x", "due_on": "2001-02-30"}]}, "/steps/0/due_on", id="30 February"),
        pytest.param({"steps": [{"what": "x", "due_on": "2001-02-03"}]}, "/steps/0/due_on", id="outside the plan"),
        pytest.param({"colour": "red"}, "/colour", id="an unknown field"),
    ],
)
async def test_a10_a_plan_that_cannot_be_meant_is_pointed_at_and_nothing_is_kept(
    house: House, fields: dict[str, Any], pointer: str
) -> None:
    before = (await house["kam"].get("/v1/relationship-plans")).json()["items"]
    refused = await planned(house, **fields)
    assert (refused.status_code, pointers(refused)) == (422, [pointer])
    assert (await house["kam"].get("/v1/relationship-plans")).json()["items"] == before


async def test_a10_owners_are_reminded_once_for_each_lead_and_when_the_day_has_passed(house: House) -> None:
    made = (await planned(house)).json()
    vans, workshop = made["steps"]
    due = date.fromisoformat(vans["due_on"])

    async def said(days_before: int) -> int:
        day = due - timedelta(days=days_before)
        now = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        async with house.sessions() as session:
            told = await remind_owners(session, policies=await house.policies(session), now=now, zone=ZONE)
            await commit(session)
            return told

    for days_before in (5, 1, 1, 0, -1, -2):
        await said(days_before)
    asked = {"account_id": made["account_id"]}
    kept = (await house["kam"].get("/v1/relationship-reminders", params=asked)).json()["items"]
    assert [(one["step_id"], one["lead"]) for one in kept] == [
        (vans["id"], lead) for lead in ("overdue", "P0D", "P1D", "P7D")
    ]
    assert {one["owner"] for one in kept} == {house.ids["rep"]}
    await house["rep"].post(f"/v1/relationship-plans/{made['id']}/steps/{workshop['id']}/done", {})
    await said(-14)
    again = (await house["kam"].get("/v1/relationship-reminders", params=asked)).json()["items"]
    assert again == kept, "a step that is done is not reminded of"
