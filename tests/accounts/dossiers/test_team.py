"""I1, S-D1: who works for an account, changed by those who have seen what stands, and never forgotten."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from shared.clock import system_now

DAY = "2020-12-01"


def a_rep(user_id: str, share: str = "1", **fields: str) -> dict[str, str]:
    return {"user_id": user_id, "duty": "account_rep", "share": share, "valid_from": DAY, **fields}


async def put(people: Any, account: dict[str, Any], *members: dict[str, str], version: str | None = None) -> Any:
    headers = {} if version is None else {"If-Match": version}
    return await people["kam"].put(f"/v1/accounts/{account['id']}/team", {"members": members}, headers=headers)


async def team(people: Any, account: dict[str, Any], **asked: str) -> Any:
    return await people["rep"].get(f"/v1/accounts/{account['id']}/team", params=asked)


def names(answer: Any) -> list[str]:
    return [member["user_id"] for member in answer.json()["members"]]


async def test_a_team_is_changed_on_the_version_that_was_seen_i1(people, ids, opened):
    account = await opened()
    first = await put(people, account, a_rep(ids["rep"]))
    seen = await team(people, account)
    assert (first.status_code, names(seen), seen.headers["ETag"]) == (200, [ids["rep"]], first.headers["ETag"])
    unseen = await put(people, account, a_rep(ids["other_rep"]))
    assert (unseen.status_code, unseen.json()["code"]) == (428, "precondition_required")
    tag = seen.headers["ETag"]
    both = await asyncio.gather(*(put(people, account, a_rep(ids[who]), version=tag) for who in ("kam", "other_rep")))
    assert sorted(answer.status_code for answer in both) == [200, 412]
    [won] = [answer for answer in both if answer.status_code == 200]
    assert names(await team(people, account)) == names(won)


async def test_what_a_team_was_stays_known_and_who_changed_it_is_audited_s_d1(accounts, people, ids, opened):
    account = await opened()
    await put(people, account, a_rep(ids["rep"], "0.5"), a_rep(ids["other_rep"], "0.5"))
    between = system_now().isoformat()
    await put(people, account, a_rep(ids["kam"]), version="*")
    assert names(await team(people, account)) == [ids["kam"]]
    assert sorted(names(await team(people, account, known_at=between))) == sorted([ids["rep"], ids["other_rep"]])
    assert names(await team(people, account, known_at="2001-01-01T00:00:00Z")) == []
    async with accounts.sessions() as session:
        query = "SELECT actor, detail FROM audit_entry WHERE subject = :it AND action = 'team.changed' ORDER BY at"
        told = (await session.execute(text(query), {"it": f"account/{account['id']}"})).all()
    assert [entry.actor for entry in told] == [ids["kam"]] * 2
    assert [member["user_id"] for member in told[1].detail["after"]] == [ids["kam"]]
    assert len(told[1].detail["before"]) == 2


async def test_the_team_of_a_day_is_who_worked_on_it_i1(people, ids, opened):
    account = await opened()
    await put(people, account, a_rep(ids["rep"], valid_until="2021-03-01"), a_rep(ids["kam"], valid_from="2021-03-01"))
    on = {day: names(await team(people, account, on=day)) for day in ("2020-11-30", "2021-02-28", "2021-03-01")}
    assert on == {"2020-11-30": [], "2021-02-28": [ids["rep"]], "2021-03-01": [ids["kam"]]}


@pytest.mark.parametrize(
    ("shares", "pointer"),
    [
        pytest.param(("1", "1e-30"), "/members/1/share", id="I1 a whole and a nothing thirty digits down"),
        pytest.param(("0.99999999999999999999", "1e-20"), "/members/0/share", id="I1 more digits than are added"),
        pytest.param(("0.333333", "0.666666"), None, id="I1 a millionth nobody has"),
    ],
)
async def test_shares_that_are_not_exactly_one_are_refused_s_i1(people, ids, opened, shares, pointer):
    account = await opened()
    refused = await put(people, account, a_rep(ids["rep"], shares[0]), a_rep(ids["other_rep"], shares[1]))
    assert refused.status_code == 422
    if pointer:
        assert refused.json()["errors"][0]["pointer"] == pointer
    else:
        assert refused.json()["code"] == "shares_do_not_add_up"
    assert names(await team(people, account)) == []


async def test_three_reps_share_by_millionths_i1(people, ids, opened):
    shares = zip(("rep", "other_rep", "kam"), ("0.333333", "0.333333", "0.333334"), strict=True)
    done = await put(people, await opened(), *(a_rep(ids[who], share) for who, share in shares))
    assert done.status_code == 200, done.text


async def test_a_team_is_of_people_who_work_here_i1(accounts, people, ids, opened):
    account = await opened()
    gone = (await accounts.new_user({"role": "account_rep", "branch": "kinshasa"}))["user_id"]
    admin = await accounts.admin()
    left = await admin.patch(f"/v1/users/{gone}", {"active": False}, headers={"If-Match": '"2"'})
    assert left.status_code == 200, left.text
    machine = (await accounts.new_user(kind="machine"))["user_id"]
    for who, code in (("nobody-such", "unknown_user"), (machine, "unknown_user"), (gone, "not_working_here")):
        refused = await put(people, account, a_rep(who))
        error = refused.json()["errors"][0]
        assert (refused.status_code, error["pointer"], error["code"]) == (422, "/members/0/user_id", code)
    past = await put(people, account, a_rep(gone, valid_until="2021-03-01"), a_rep(ids["rep"], valid_from="2021-03-01"))
    assert past.status_code == 200, past.text
    body = {"members": [a_rep(ids["rep"])], "developer": "ghost"}
    ghost = await people["kam"].put(f"/v1/accounts/{account['id']}/team", body, headers={"If-Match": "*"})
    assert (ghost.status_code, ghost.json()["errors"][0]["pointer"]) == (422, "/developer")


async def test_a_team_of_nobody_is_refused_i1(people, opened):
    refused = await put(people, await opened())
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/members")


async def test_people_and_documents_are_lists_of_their_own_a1(people, opened):
    account = await opened()
    path = f"/v1/accounts/{account['id']}"
    for name in ("Chen Li", "Jean Mbuyi"):
        await people["rep"].post(f"{path}/people", {"role": "principal", "name": name, "family_notes": "two sons"})
    await people["rep"].post(f"{path}/documents", {"type": "business_licence", "number": "CD/1"})
    first = await people["rep"].get(f"{path}/people", params={"limit": 1})
    rest = await people["rep"].get(f"{path}/people", params={"limit": 1, "cursor": first.json()["next"]})
    shown = [item for page in (first, rest) for item in page.json()["items"]]
    assert ([one["name"] for one in shown], rest.json()["next"]) == (["Chen Li", "Jean Mbuyi"], None)
    assert "two sons" not in first.text
    papers = (await people["rep"].get(f"{path}/documents")).json()["items"]
    assert [(paper["type"], paper["expired"]) for paper in papers] == [("business_licence", False)]
    for what in ("people", "documents", "team"):
        assert (await people["other_rep"].get(f"{path}/{what}")).status_code == 404
