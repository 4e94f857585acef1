"""A10: the contact log, and the monthly visit of the account's manager."""

from datetime import UTC, date, datetime

import pytest

from services.accounts.contacts.domain import Managing, Visited, visits_by_manager
from services.accounts.contacts.service import close_month_of_visits
from shared.db.session import commit
from tests.accounts.work.conftest import ZONE, House, pointers

MARCH, APRIL = date(2021, 3, 31), datetime(2021, 3, 31, 23, 30, tzinfo=UTC)
"""The first of April has begun in Kinshasa, an hour ahead of UTC."""


@pytest.mark.parametrize(
    ("visit", "counted"),
    [
        pytest.param(Visited("v", "kam", date(2021, 3, 1), True), True, id="by the manager on his first day"),
        pytest.param(Visited("v", "kam", date(2021, 4, 1), True), False, id="on the day he no longer manages it"),
        pytest.param(Visited("v", "rep", date(2021, 3, 5), True), False, id="by somebody else"),
    ],
)
def test_a10_a_manager_visit_is_one_by_who_managed_the_account_that_day(visit, counted):
    manager = Managing("kam", date(2021, 3, 1), date(2021, 4, 1))
    assert bool(visits_by_manager([visit], [manager])) is counted


async def logged(house: House, account_id: str, **fields):
    body = {"kind": "visit", "on_day": "2021-03-10", "note": "showed the new handsets", **fields}
    return await house["kam"].post("/v1/contacts", {"account_id": account_id, **body})


async def test_a10_a_contact_is_logged_and_listed_newest_first(house):
    account = await house.account()
    assert (await logged(house, account["id"], kind="call", on_day="2021-03-02")).status_code == 201
    made = await logged(house, account["id"])
    assert (made.status_code, made.json()["made_by"]) == (201, house.ids["kam"])
    listed = (await house["rep"].get("/v1/contacts", params={"account_id": account["id"]})).json()["items"]
    assert [one["kind"] for one in listed] == ["visit", "call"]
    calls = await house["rep"].get("/v1/contacts", params={"account_id": account["id"], "kind": "call"})
    assert len(calls.json()["items"]) == 1


async def test_a10_another_branch_sees_and_logs_no_contact_of_the_account(house):
    account = await house.account()
    await logged(house, account["id"])
    assert (await house["other_rep"].get("/v1/contacts", params={"account_id": account["id"]})).json()["items"] == []
    body = {"account_id": account["id"], "kind": "call", "on_day": "2021-03-01", "note": "hello"}
    assert (await house["other_rep"].post("/v1/contacts", body)).status_code == 404


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        pytest.param({"kind": "telepathy"}, "/kind", id="a kind nobody knows"),
        pytest.param({"on_day": "2021-02-30"}, "/on_day", id="the 30th of February"),
        pytest.param({"on_day": "2999-01-01"}, "/on_day", id="a day to come"),
        pytest.param({"form_hash": "0" * 64}, "/form_hash", id="a form nobody uploaded"),
        pytest.param({"mood": "good"}, "/mood", id="a field that does not exist"),
    ],
)
async def test_a10_a_wrong_contact_is_refused_where_it_is_wrong(house, fields, pointer):
    account = await house.account()
    refused = await logged(house, account["id"], **fields)
    assert (refused.status_code, pointers(refused)) == (422, [pointer])
    assert (await house["kam"].get("/v1/contacts", params={"account_id": account["id"]})).json()["items"] == []


async def test_a10_a_record_form_is_filed_once(house):
    account = await house.account()
    contact = (await logged(house, account["id"])).json()
    path, form = f"/v1/contacts/{contact['id']}/form", await house.file()
    assert (await house["kam"].put(path, {"file_hash": form})).json()["form_hash"] == form
    assert (await house["kam"].put(path, {"file_hash": form})).status_code == 200
    other = await house["kam"].put(path, {"file_hash": await house.file(b"%PDF-1.7 another")})
    assert (other.status_code, other.json()["code"]) == (409, "form_filed_already")


async def test_a10_the_month_s_closing_flags_accounts_the_manager_did_not_visit_or_left_without_form(house):
    """One visited with its form, one visited without, one not at all, one by the rep only, one that is not listed."""
    visited, formless, forgotten, by_rep = [await house.account(listed=True) for _ in range(4)]
    unlisted = await house.account()
    for account in (visited, formless, forgotten, by_rep, unlisted):
        await house.team(account["id"], key_account_manager=house.ids["kam"], account_rep=house.ids["rep"])
    form = await house.file()
    await logged(house, visited["id"], form_hash=form, on_day="2021-03-31")
    await logged(house, formless["id"])
    await logged(house, forgotten["id"], form_hash=form, on_day="2021-02-28")
    await logged(house, by_rep["id"], form_hash=form, made_by=house.ids["rep"])
    for _ in range(2):
        async with house.sessions() as session:
            policies = await house.policies(session)
            await close_month_of_visits(session, policies=policies, now=APRIL, zone=ZONE)
            await commit(session)
    missing = [("monthly_visit_missing", "2021-03")]
    found = [await house.flags(one["id"]) for one in (visited, formless, forgotten, by_rep, unlisted)]
    assert found == [[], missing, missing, missing, []]


async def test_a10_a_flag_says_why_in_the_reader_s_language(house):
    flags = (await house["kam"].get("/v1/flags", params={"code": "monthly_visit_missing"})).json()["items"]
    chinese = await house["kam"].get(
        "/v1/flags", params={"code": "monthly_visit_missing"}, headers={"Accept-Language": "zh"}
    )
    assert any("Visited this month" in line for line in flags[0]["reasons"])
    assert any("本月已拜访" in line for line in chinese.json()["items"][0]["reasons"])
    assert (await house["other_rep"].get("/v1/flags")).json()["items"] == []
