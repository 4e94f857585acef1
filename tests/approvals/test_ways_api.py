"""The ways of a request over HTTP: return, resubmit, hand over, add, copy, delegate, and a batch with its results."""

import pytest

from tests.approvals.test_api import CHAIN, PROOF, house
from tests.serving import Caller

__all__ = ["house"]


async def version_of(house, request_id):
    return (await house.auditor.get(f"/v1/requests/{request_id}")).headers["ETag"]


async def do(house, who, request_id, what, **body):
    caller = Caller(house.client, house.issuer.token(who))
    headers = {"If-Match": await version_of(house, request_id)}
    return await caller.post(f"/v1/requests/{request_id}/{what}", body, headers=headers)


async def test_c10_s_g8_returned_to_the_requester_and_resubmitted_unchanged_it_is_the_returners_turn(house):
    contract = await house.submitted()
    request_id = contract["request_id"]
    for who, step in CHAIN[:2]:
        assert (await house.decide(who, request_id, step)).status_code == 200
    answer = await do(house, "marketing", request_id, "return", comment="the scan is missing")
    assert (answer.status_code, answer.json()["state"]) == (200, "returned")
    assert (await house.rep.get(f"/v1/contracts/{contract['id']}")).json()["state"] == "draft"
    again = await house.rep.post(f"/v1/requests/{request_id}/resubmit", {})
    assert again.status_code == 200, again.text
    assert (again.json()["revision"], again.json()["open_steps"]) == (2, ["marketing"])


async def test_c10_s_g8_resubmitted_with_another_quantity_everybody_looks_again(house):
    contract = await house.submitted()
    request_id = contract["request_id"]
    assert (await house.decide("kam", request_id, "first")).status_code == 200
    assert (await do(house, "lawyer", request_id, "return", comment="too many")).status_code == 200
    draft = await house.rep.get(f"/v1/contracts/{contract['id']}")
    change = {"lines": [{"quote_line": 1, "quantity": 500}]}
    edited = await house.rep.patch(
        f"/v1/contracts/{contract['id']}", change, headers={"If-Match": draft.headers["ETag"]}
    )
    assert edited.status_code == 200, edited.text
    again = await house.rep.post(f"/v1/requests/{request_id}/resubmit", {})
    assert (again.status_code, again.json()["open_steps"]) == (200, ["first"])


async def test_c10_nobody_resubmits_anothers_request(house):
    contract = await house.submitted()
    answer = await house.kam.post(f"/v1/requests/{contract['request_id']}/resubmit", {})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_the_requester")


