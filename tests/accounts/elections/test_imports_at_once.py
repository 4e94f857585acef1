"""A12 by import: two files at once that elect for one account make one election and one clear refusal."""

import asyncio
import json
from datetime import date
from typing import Any

import pytest

from shared.ids import new_id
from tests.accounts.elections.test_elections import listed, next_months
from tests.accounts.programmes_house import House


async def sent(house: House, number: str, choice: str, first: date, until: date) -> Any:
    election = {"choice": choice, "valid_from": first.isoformat(), "valid_until": until.isoformat()}
    row = {"number": number, "legal_name": "One", "branch": "kinshasa", "channel": "dealer", "sales_class": "retail"}
    lists = [f"{first.year + at}-H{half}" for at in range(3) for half in (1, 2)]
    return await house.people["kam"].call(
        "POST",
        "/v1/account-imports",
        content=json.dumps({**row, "lists": lists, "election": {**election, "elected_by": "Ms Chen Li"}}).encode(),
        headers={"Content-Type": "application/x-ndjson"},
    )


@pytest.mark.parametrize("opened_before", [True, False], ids=["for a known account", "that both open the account"])
async def test_two_imports_at_once_make_one_election_and_one_refused_row_a12(house: House, opened_before: bool):
    first, *_, until = next_months(house, 4)
    for _ in range(4):
        number = f"AT-ONCE-{new_id()}"
        if opened_before:
            account = await house.people["auditor"].get(f"/v1/accounts/{await listed(house)}")
            number = account.json()["number"]
        answers = await asyncio.gather(
            *(sent(house, number, choice, first, until) for choice in ("subsidy", "discount"))
        )
        assert [answer.status_code for answer in answers] == [201, 201], [answer.text for answer in answers]
        assert sorted(answer.json()["accepted"] for answer in answers) == [0, 1]
        [refused] = [one for answer in answers for one in answer.json()["rejected"]]
        code = refused["code"]
        assert code == "already_elected" if opened_before else code in ("number_just_opened", "already_elected")
        found = (await house.people["auditor"].get("/v1/accounts", params={"number": number})).json()["items"]
        assert len(found) == 1
        kept = await house.people["rep"].get("/v1/elections", params={"account_id": found[0]["id"]})
        assert len(kept.json()["items"]) == len(await house.told("ElectionMade", found[0]["id"])) == 1


async def test_the_same_election_in_two_imports_at_once_is_made_once_a12(house: House):
    first, *_, until = next_months(house, 4)
    account = await house.people["auditor"].get(f"/v1/accounts/{await listed(house)}")
    number, account_id = account.json()["number"], account.json()["id"]
    answers = await asyncio.gather(*(sent(house, number, "subsidy", first, until) for _ in range(2)))
    assert [(answer.status_code, answer.json()["rejected"]) for answer in answers] == [(201, []), (201, [])]
    assert len(await house.told("ElectionMade", account_id)) == 1
