"""A7, A9, A10, A14: work names people who are there, orders that are known, and months that have begun."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.accounts.ratings.models import ClassRow, PurchaseOrder
from shared.calendar import local_day
from shared.clock import system_now
from shared.db.session import commit
from shared.ids import new_id
from tests.accounts.work.conftest import ZONE, House, pointers
from tests.accounts.work.test_cases import TO_REVIEW, advanced, granted, picked, walked

TODAY = local_day(system_now(), ZONE)


async def contact_of(house: House, account: dict[str, Any], *, left_on: str | None = None) -> str:
    path = f"/v1/accounts/{account['id']}/people"
    person = (await house["rep"].post(path, {"role": "main_contact", "name": "Chen Li"})).json()["id"]
    if left_on is not None:
        assert (await house["rep"].patch(f"{path}/{person}", {"left_on": left_on})).status_code == 200
    return str(person)


async def test_who_has_left_gets_no_survey_and_no_invitation_and_is_nobodys_contact_a9_a10_a14(house):
    account = await house.account()
    gone = {"account_id": account["id"], "person_id": await contact_of(house, account, left_on=TODAY.isoformat())}
    planned = {"branch": "kinshasa", "name": "Evening", "place": "Gombe", "on_day": TODAY.isoformat()}
    event = (await house["rep"].post("/v1/care-events", planned)).json()["id"]
    month_before = (TODAY.replace(day=1) - timedelta(days=1)).replace(day=1)
    tried = [
        await house["rep"].post("/v1/surveys", gone),
        await house["rep"].post(f"/v1/care-events/{event}/invitations", gone),
    ]
    for refused in tried:
        assert (refused.status_code, pointers(refused)) == (422, ["/person_id"])
    left_before = await contact_of(house, account, left_on=month_before.isoformat())
    body = {"account_id": account["id"], "month": f"{TODAY:%Y-%m}", "person_id": left_before}
    refused = await house["rep"].post("/v1/return-visits/contacts", body)
    assert (refused.status_code, pointers(refused)) == (422, ["/person_id"])


async def test_nobody_is_the_contact_of_a_month_to_come_a9(house):
    account = await house.account()
    body = {"account_id": account["id"], "month": "2199-11", "person_id": await contact_of(house, account)}
    refused = await house["rep"].post("/v1/return-visits/contacts", body)
    assert (refused.status_code, pointers(refused)) == (422, ["/month"])


async def bought(house: House, account_id: str) -> str:
    order = PurchaseOrder(
        order_id=str(new_id()),
        account_id=account_id,
        currency="CNY",
        placed_on=TODAY,
        lines={},
        deliveries=[],
    )
    async with house.sessions() as session:
        session.add(order)
        await session.flush()
        order_id = order.order_id
        await commit(session)
    return order_id


@pytest.mark.parametrize(
    ("whose", "status"),
    [
        pytest.param("own", 201, id="A10 an order of the account"),
        pytest.param("absorbed", 201, id="A10 I2 an order of one that it goes on for"),
        pytest.param("another", 422, id="A10 somebody else's order"),
        pytest.param(None, 422, id="A10 an order nobody knows"),
    ],
)
async def test_a_complaint_names_an_order_of_its_account_a10(house, whose, status):
    account, other = await house.account(), await house.account()
    order_id = "no-such-order" if whose is None else await bought(house, (account if whose == "own" else other)["id"])
    if whose == "absorbed":
        merge = {"absorbed_account_id": other["id"], "into_account_id": account["id"], "reason": "one customer"}
        assert (await house["kam"].post("/v1/merges", merge)).status_code == 201
    body = {"account_id": account["id"], "about": "two handsets do not charge", "order_id": order_id}
    answer = await house["service"].post("/v1/complaints", body)
    assert answer.status_code == status, answer.text
    if status == 422:
        assert pointers(answer) == ["/order_id"]


async def test_a_contact_was_made_by_one_of_the_house_a10(house):
    account = await house.account()
    body = {"account_id": account["id"], "kind": "call", "on_day": "2021-02-03", "note": "wants demo handsets"}
    refused = await house["rep"].post("/v1/contacts", {**body, "made_by": "nobody-such"})
    assert (refused.status_code, pointers(refused)) == (422, ["/made_by"])
    assert (await house["rep"].post("/v1/contacts", {**body, "made_by": house.ids["kam"]})).status_code == 201


async def test_a_complaint_is_answered_for_by_one_of_the_house_a10(house):
    account = await house.account()
    bodies = [
        {"account_id": account["id"], "about": "late", "owner": (await house.accounts.new_user(**fields))["user_id"]}
        for fields in ({"kind": "machine"}, {"account_id": account["id"]})
    ]
    for body in bodies:
        refused = await house["service"].post("/v1/complaints", body)
        assert (refused.status_code, pointers(refused)) == (422, ["/owner"])


async def test_a_project_group_is_of_people_who_work_here_a7(house):
    case_id = await picked(house)
    await walked(house, case_id, *TO_REVIEW)
    await house.receive(granted(case_id))
    refused = await advanced(house, case_id, "form_group", group=[house.ids["rep"], "nobody-such"])
    assert (refused.status_code, pointers(refused)) == (422, ["/group/1"])


async def test_accounts_are_found_by_name_class_tier_and_list(house):
    one, two = await house.account(legal_name="Zanzi Radio"), await house.account(legal_name="zanzi radio two")
    await house.list_account(two["id"])
    async with house.sessions() as session:
        for table in (class_row(one["id"], "A"), class_row(two["id"], "B")):
            session.add(table)
        await commit(session)

    async def found(**asked: str) -> list[str]:
        page = await house["kam"].get("/v1/accounts", params={"name": "ZANZI", **asked})
        assert page.status_code == 200, page.text
        return [item["id"] for item in page.json()["items"]]

    assert await found() == [one["id"], two["id"]]
    assert await found(**{"class": "A"}) == [one["id"]]
    assert await found(list="2020-H1") == [two["id"]]
    assert await found(name="%") == await found(tier="gold") == await found(list="2044-H1") == []
    refused = await house["kam"].get("/v1/accounts", params={"klass": "A"})
    assert (refused.status_code, pointers(refused)) == (422, ["/klass"])


def class_row(account_id: str, grade: str) -> ClassRow:
    return ClassRow(
        id=str(new_id()),
        account_id=account_id,
        grade=grade,
        valid_from=TODAY,
        valid_until=None,
        recorded_at=datetime(2020, 1, 1, tzinfo=UTC),
    )
