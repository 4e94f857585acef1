"""A5: a class set by hand has a reason and an end, stands above ratings, and is over by itself."""

from datetime import timedelta
from typing import Any

import pytest

from services.accounts.overrides.domain import GrantDoesNotFit
from tests.accounts.ratings.build import granted, learn, rejected
from tests.accounts.ratings.test_runs import class_on, proposal


@pytest.fixture
def today(accounts):
    return accounts.app.state.mainstay.clock.now().date()


def an_override(account_id: str, today: Any, **fields: Any) -> dict[str, Any]:
    until = (today + timedelta(days=90)).isoformat()
    return {"account_id": account_id, "grade": "A", "reason": "bought a class A dealer", "valid_until": until, **fields}


async def asked(people: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    answer = await people["kam"].post("/v1/rating-overrides", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a5_an_override_holds_from_its_approval_and_ends_by_itself(accounts, people, opened, told, today):
    account = await opened()
    override = await asked(people, an_override(account, today))
    [ask] = await told("ApprovalSought", f"rating/{override['id']}")
    assert ask["route"] == "class-override"
    last_day = (today + timedelta(days=89)).isoformat()  # people see the last day, storage keeps the one after it
    assert ask["title"] == {"en": f"Class A by hand, last day {last_day}", "zh": f"手工定为A类，截止到{last_day}"}
    assert ask["content"] | {"from": None} == {
        "account": account,
        "grade": "A",
        "reason": "bought a class A dealer",
        "from": None,
        "until": override["valid_until"],
        "grades": ["A", "B", "C"],
    }
    assert await class_on(people, account, today.isoformat()) is None
    await learn(accounts, granted(override["id"], today.isoformat()))
    last = (today + timedelta(days=89)).isoformat()
    assert [await class_on(people, account, day) for day in (today.isoformat(), last)] == ["A", "A"]
    assert await class_on(people, account, override["valid_until"]) is None
    [changed] = await told("ClassChanged", account)
    assert (changed["grade"], changed["valid_until"], changed["proposal_id"]) == (
        "A",
        override["valid_until"],
        override["id"],
    )


async def test_a5_a_rating_granted_meanwhile_holds_when_the_override_is_over(accounts, people, opened, today):
    account = await opened()
    override = await asked(people, an_override(account, today))
    await learn(accounts, granted(override["id"], today.isoformat()))
    rated = await proposal(people, account)
    await learn(accounts, granted(rated["id"], today.isoformat()))
    last = (today + timedelta(days=89)).isoformat()
    assert await class_on(people, account, last) == "A"
    assert await class_on(people, account, override["valid_until"]) == rated["grade"] == "C"
    before = (today + timedelta(days=-1)).isoformat()
    assert await class_on(people, account, last, known_at=f"{before}T00:00:00Z") is None


async def test_a5_what_the_last_approver_decides_holds(accounts, people, opened, today):
    account = await opened()
    override = await asked(people, an_override(account, today))
    until = (today + timedelta(days=30)).isoformat()
    terms = {"grade": "B", "reason": "until the books are seen", "until": until}
    await learn(accounts, granted(override["id"], today.isoformat(), terms=terms))
    found = (await people["kam"].get(f"/v1/rating-overrides/{override['id']}")).json()
    assert (found["state"], found["grade"], found["valid_until"]) == ("accepted", "B", until)
    assert await class_on(people, account, today.isoformat()) == "B"
    assert await class_on(people, account, until) is None


@pytest.mark.parametrize(
    "terms",
    [
        pytest.param({"grade": "ZZZ"}, id="a class there is not"),
        pytest.param({"until": "next summer"}, id="an end that is no day"),
        pytest.param({"until": "2099-01-01"}, id="an end beyond what was asked"),
    ],
)
async def test_a5_a_grant_that_does_not_fit_is_parked_and_changes_nothing(accounts, people, opened, told, today, terms):
    account = await opened()
    override = await asked(people, an_override(account, today))
    with pytest.raises(GrantDoesNotFit):
        await learn(accounts, granted(override["id"], today.isoformat(), terms=terms))
    assert (await people["kam"].get(f"/v1/rating-overrides/{override['id']}")).json() == override
    assert await told("ClassChanged", account) == []


async def test_a5_one_that_is_over_before_it_is_granted_has_lapsed(accounts, people, opened, told, today):
    account = await opened()
    override = await asked(people, an_override(account, today))
    await learn(accounts, granted(override["id"], override["valid_until"]))
    found = (await people["kam"].get(f"/v1/rating-overrides/{override['id']}")).json()
    assert found["state"] == "lapsed"
    assert await told("ClassChanged", account) == []


async def test_a5_one_that_is_refused_changes_nothing_and_frees_its_days(accounts, people, opened, told, today):
    account = await opened()
    override = await asked(people, an_override(account, today))
    await learn(accounts, rejected(override["id"], today.isoformat()), granted(override["id"], today.isoformat()))
    assert await told("ClassChanged", account) == []
    await asked(people, an_override(account, today))


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        pytest.param({"valid_until": "2020-01-01"}, "/valid_until", id="an end that has passed"),
        pytest.param({"valid_from": "2090-01-01"}, "/valid_until", id="an end before its start"),
        pytest.param({"valid_from": "2020-01-01"}, "/valid_from", id="a start in the past"),
        pytest.param({"valid_until": "2090-02-30"}, "/valid_until", id="a day there is not"),
        pytest.param({"valid_until": None}, "/valid_until", id="no end"),
        pytest.param({"reason": "  "}, "/reason", id="no reason"),
        pytest.param({"grade": "Z"}, "/grade", id="a class nobody has"),
        pytest.param({"approved": True}, "/approved", id="a field nobody knows"),
    ],
)
async def test_a5_a_wrong_override_is_refused_at_its_field(people, opened, today, fields, pointer):
    account = await opened()
    answer = await people["kam"].post("/v1/rating-overrides", an_override(account, today, **fields))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    listed = await people["kam"].get("/v1/rating-overrides", params={"account_id": account})
    assert listed.json()["items"] == []


async def test_a5_two_overrides_never_share_a_day(accounts, people, opened, today):
    account = await opened()
    first = await asked(people, an_override(account, today))
    again = await people["kam"].post("/v1/rating-overrides", an_override(account, today))
    assert (again.status_code, again.json()["code"]) == (409, "overlapping_override")
    after = {"valid_from": first["valid_until"], "valid_until": "2090-01-01"}
    await asked(people, an_override(account, today, **after))


async def test_a5_an_override_is_asked_for_by_the_key_account_manager_and_read_within_reach(people, opened, today):
    account = await opened()
    body = an_override(account, today)
    assert (await people["rep"].post("/v1/rating-overrides", body)).status_code == 403
    override = await asked(people, body)
    assert (await people["rep"].get(f"/v1/rating-overrides/{override['id']}")).status_code == 200
    assert (await people["other_rep"].get(f"/v1/rating-overrides/{override['id']}")).status_code == 404
    assert (await people["other_rep"].get("/v1/rating-overrides")).json()["items"] == []
