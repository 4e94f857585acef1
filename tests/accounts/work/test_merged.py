"""I2: after a merge work begins on the account that goes on alone, and runs on for whom the lists named."""

from datetime import date
from typing import Any

import pytest

from services.accounts.contacts.repository import listed_accounts
from services.accounts.programmes.repository import is_key_account
from tests.accounts.work.conftest import House
from tests.accounts.work.test_cases import TO_REVIEW, advanced, granted, picked, walked

ASSESSMENT = {"fact": "account.credit", "value": "high", "assessed_on": "2021-01-05", "evidence": "the bank"}
BUDGET = {"amount": "1.00", "currency": "CNY"}
TARGET = {"scope": "account", "period": "2031-Q1", "amount": {"amount": "1.00", "currency": "CNY"}}
BEGUN: list[Any] = [
    pytest.param("rep", "/v1/contacts", {"kind": "call", "on_day": "2021-01-05", "note": "asked"}, id="a contact"),
    pytest.param("rep", "/v1/complaints", {"about": "late again"}, id="a complaint"),
    pytest.param("service", "/v1/feedback", {"kind": "question", "text": "when?"}, id="feedback"),
    pytest.param("rep", "/v1/surveys", {}, id="a survey"),
    pytest.param(
        "rep", "/v1/visits", {"plan": "show handsets", "planned_on": "2031-01-05", "budget": BUDGET}, id="a visit"
    ),
    pytest.param(
        "rep", "/v1/receptions", {"plan": "a dinner", "planned_on": "2031-01-05", "budget": BUDGET}, id="a reception"
    ),
    pytest.param("rep", "/v1/return-visits/contacts", {"month": "2021-01", "person_id": "p"}, id="a month's contact"),
    pytest.param("kam", "/v1/accounts/{id}/assessments", ASSESSMENT, id="an assessment"),
    pytest.param("kam", "/v1/accounts/{id}/membership", {"enrolled_on": "2021-01-05"}, id="a membership"),
    pytest.param("kam", "/v1/programmes/support/evaluations", {}, id="an evaluation for the support programme"),
    pytest.param("kam", "/v1/sales-targets", TARGET, id="a sales target"),
]


async def merged(house: House, *, listed: bool = False) -> tuple[str, str, str]:
    """`(account merged away, heir, merge)`."""
    old, heir = await house.account(listed=listed), await house.account()
    body = {"absorbed_account_id": old["id"], "into_account_id": heir["id"], "reason": "one licence, two names"}
    made = await house["kam"].post("/v1/merges", body)
    assert made.status_code == 201, made.text
    return old["id"], heir["id"], made.json()["id"]


async def part(house: House, merge_id: str) -> None:
    undone = await house["kam"].post(f"/v1/merges/{merge_id}/undo", {"reason": "two shops after all"})
    assert undone.status_code == 200, undone.text


@pytest.mark.parametrize(("who", "path", "body"), BEGUN)
async def test_i2_work_on_a_merged_account_is_refused_naming_who_goes_on(
    house: House, who: str, path: str, body: dict[str, Any]
) -> None:
    old, heir, _ = await merged(house)
    named = "scope_id" if body is TARGET else "account_id"
    asked = body if "{id}" in path else {named: old, **body}
    refused = await house[who].post(path.format(id=old), asked)
    assert (refused.status_code, refused.json()["code"]) == (409, "account_merged"), refused.text
    assert refused.json()["merged_into"] == heir


async def test_i2_a_case_opens_its_dossier_under_the_account_that_goes_on(house: House) -> None:
    old, heir, _ = await merged(house)
    case = await picked(house)
    await walked(house, case, *TO_REVIEW)
    await house.receive(granted(case))
    await walked(house, case, ("form_group", {"group": [house.ids["rep"]]}))
    refused = await advanced(house, case, "open_dossier", account_id=old)
    assert (refused.status_code, refused.json()["merged_into"]) == (409, heir)


async def test_i2_a_merge_undone_lets_work_begin_on_each_again(house: House) -> None:
    old, _, merge = await merged(house)
    complaint = {"account_id": old, "about": "late again"}
    assert (await house["rep"].post("/v1/complaints", complaint)).status_code == 409
    await part(house, merge)
    assert (await house["rep"].post("/v1/complaints", complaint)).status_code == 201


async def test_i2_who_goes_on_for_a_listed_account_is_listed_in_its_place_until_they_part(house: House) -> None:
    old, heir, merge = await merged(house, listed=True)
    day = date(2021, 1, 5)

    async def listed() -> tuple[set[str], bool]:
        async with house.sessions() as session:
            found = {row.id for row in await listed_accounts(session, on=day)}
            return found & {old, heir}, await is_key_account(session, account_id=heir, on=day)

    assert await listed() == ({heir}, True)
    await part(house, merge)
    assert await listed() == ({old}, False)
