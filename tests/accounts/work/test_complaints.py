"""A10: complaints with owner, due time, escalation and resolution; feedback against its standard."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.complaints.domain import (
    MOVES,
    Clocks,
    ComplaintMove,
    ComplaintState,
    Standard,
    on_time,
)
from services.accounts.complaints.service import escalate_overdue
from services.accounts.moves import MoveNotAllowed, allowed_from, moved
from shared.db.session import commit
from tests.accounts.work.conftest import ZONE, House, pointers

FRIDAY_3PM = "2021-03-05T15:00:00+01:00"


@given(st.sampled_from(ComplaintState), st.sampled_from(ComplaintMove))
def test_a10_a_complaint_moves_as_its_table_says_and_no_other_way(state, move):
    if (state, move) in MOVES:
        assert moved(MOVES, state, move) is MOVES[state, move]
    else:
        with pytest.raises(MoveNotAllowed) as refused:
            moved(MOVES, state, move)
        assert refused.value.more["allowed"] == [str(one) for one in allowed_from(MOVES, state)]


def at(hour):
    return datetime(2021, 3, 8, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("clocks", "now", "missed"),
    [
        pytest.param(Clocks(at(9), at(12)), at(9), [], id="at its last moment"),
        pytest.param(Clocks(at(9), at(12)), at(10), [Standard.complaint_acknowledged], id="nobody acknowledged it"),
        pytest.param(Clocks(at(9), at(12), at(10)), at(11), [], id="acknowledged late, there is time to resolve"),
        pytest.param(Clocks(at(9), at(12), at(8)), at(13), [Standard.complaint_resolved], id="not resolved"),
        pytest.param(Clocks(at(9), at(12), None, at(13)), at(14), [], id="resolved, though late"),
    ],
)
def test_a10_a_standard_is_missed_after_its_time_while_nothing_was_done(clocks, now, missed):
    assert [standard for standard, _ in clocks.overdue(now)] == missed


@pytest.mark.parametrize(
    ("done", "now", "answer"),
    [
        pytest.param(at(9), at(20), True, id="at the last moment"),
        pytest.param(at(10), at(20), False, id="later"),
        pytest.param(None, at(9), None, id="there is still time"),
        pytest.param(None, at(10), False, id="nobody answered in time"),
    ],
)
def test_a10_feedback_is_on_time_within_its_standard(done, now, answer):
    assert on_time(done, at(9), now) is answer


async def complained(house: House, account_id: str, **fields):
    body = {"account_id": account_id, "about": "two handsets do not charge", **fields}
    return await house["service"].post("/v1/complaints", body)


async def test_a10_a_complaint_falls_due_in_office_hours_and_belongs_to_the_account_s_rep(house):
    """Friday 15:00 + 8 business hours = Monday 15:00; + 40 = Friday 15:00 of the next week."""
    account = await house.account()
    await house.team(account["id"], account_rep=house.ids["rep"], key_account_manager=house.ids["kam"])
    made = await complained(house, account["id"], opened_at=FRIDAY_3PM)
    assert made.status_code == 201, made.text
    body = made.json()
    assert (body["owner"], body["state"]) == (house.ids["rep"], "open")
    assert (body["acknowledge_by"], body["resolve_by"]) == ("2021-03-08T14:00:00Z", "2021-03-12T14:00:00Z")
    (told,) = await house.told("ComplaintOpened", account["id"])
    assert (told["complaint_id"], told["owner"], "charge" in str(told)) == (body["id"], house.ids["rep"], False)


async def test_a10_a_complaint_is_acknowledged_and_resolved_once_and_tells_whether_we_caused_it(house):
    account = await house.account()
    complaint = (await complained(house, account["id"])).json()
    path = f"/v1/complaints/{complaint['id']}"
    acknowledged = await house["rep"].post(f"{path}/acknowledge")
    assert (acknowledged.status_code, acknowledged.json()["state"]) == (200, "acknowledged")
    again = await house["rep"].post(f"{path}/acknowledge")
    assert (again.status_code, again.json()["allowed"]) == (409, ["reassign", "resolve"])
    body = {"resolution": "both replaced", "caused_by_us": True}
    resolved = (await house["kam"].post(f"{path}/resolve", body)).json()
    assert (resolved["state"], resolved["caused_by_us"], resolved["resolved_by"]) == (
        "resolved",
        True,
        house.ids["kam"],
    )
    twice = await house["kam"].post(f"{path}/resolve", {"resolution": "not ours", "caused_by_us": False})
    assert (twice.status_code, twice.json()["allowed"]) == (409, [])
    assert (await house["kam"].get(path)).json()["caused_by_us"] is True
    (told,) = await house.told("ComplaintResolved", account["id"])
    assert (told["caused_by_us"], told["on_time"]) == (True, True)


async def test_a10_a_rep_does_not_judge_whether_his_own_complaint_was_caused_by_us(house):
    account = await house.account()
    complaint = (await complained(house, account["id"])).json()
    body = {"resolution": "the customer's own fault", "caused_by_us": False}
    refused = await house["rep"].post(f"/v1/complaints/{complaint['id']}/resolve", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")


async def test_a10_a_complaint_of_another_branch_is_not_found(house):
    account = await house.account()
    complaint = (await complained(house, account["id"])).json()
    assert (await house["other_rep"].get(f"/v1/complaints/{complaint['id']}")).status_code == 404
    assert (await house["other_rep"].post(f"/v1/complaints/{complaint['id']}/acknowledge")).status_code == 404
    assert (await house["other_rep"].get("/v1/complaints")).json()["items"] == []


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        pytest.param({"owner": "nobody-1"}, "/owner", id="an owner nobody knows"),
        pytest.param({"opened_at": "2999-01-01T00:00:00Z"}, "/opened_at", id="a moment to come"),
        pytest.param({"about": "  "}, "/about", id="about nothing"),
    ],
)
async def test_a10_a_wrong_complaint_is_refused_where_it_is_wrong(house, fields, pointer):
    account = await house.account()
    refused = await complained(house, account["id"], **fields)
    assert (refused.status_code, pointers(refused)) == (422, [pointer])


async def escalated(house: House, now: datetime) -> None:
    async with house.sessions() as session:
        await escalate_overdue(session, now=now, zone=ZONE)
        await commit(session)


async def test_a10_a_missed_standard_goes_to_the_owner_s_manager_once_however_often_the_worker_looks(house):
    account = await house.account()
    await house.team(account["id"], account_rep=house.ids["rep"], key_account_manager=house.ids["kam"])
    complaint = (await complained(house, account["id"], opened_at=FRIDAY_3PM)).json()
    path = f"/v1/complaints/{complaint['id']}"
    await escalated(house, datetime(2021, 3, 8, 14, 0, tzinfo=UTC))
    assert (await house["kam"].get(path)).json()["escalations"] == []
    for minute in (1, 2):
        await escalated(house, datetime(2021, 3, 8, 14, minute, tzinfo=UTC))
    (first,) = (await house["kam"].get(path)).json()["escalations"]
    assert (first["standard"], first["told_to"]) == ("complaint_acknowledged", house.ids["kam"])
    await house["rep"].post(f"{path}/acknowledge")
    await escalated(house, datetime(2021, 3, 12, 14, 1, tzinfo=UTC))
    standards = [one["standard"] for one in (await house["kam"].get(path)).json()["escalations"]]
    assert standards == ["complaint_acknowledged", "complaint_resolved"]


async def test_a10_an_escalation_goes_to_the_line_manager_where_there_is_one(house):
    account = await house.account()
    body = {"joined_on": "2019-01-01", "manager_id": house.ids["director"]}
    admin, user = await house.accounts.admin(), f"/v1/users/{house.ids['clerk']}"
    tag = (await admin.get(user)).headers["ETag"]
    employed = await admin.put(f"{user}/employment", body, headers={"If-Match": tag})
    assert employed.status_code == 200, employed.text
    complaint = (await complained(house, account["id"], opened_at=FRIDAY_3PM, owner=house.ids["clerk"])).json()
    await escalated(house, datetime(2021, 3, 9, tzinfo=UTC))
    told = (await house["kam"].get(f"/v1/complaints/{complaint['id']}")).json()["escalations"]
    assert [one["told_to"] for one in told] == [house.ids["director"]]


async def test_a10_a_reassigned_complaint_keeps_its_due_times(house):
    account = await house.account()
    complaint = (await complained(house, account["id"])).json()
    given = await house["rep"].post(f"/v1/complaints/{complaint['id']}/reassign", {"owner": house.ids["clerk"]})
    assert (given.json()["owner"], given.json()["resolve_by"]) == (house.ids["clerk"], complaint["resolve_by"])


async def test_a10_feedback_is_answered_once_and_says_whether_it_was_on_time(house):
    account = await house.account()
    body = {"account_id": account["id"], "kind": "feedback", "text": "could deliveries come before ten?"}
    late = (await house["service"].post("/v1/feedback", {**body, "received_at": FRIDAY_3PM})).json()
    assert (late["answer_by"], late["on_time"]) == ("2021-03-10T14:00:00Z", False)
    asked = (await house["service"].post("/v1/feedback", {**body, "kind": "question"})).json()
    assert asked["on_time"] is None
    answer = {"answer": "from March on the van leaves at eight"}
    answered = (await house["rep"].post(f"/v1/feedback/{asked['id']}/answer", answer)).json()
    assert (answered["on_time"], answered["answered_by"]) == (True, house.ids["rep"])
    assert (await house["rep"].post(f"/v1/feedback/{late['id']}/answer", answer)).json()["on_time"] is False
    again = await house["rep"].post(f"/v1/feedback/{asked['id']}/answer", answer)
    assert (again.status_code, again.json()["code"]) == (409, "answered_already")
    open_ones = await house["rep"].get("/v1/feedback", params={"account_id": account["id"], "answered": False})
    assert open_ones.json()["items"] == []
    assert (await house["other_rep"].get("/v1/feedback")).json()["items"] == []
