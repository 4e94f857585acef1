"""A1, C1: a dossier takes what is so: files that were uploaded, days that have come, people of the house."""

import asyncio
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from services.accounts.dossiers.domain import Paper
from shared.clock import system_now

LEAST = {"legal_name": "Kasai Radio", "branch": "kinshasa", "channel": "dealer", "sales_class": "wholesale"}
TO_COME = "2199-01-01"


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["pointer"]


async def told_licence(accounts: Any, account: dict[str, Any]) -> dict[str, Any] | None:
    query = "SELECT payload FROM outbox WHERE type = 'AccountChanged' AND aggregateid = :id ORDER BY pos DESC LIMIT 1"
    async with accounts.sessions() as session:
        payload = await session.scalar(text(query), {"id": account["id"]})
    return None if payload is None else orjson.loads(payload)["licence"]


async def test_a_document_names_a_file_that_was_uploaded_a1_c1(accounts, people, opened):
    account = await opened()
    path = f"/v1/accounts/{account['id']}/documents"
    paper = {"type": "business_licence", "number": "CD/1", "expires_on": "2199-06-01"}
    refused = await people["rep"].post(path, {**paper, "file_hash": "ab" * 32})
    assert refusal(refused) == (422, "/file_hash")
    assert await told_licence(accounts, account) is None
    headers = {"Content-Type": "application/pdf"}
    kept = await people["rep"].call("POST", "/v1/files", content=b"%PDF-1.7 licence", headers=headers)
    filed = await people["rep"].post(path, {**paper, "file_hash": kept.json()["file_hash"]})
    assert filed.status_code == 201, filed.text


@pytest.mark.parametrize("field", ["legal_name", "channel", "sales_class", "industrial"])
async def test_what_every_account_has_is_not_emptied_a1(people, opened, field):
    account = await opened()
    path = f"/v1/accounts/{account['id']}"
    refused = await people["rep"].patch(path, {field: None}, headers={"If-Match": "*"})
    assert refusal(refused) == (422, f"/{field}")
    assert (await people["rep"].get(path)).json()[field] == account[field]


async def test_what_has_happened_happened_by_today_a1(people, opened):
    account = await opened()
    path, rep = f"/v1/accounts/{account['id']}", people["rep"]
    person = {"role": "main_contact", "name": "Chen Li"}
    made = (await rep.post(f"{path}/people", person)).json()["id"]
    paper = {"type": "business_licence", "number": "CD/1", "issued_on": TO_COME}
    tried = {
        "/filed_on": await rep.post("/v1/accounts", {**LEAST, "filed_on": TO_COME}),
        "/founded_on": await rep.patch(path, {"founded_on": TO_COME}, headers={"If-Match": "*"}),
        "/birth_date": await rep.post(f"{path}/people", {**person, "birth_date": TO_COME}),
        "/issued_on": await rep.post(f"{path}/documents", paper),
    }
    assert {pointer: refusal(answer) for pointer, answer in tried.items()} == {one: (422, one) for one in tried}
    later = await rep.patch(f"{path}/people/{made}", {"birth_date": TO_COME})
    assert refusal(later) == (422, "/birth_date")
    founded = await rep.post("/v1/accounts", {**LEAST, "founded_on": TO_COME})
    assert refusal(founded) == (422, "/founded_on")


def test_a_paper_is_in_force_from_the_day_it_was_issued_c1():
    day = system_now().date()
    assert not Paper("business_licence", None, day + timedelta(days=1)).in_force(day)
    assert Paper("business_licence", day, day).in_force(day)


LAST = {"number": "NEW", "issued_on": "2026-01-01", "expires_on": "2199-01-01"}


@pytest.mark.parametrize(
    ("filed", "told"),
    [
        pytest.param([{"number": "OLD", "issued_on": "2000-01-01"}, LAST], "NEW", id="C1 an old one without an end"),
        pytest.param([LAST, {"number": "OLD", "issued_on": "2000-01-01"}], "NEW", id="C1 whichever was filed first"),
        pytest.param(
            [{"number": "OLD"}, {"number": "NEW", "expires_on": "2199-01-01"}], "NEW", id="C1 no day of issue"
        ),
    ],
)
async def test_the_licence_told_is_the_one_issued_last_c1(accounts, people, opened, filed, told):
    account = await opened()
    for paper in filed:
        body = {"type": "business_licence", **paper}
        assert (await people["rep"].post(f"/v1/accounts/{account['id']}/documents", body)).status_code == 201
    found = await told_licence(accounts, account)
    assert found is not None
    assert found["number"] == told


async def test_the_next_free_number_is_one_that_nobody_took_by_hand_a1(people, opened):
    taken = int((await opened())["number"].removeprefix("KA-")) + 1
    await opened(number=f"KA-{taken:06d}")
    assert (await opened())["number"] == f"KA-{taken + 1:06d}"


async def test_of_two_who_open_one_number_at_once_one_does_a1(people):
    body = {**LEAST, "number": "KA-AT-ONCE"}
    answers = await asyncio.gather(*(people["rep"].post("/v1/accounts", body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_who_developed_a_customer_is_of_the_house_r3(people):
    refused = await people["rep"].post("/v1/accounts", {**LEAST, "developer": "ghost"})
    assert refusal(refused) == (422, "/developer")
