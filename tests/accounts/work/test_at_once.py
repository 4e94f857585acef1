"""Of two who write the same at once one does, and the other is told so: never a 500, never twice."""

import asyncio
from typing import Any

from tests.accounts.conftest import PASSWORD
from tests.accounts.work.conftest import House
from tests.accounts.work.test_return_visits import filed

STRATEGIC = {"fact": "account.strategic_project", "value": True, "evidence": "the port's new terminal"}


async def at_once(caller: Any, path: str, body: Any, *, times: int = 4) -> tuple[list[int], set[str]]:
    """The statuses of as many equal calls, and the codes of those refused."""
    answers = await asyncio.gather(*(caller.post(path, body) for _ in range(times)))
    return sorted(one.status_code for one in answers), {one.json().get("code") for one in answers} - {None}


async def nominated(house: House, half_year: str) -> tuple[list[int], set[str]]:
    body = {"half_year": half_year, "department": "market_development", "reasons": [STRATEGIC]}
    account = await house.account()
    return await at_once(house["market"], "/v1/nominations", {**body, "account_id": account["id"]})


async def test_a_department_nominates_an_account_once_however_often_it_asks_at_once_a4(house):
    assert await nominated(house, "2046-H1") == ([201, 409, 409, 409], {"already_nominated"})


async def test_a_list_is_proposed_once_by_those_who_propose_it_at_once_a4(house):
    await nominated(house, "2047-H1")
    statuses, _ = await at_once(house["kam"], "/v1/key-account-lists/2047-H1/propose", {})
    assert statuses == [201, 409, 409, 409]
    assert (await house["kam"].get("/v1/key-account-lists/2047-H1")).json()["state"] == "proposed"


async def test_a_month_is_drawn_once_by_those_who_draw_it_at_once_a9(house):
    month = "2021-11"
    assert (await filed(house, (await house.account(listed=True))["id"], month)).status_code == 201
    found = await at_once(house["control"], "/v1/spot-check-samples", {"month": month})
    assert found == ([201, 409, 409, 409], {"sample_drawn"})


async def test_a_form_is_filed_once_for_a_month_by_those_who_file_it_at_once_a9(house):
    account = await house.account(listed=True)
    answers = await asyncio.gather(*(filed(house, account["id"], "2021-12") for _ in range(3)))
    assert sorted(one.status_code for one in answers) == [201, 409, 409]


async def test_an_account_is_enrolled_once_by_those_who_enrol_it_at_once_a6(house):
    account = await house.account()
    found = await at_once(house["rep"], f"/v1/accounts/{account['id']}/membership", {})
    assert found == ([201, 409, 409, 409], {"already_enrolled"})


async def test_a_login_is_given_once_however_it_is_written_by_those_who_ask_at_once(house):
    admin = await house.accounts.admin()
    body = {"name": "Chen Li", "password": PASSWORD}
    answers = await asyncio.gather(
        *(admin.post("/v1/users", {**body, "login": login}) for login in ("twice", "Twice", "TWICE"))
    )
    assert sorted(one.status_code for one in answers) == [201, 409, 409]


async def test_a_guest_is_invited_once_by_those_who_invite_at_once_a14(house):
    account = await house.account()
    path = f"/v1/accounts/{account['id']}/people"
    person = (await house["rep"].post(path, {"role": "main_contact", "name": "Chen Li"})).json()["id"]
    planned = {"branch": "kinshasa", "name": "Evening", "place": "Gombe", "on_day": "2199-06-12"}
    event = (await house["rep"].post("/v1/care-events", planned)).json()["id"]
    body = {"account_id": account["id"], "person_id": person}
    found = await at_once(house["rep"], f"/v1/care-events/{event}/invitations", body)
    assert found == ([201, 409, 409, 409], {"invited_already"})
