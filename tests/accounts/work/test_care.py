"""A14: birthdays once a year, events with invitations, priority service."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.care.domain import birthday_in, next_birthday
from services.accounts.care.service import start_day
from shared.db.session import commit
from tests.accounts.work.conftest import ZONE, House, pointers

DAYS = st.dates(date(1940, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("born", "day", "birthday"),
    [
        pytest.param(date(1980, 2, 29), date(2021, 2, 20), date(2021, 2, 28), id="29 February in a common year"),
        pytest.param(date(1980, 2, 29), date(2024, 2, 20), date(2024, 2, 29), id="29 February in a leap year"),
        pytest.param(date(1980, 2, 29), date(2021, 3, 1), date(2022, 2, 28), id="passed on the 28th already"),
        pytest.param(date(1980, 2, 29), date(2023, 3, 1), date(2024, 2, 29), id="the next one is in a leap year"),
        pytest.param(date(1980, 1, 4), date(2020, 12, 28), date(2021, 1, 4), id="over the turn of the year"),
        pytest.param(date(1980, 6, 1), date(2021, 6, 1), date(2021, 6, 1), id="today"),
    ],
)
def test_a14_s_d4_the_next_birthday(born, day, birthday):
    assert next_birthday(born, day) == birthday


@given(DAYS, DAYS)
def test_a14_s_d4_there_is_exactly_one_birthday_a_year_and_the_next_is_within_one(born, day):
    coming = next_birthday(born, day)
    assert 0 <= (coming - day).days <= 366
    assert coming == birthday_in(coming.year, born)
    assert next_birthday(born, coming + timedelta(days=1)).year == coming.year + 1


async def main_contact(house: House, account_id: str, **fields: str) -> str:
    body = {"role": "main_contact", "name": "Chen Li", **fields}
    made = await house["rep"].post(f"/v1/accounts/{account_id}/people", body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def day_starts(house: House, *days: date) -> None:
    for day in days:
        async with house.sessions() as session:
            now = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
            await start_day(session, policies=await house.policies(session), now=now, zone=ZONE)
            await commit(session)


async def reminded(house: House, account_id: str) -> list[tuple[str, str]]:
    return [flag for flag in await house.flags(account_id) if flag[0] == "care_due"]


async def test_a14_a_birthday_of_29_february_is_told_once_a_year_seven_days_before_the_28th(house):
    account, unlisted = await house.account(listed=True), await house.account()
    person = await main_contact(house, account["id"], birth_date="1980-02-29")
    await main_contact(house, unlisted["id"], birth_date="1980-02-29")
    await day_starts(house, date(2021, 2, 20))
    assert await reminded(house, account["id"]) == []
    await day_starts(house, *(date(2021, 2, 21) + timedelta(days=more) for more in range(9)), date(2021, 2, 21))
    assert await reminded(house, account["id"]) == [("care_due", "2021")]
    (told,) = await house.told("CareDue", account["id"])
    assert (told["person_id"], told["occasion"], told["on"]) == (person, "birthday", "2021-02-21")
    assert "1980" not in str(told)
    await day_starts(house, date(2024, 2, 21), date(2024, 2, 22))
    assert await reminded(house, account["id"]) == [("care_due", "2021"), ("care_due", "2024")]
    assert await reminded(house, unlisted["id"]) == []


async def test_a14_a_worker_that_stood_still_makes_up_for_the_days_it_missed(house):
    account = await house.account(listed=True)
    await main_contact(house, account["id"], birth_date="1975-09-10")
    await day_starts(house, date(2022, 9, 7))
    assert await reminded(house, account["id"]) == [("care_due", "2022")]


async def test_a14_nobody_else_of_the_dossier_is_told_of(house):
    account = await house.account(listed=True)
    await main_contact(house, account["id"], role="principal", birth_date="1970-05-10")
    await main_contact(house, account["id"])
    await day_starts(house, date(2023, 5, 3))
    assert await reminded(house, account["id"]) == []


async def test_a14_a_key_account_is_served_first_and_flagged_once_a_half_year(house):
    account, plain = await house.account(listed=True), await house.account()
    await day_starts(house, date(2025, 3, 3), date(2025, 3, 4), date(2025, 7, 1))
    found = [flag for flag in await house.flags(account["id"]) if flag[0] == "priority_service"]
    assert found == [("priority_service", "2025-H1"), ("priority_service", "2025-H2")]
    assert await house.flags(plain["id"]) == []
    answers = [
        (await house["rep"].get(f"/v1/accounts/{one['id']}/priority-service")).json() for one in (account, plain)
    ]
    assert [answer["priority"] for answer in answers] == [True, False]
    assert answers[0]["policies"] == ["priority-service@1"]


async def planned(house: House, **fields: str):
    body = {"branch": "kinshasa", "name": "Evening of the key accounts", "place": "Gombe", "on_day": "2021-06-12"}
    return await house["rep"].post("/v1/care-events", body | fields)


async def test_a14_a_guest_is_invited_once_answers_and_comes(house):
    account = await house.account(listed=True)
    person = await main_contact(house, account["id"])
    event = (await planned(house)).json()
    path = f"/v1/care-events/{event['id']}"
    body = {"account_id": account["id"], "person_id": person}
    invited = (await house["rep"].post(f"{path}/invitations", body)).json()
    again = await house["rep"].post(f"{path}/invitations", body)
    assert (again.status_code, again.json()["code"]) == (409, "invited_already")
    answer = f"/v1/invitations/{invited['id']}/answer"
    for move, state in (("decline", "declined"), ("accept", "accepted"), ("attend", "attended")):
        assert (await house["rep"].post(answer, {"move": move})).json()["state"] == state
    refused = await house["rep"].post(answer, {"move": "decline"})
    assert (refused.status_code, refused.json()["allowed"]) == (409, [])
    seen = (await house["rep"].get(path)).json()
    assert [(one["person_id"], one["state"]) for one in seen["invitations"]] == [(person, "attended")]


async def test_a14_nobody_was_at_an_event_that_is_still_to_come(house):
    account = await house.account()
    person = await main_contact(house, account["id"])
    event = (await planned(house, on_day="2199-01-01")).json()
    body = {"account_id": account["id"], "person_id": person}
    invited = (await house["rep"].post(f"/v1/care-events/{event['id']}/invitations", body)).json()
    early = await house["rep"].post(f"/v1/invitations/{invited['id']}/answer", {"move": "attend"})
    assert (early.status_code, early.json()["code"]) == (409, "event_is_ahead")


async def test_a14_only_persons_of_the_account_are_invited_and_other_branches_see_nothing(house):
    account, other = await house.account(), await house.account()
    stranger = await main_contact(house, other["id"])
    event = (await planned(house)).json()
    path = f"/v1/care-events/{event['id']}"
    refused = await house["rep"].post(f"{path}/invitations", {"account_id": account["id"], "person_id": stranger})
    assert (refused.status_code, pointers(refused)) == (422, ["/person_id"])
    assert (await house["other_rep"].get(path)).status_code == 404
    assert (await house["other_rep"].get("/v1/care-events")).json()["items"] == []
    assert (await planned(house, branch="lubumbashi")).status_code == 403
    assert pointers(await planned(house, branch="nowhere")) == ["/branch"]
