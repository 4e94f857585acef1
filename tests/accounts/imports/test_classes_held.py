"""A5: an account taken over from another system keeps its class, and only an integrator brings classes in."""

import json
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text

from tests.accounts.work.conftest import House
from tests.serving import Caller


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway(house: House) -> Caller:
    """Another system, with a key for accounts and their classes."""
    machine = await house.accounts.new_user({"role": "integrator"}, kind="machine")
    wanted = {
        "user_id": machine["user_id"],
        "name": "ERP",
        "scopes": ["accounts.import", "classes.take_over"],
        "expires_at": "2199-01-01T00:00:00Z",
    }
    key = (await (await house.accounts.admin()).post("/v1/api-keys", wanted)).json()
    proof = {"grant_type": "client_credentials", "client_id": key["key_id"], "client_secret": key["secret"]}
    token = await house.accounts.client.post("/v1/token", json=proof)
    assert token.status_code == 200, token.text
    return Caller(house.accounts.client, token.json()["access_token"])


def row(number: str, **held: str) -> dict[str, Any]:
    own = {"number": number, "legal_name": number, "branch": "kinshasa", "channel": "dealer", "sales_class": "retail"}
    return {**own, "class_held": held} if held else own


async def sent(caller: Caller, *rows: dict[str, Any]) -> dict[str, Any]:
    body = "\n".join(map(json.dumps, rows)).encode()
    headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": str(uuid4())}
    answer = await caller.call("POST", "/v1/account-imports", content=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def account_id(house: House, number: str) -> str:
    [found] = (await house["auditor"].get("/v1/accounts", params={"number": number})).json()["items"]
    return str(found["id"])


async def test_an_imported_account_stands_in_the_class_it_held_and_says_so_a5(house: House, gateway: Caller) -> None:
    number = f"H-{uuid4().hex[:8]}"
    taken = await sent(gateway, row(number, grade="B", valid_from="2020-07-01"), row(f"{number}-new"))
    assert (taken["accepted"], taken["rejected"]) == (2, [])
    account = await account_id(house, number)
    shown = (await house["rep"].get(f"/v1/accounts/{account}/classes")).json()
    assert (shown["grade"], shown["valid_from"], len(shown["history"])) == ("B", "2020-07-01", 1)
    before = await house["rep"].get(f"/v1/accounts/{account}/classes", params={"as_of": "2020-06-30"})
    assert before.json()["grade"] is None
    [told] = await house.told("ClassChanged", account)
    assert (told["grade"], told["valid_from"]) == ("B", "2020-07-01")
    async with house.sessions() as session:
        query = text("SELECT count(*) FROM audit_entry WHERE action = 'class.taken_over' AND subject = :subject")
        assert await session.scalar(query, {"subject": f"account/{account}"}) == 1


async def test_a_known_account_keeps_the_class_it_has_a5(house: House, gateway: Caller) -> None:
    number = f"H-{uuid4().hex[:8]}"
    for grade in ("B", "B", "A"):
        taken = await sent(gateway, row(number, grade=grade, valid_from="2020-07-01"))
        assert (taken["accepted"], taken["rejected"]) == (1, [])
    assert taken["unchanged"] == 1
    assert [told["grade"] for told in await house.told("ClassChanged", await account_id(house, number))] == ["B"]


@pytest.mark.parametrize(
    ("by", "grade", "code"),
    [
        pytest.param("gateway", "Z", "unknown_grade", id="a class that there is not"),
        pytest.param("kam", "B", "class_out_of_reach", id="by one who asks for classes and does not bring them in"),
    ],
)
async def test_a_row_with_a_class_that_may_not_be_is_refused_alone_a5(
    house: House, gateway: Caller, by: str, grade: str, code: str
) -> None:
    caller, number = (gateway if by == "gateway" else house[by]), f"H-{uuid4().hex[:8]}"
    taken = await sent(caller, row(number, grade=grade, valid_from="2020-07-01"), row(f"{number}-other"))
    assert taken["accepted"] == 1
    [refused] = taken["rejected"]
    assert (refused["row"], refused["code"]) == (1, code)
    assert refused["detail"]["zh"]
    assert (await house["auditor"].get("/v1/accounts", params={"number": number})).json()["items"] == []
