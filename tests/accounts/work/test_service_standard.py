"""KPI, A9: the service standard on the yearly board, and what a falsified return visit costs its branch."""

from typing import Any

from tests.accounts.work.conftest import House
from tests.accounts.work.test_return_visits import filed, named_contact, received_on


async def kpis_of_the_year(house: House, year: int, **query: str) -> dict[str, Any]:
    asked = {"scope": "branch", "id": "kinshasa", "period": str(year), **query}
    answer = await house["kam"].get("/v1/kpis", params=asked)
    assert answer.status_code == 200, answer.text
    [board] = answer.json()["items"]
    return {line["kpi"]: line for line in board["kpis"]}


async def test_a_falsified_return_visit_counts_against_the_kpis_of_its_branch_a9(house: House):
    month = "2023-05"
    accounts = [await house.account(listed=True) for _ in range(2)]
    for account in accounts:
        made = (await filed(house, account["id"], month)).json()
        await received_on(house, made["id"], "2023-05-20")
        await named_contact(house, account["id"], month)
    before = await kpis_of_the_year(house, 2023)
    assert (before["standard"]["value"], before["standard"]["light"]) == ("1.000000", "green")
    now = house.accounts.app.state.mainstay.clock.now()
    sample = (await house["control"].post("/v1/spot-check-samples", {"month": month})).json()
    for check, truthful in zip(sample["checks"], (True, False), strict=True):
        path = f"/v1/spot-checks/{check['id']}/finding"
        found = await house["control"].post(path, {"truthful": truthful, "note": "called the customer"})
        assert found.status_code == 200, found.text
    after = await kpis_of_the_year(house, 2023)
    assert (after["standard"]["value"], after["standard"]["light"]) == ("0.500000", "red")
    # two accounts listed for twelve months: two honest forms, then one
    assert (before["visits"]["value"], after["visits"]["value"]) == ("0.083333", "0.041666")
    known_then = await kpis_of_the_year(house, 2023, known_at=now.isoformat())
    assert known_then["standard"]["value"] == "1.000000"


async def test_the_service_standard_counts_complaints_and_answers_once_they_can_be_judged_a10(house: House):
    account = await house.account()
    year = house.accounts.app.state.mainstay.clock.now().year
    assert (await kpis_of_the_year(house, year))["standard"]["because"] == "no_plan"
    complaint = {"account_id": account["id"], "about": "two cartons wet"}
    opened = (await house["rep"].post("/v1/complaints", complaint)).json()
    assert (await kpis_of_the_year(house, year))["standard"]["because"] == "no_plan", "its time has not come"
    solved = {"resolution": "replaced", "caused_by_us": False}
    done = await house["kam"].post(f"/v1/complaints/{opened['id']}/resolve", solved)
    assert done.status_code in (200, 201), done.text
    late = {"account_id": account["id"], "kind": "feedback", "text": "slow", "received_at": f"{year}-01-04T08:00:00Z"}
    assert (await house["rep"].post("/v1/feedback", late)).status_code == 201
    # acknowledged and resolved in time; the feedback of January never answered
    assert (await kpis_of_the_year(house, year))["standard"]["value"] == "0.666666"