@pytest.mark.parametrize(
    ("what", "body", "status", "code"),
    [
        pytest.param("return", {"to_step": "legal", "comment": "x"}, 409, "nothing_to_return_to", id="return ahead"),
        pytest.param("return", {"to_step": "nothing", "comment": "x"}, 422, "unknown_step", id="return to no step"),
        pytest.param("return", {"comment": ""}, 422, "invalid_request", id="return without a reason"),
        pytest.param("transfer", {"to_user": "rep"}, 403, "segregation_of_duties", id="C11: over to the requester"),
        pytest.param("transfer", {"to_user": "nobody"}, 422, "invalid_request", id="hand over to a stranger"),
        pytest.param(
            "add-approver",
            {"to_user": "rep", "place": "after"},
            403,
            "segregation_of_duties",
            id="C11: the requester as an added approver",
        ),
        pytest.param(
            "add-approver", {"to_user": "findir", "place": "above"}, 422, "invalid_request", id="a place that is none"
        ),
    ],
)
async def test_c10_a_way_that_cannot_be_is_refused_and_nothing_changes(house, what, body, status, code):
    request_id = (await house.submitted())["request_id"]
    before = await version_of(house, request_id)
    answer = await do(house, "kam", request_id, what, **body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert await version_of(house, request_id) == before


async def test_s_g7_a_return_on_an_old_version_is_refused(house):
    request_id = (await house.submitted())["request_id"]
    old = await version_of(house, request_id)
    assert (await house.decide("kam", request_id, "first")).status_code == 200
    body = {"to_step": "first", "comment": "x"}
    answer = await house.lawyer.post(f"/v1/requests/{request_id}/return", body, headers={"If-Match": old})
    assert answer.status_code == 412


async def test_c10_handed_over_and_added_the_chain_shows_both_names(house):
    request_id = (await house.submitted())["request_id"]
    answer = await do(house, "kam", request_id, "transfer", to_user="gm", comment="on the road")
    assert answer.status_code == 200, answer.text
    first = answer.json()["steps"][0]
    assert (first["assigned_to"]["user_id"], first["assigned_by"]["user_id"]) == ("gm", "kam")
    answer = await do(house, "gm", request_id, "add-approver", to_user="marketing", place="beside")
    assert answer.status_code == 200, answer.text
    steps = {step["id"]: step for step in answer.json()["steps"]}
    assert steps["added-1"]["side_by_side"]["needed"] == 2
    assert sorted(answer.json()["open_steps"]) == ["added-1", "first"]


async def test_c10_a_copy_lets_somebody_read(house):
    request_id = (await house.submitted())["request_id"]
    assert (await house.other_rep.get(f"/v1/requests/{request_id}")).status_code == 404
    body = {"to_users": ["other-rep"], "note": "for your planning"}
    answer = await house.rep.post(f"/v1/requests/{request_id}/copy", body)
    assert (answer.status_code, [one["user_id"] for one in answer.json()["copied_to"]]) == (200, ["other-rep"])
    assert (await house.other_rep.get(f"/v1/requests/{request_id}")).status_code == 200


async def test_s_g5_a_delegation_is_made_seen_and_revoked(house):
    wanted = {"to_user": "lawyer", "valid_from": "2021-03-03", "valid_until": "2021-03-10", "reason": "leave"}
    made = await house.findir.post("/v1/delegations", wanted)
    assert made.status_code == 201, made.text
    seen = [one["id"] for one in (await house.lawyer.get("/v1/delegations?open_only=true")).json()["items"]]
    assert made.json()["id"] in seen
    assert (await house.gm.get("/v1/delegations")).json()["items"] == []
    assert made.json()["id"] in [one["id"] for one in (await house.auditor.get("/v1/delegations")).json()["items"]]
    other = await house.lawyer.post(f"/v1/delegations/{made.json()['id']}/revoke")
    assert other.status_code == 404
    ended = await house.findir.post(f"/v1/delegations/{made.json()['id']}/revoke")
    assert (ended.status_code, ended.json()["revoked_at"] is not None) == (200, True)
    again = await house.findir.post(f"/v1/delegations/{made.json()['id']}/revoke")
    assert (again.status_code, again.json()["code"]) == (409, "delegation_ended")


async def test_c10_a_delegation_beyond_the_houses_limits_names_its_policy(house):
    wanted = {"to_user": "lawyer", "valid_from": "2021-03-03", "valid_until": "2021-07-01"}
    answer = await house.findir.post("/v1/delegations", wanted)
    assert answer.status_code in (409, 422), answer.text
    assert "delegation" in answer.text


async def test_s_g7_a_batch_answers_each_item_and_skips_what_is_decided(house):
    ids = [(await house.submitted())["request_id"] for _ in range(3)]
    assert (await house.decide("kam", ids[1], "first")).status_code == 200
    items = [
        {"request_id": one, "version": 1, "step": "first", "decision": "approve", "evidence": PROOF} for one in ids
    ]
    answer = await house.kam.post("/v1/inbox/decisions", {"items": items})
    assert answer.status_code == 200, answer.text
    results = [(one["result"], one["code"]) for one in answer.json()["items"]]
    assert results == [("decided", None), ("refused", "already_decided"), ("decided", None)]
    assert answer.json()["items"][1]["detail"]["zh"]
    assert (await house.auditor.get(f"/v1/requests/{ids[2]}")).json()["open_steps"] == ["legal"]


async def test_c11_a_batch_refuses_ones_own_request_and_changes_nothing_of_it(house):
    request_id = (await house.submitted())["request_id"]
    item = {"request_id": request_id, "version": 1, "step": "first", "decision": "approve"}
    answer = await house.rep.post("/v1/inbox/decisions", {"items": [item]})
    assert answer.json()["items"][0]["code"] == "segregation_of_duties"
    assert (await house.auditor.get(f"/v1/requests/{request_id}")).headers["ETag"] == '"1"'


async def test_c10_a_batch_of_none_or_too_many_is_refused(house):
    assert (await house.kam.post("/v1/inbox/decisions", {"items": []})).status_code == 422
