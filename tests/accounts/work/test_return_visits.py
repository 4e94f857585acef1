"""A9: one form per account and month, due by the 25th whatever weekday it is, spot-checked by production control."""

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from services.accounts.return_visits.defaults import ask_what_is_due
from services.accounts.return_visits.domain import ASPECTS, day_counted_from, drawn, sample_size
from services.accounts.return_visits.terms import due_day, end_of
from shared.calendar import period
from shared.db.session import commit
from shared.policy.rulebook import Rulebook
from tests.accounts.work.conftest import ZONE, House, pointers

FIVES = dict.fromkeys(ASPECTS, 5)
IDS = st.lists(st.uuids().map(str), unique=True, max_size=40)


@given(IDS, st.text(max_size=10), st.integers(0, 40), st.randoms())
def test_a9_a_sample_is_drawn_again_from_its_seed_in_whatever_order_the_forms_come(ids, seed, size, chance):
    shuffled = list(ids)
    chance.shuffle(shuffled)
    sample = drawn(ids, seed=seed, size=size)
    assert drawn(shuffled, seed=seed, size=size) == sample
    assert len(sample) == min(size, len(ids))
    assert set(sample) <= set(ids)


def test_a9_another_seed_draws_other_forms():
    ids = [str(number) for number in range(200)]
    assert set(drawn(ids, seed="a", size=20)) != set(drawn(ids, seed="b", size=20))


@pytest.mark.parametrize(
    ("population", "size"),
    [
        pytest.param(0, 0, id="nothing to check"),
        pytest.param(2, 2, id="fewer than the least"),
        pytest.param(25, 3, id="a tenth of 25 is rounded up to the least of 3"),
        pytest.param(31, 4, id="a tenth of 31 is rounded up"),
        pytest.param(40, 4, id="exactly a tenth"),
    ],
)
def test_a9_a_tenth_of_the_forms_is_checked_and_at_least_three(population, size):
    assert sample_size(population, share=Decimal("0.10"), least=3) == size


@pytest.mark.parametrize(
    ("day", "counted"),
    [
        pytest.param(date(2021, 3, 1), 1, id="the first"),
        pytest.param(date(2021, 3, 25), 25, id="the 25th"),
        pytest.param(date(2021, 4, 2), 33, id="in the next month it is not early again"),
    ],
)
def test_a9_the_day_a_form_came_in_counts_on_after_the_month(day, counted):
    assert day_counted_from(period("2021-03"), day) == counted


@pytest.mark.parametrize(
    ("month", "due"),
    [
        pytest.param("2021-03", date(2021, 3, 25), id="a Thursday"),
        pytest.param("2021-04", date(2021, 4, 25), id="a Sunday moves nothing"),
        pytest.param("2021-12", date(2021, 12, 25), id="a public holiday moves nothing"),
        pytest.param("2021-02", date(2021, 2, 25), id="February"),
    ],
)
async def test_a9_papers_are_due_by_the_end_of_the_25th_local_time(house, month, due):
    async with house.sessions() as session:
        rules = Rulebook((await house.policies(session)).in_force(due))
    assert due_day(rules, period(month)) == due
    last = end_of(due, ZONE)
    assert last == datetime(due.year, due.month, due.day, 22, 59, 59, 999999, tzinfo=UTC)


async def filed(house: House, account_id: str, month: str = "2021-03", **fields):
    body = {
        "account_id": account_id,
        "month": month,
        "visited_on": f"{month}-10",
        "form_hash": await house.file(),
        "scores": FIVES,
        **fields,
    }
    return await house["rep"].post("/v1/return-visits", body)


async def received_on(house: House, visit_id: str, day: str) -> None:
    """The clock of this house runs live: what came in earlier is told to the database."""
    async with house.sessions() as session:
        await session.execute(
            text("UPDATE return_visit SET received_on = CAST(:day AS date) WHERE id = :id"),
            {"day": date.fromisoformat(day), "id": visit_id},
        )
        await commit(session)


async def test_a9_a_form_is_filed_once_a_month_and_scored_as_it_comes(house):
    """Seven fives and a three: 7 × 100 + 50, divided by eight, is 93.75."""
    account = await house.account(listed=True)
    made = await filed(house, account["id"], scores=FIVES | {"documentation": 3})
    assert made.status_code == 201, made.text
    assert (made.json()["score"], made.json()["grade"], made.json()["policy"]) == ("93.75", "good", "return-visit@1")
    again = await filed(house, account["id"])
    assert (again.status_code, again.json()["code"]) == (409, "return_visit_filed")
    assert (await filed(house, account["id"], "2021-04")).status_code == 201
    why = await house["rep"].get(
        f"/v1/return-visits/{made.json()['id']}/explanation", headers={"Accept-Language": "zh"}
    )
    assert any("资料管理" in line for line in why.json()["lines"])


async def test_a9_a_poor_form_carries_its_warning(house):
    account = await house.account(listed=True)
    made = (await filed(house, account["id"], scores=dict.fromkeys(ASPECTS, 2))).json()
    assert (made["score"], made["grade"], made["warnings"]) == ("25.00", "poor", ["return_visit_poor"])


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        pytest.param({"scores": FIVES | {"safety": 6}}, ["/scores/safety"], id="above the scale"),
        pytest.param({"scores": FIVES | {"safety": 0, "quality": 9}}, ["/scores/quality", "/scores/safety"], id="two"),
        pytest.param({"scores": FIVES | {"safety": "5"}}, ["/scores/safety"], id="a text"),
        pytest.param({"scores": FIVES | {"mood": 5}}, ["/scores/mood"], id="a ninth aspect"),
        pytest.param({"scores": {"quality": 5}}, [f"/scores/{name}" for name in ASPECTS[1:]], id="seven left out"),
        pytest.param({"visited_on": "2021-04-01"}, ["/visited_on"], id="a visit of another month"),
        pytest.param({"visited_on": "2021-02-30"}, ["/visited_on"], id="the 30th of February"),
        pytest.param({"form_hash": "0" * 64}, ["/form_hash"], id="a form nobody uploaded"),
        pytest.param({"month": "2021-13", "visited_on": "2021-12-10"}, ["/month"], id="a thirteenth month"),
        pytest.param({"month": "2999-01", "visited_on": "2999-01-10"}, ["/visited_on"], id="a month to come"),
    ],
)
async def test_a9_a_wrong_form_is_refused_where_it_is_wrong_and_nothing_is_filed(house, fields, where):
    account = await house.account(listed=True)
    refused = await filed(house, account["id"], **fields)
    assert (refused.status_code, pointers(refused)) == (422, where)
    assert (await filed(house, account["id"])).status_code == 201


async def test_a9_another_branch_neither_files_nor_sees_a_form(house):
    account = await house.account(listed=True)
    made = (await filed(house, account["id"])).json()
    body = {"account_id": account["id"], "month": "2021-05", "visited_on": "2021-05-03", "scores": FIVES}
    refused = await house["other_rep"].post("/v1/return-visits", {**body, "form_hash": await house.file()})
    assert refused.status_code == 404
    assert (await house["other_rep"].get(f"/v1/return-visits/{made['id']}")).status_code == 404
    assert (await house["other_rep"].get("/v1/return-visits")).json()["items"] == []
    due = await house["other_rep"].get("/v1/return-visits/due", params={"month": "2021-03"})
    assert due.json()["items"] == []


async def named_contact(house: House, account_id: str, month: str) -> None:
    person = await house["rep"].post(f"/v1/accounts/{account_id}/people", {"role": "main_contact", "name": "Chen Li"})
    body = {"account_id": account_id, "month": month, "person_id": person.json()["id"]}
    made = await house["rep"].post("/v1/return-visits/contacts", body)
    assert made.status_code == 201, made.text
    async with house.sessions() as session:
        on = date.fromisoformat(f"{month}-05")
        await session.execute(
            text("UPDATE reported_contact SET reported_on = :on WHERE account_id = :id"),
            {"on": on, "id": account_id},
        )
        await commit(session)


async def due_is_asked(house: House, now: datetime) -> None:
    async with house.sessions() as session:
        await ask_what_is_due(session, policies=await house.policies(session), now=now, zone=ZONE)
        await commit(session)


async def test_a9_after_the_25th_each_listed_account_without_its_papers_is_flagged_once(house):
    """July 2021: the 25th is a Sunday. One form on the 25th, one on the 26th, one without contact, one without form."""
    on_time, late, nameless, formless = [await house.account(listed=True) for _ in range(4)]
    for account, day in ((on_time, "2021-07-25"), (late, "2021-07-26"), (nameless, "2021-07-20")):
        made = (await filed(house, account["id"], "2021-07")).json()
        await received_on(house, made["id"], day)
        if account is not nameless:
            await named_contact(house, account["id"], "2021-07")
    await due_is_asked(house, datetime(2021, 7, 25, 22, 59, tzinfo=UTC))
    assert await house.flags(formless["id"]) == [("return_visit_default", "2021-06")]
    for minute in (0, 5):
        await due_is_asked(house, datetime(2021, 7, 25, 23, minute, tzinfo=UTC))
    july = ("return_visit_default", "2021-07")
    found = [july in await house.flags(account["id"]) for account in (on_time, late, nameless, formless)]
    assert found == [False, True, True, True]
    assert len([flag for flag in await house.flags(late["id"]) if flag == july]) == 1


async def test_a9_minutes_are_due_for_every_meeting_the_customer_called(house):
    """May 2021: two meetings before the 25th; the minutes of one alone are not enough."""
    account, month = await house.account(listed=True), "2021-05"
    made = (await filed(house, account["id"], month)).json()
    await received_on(house, made["id"], "2021-05-20")
    await named_contact(house, account["id"], month)
    meetings = []
    for day in ("2021-05-04", "2021-05-18"):
        body = {"account_id": account["id"], "kind": "customer_meeting", "on_day": day, "note": "about the shop"}
        meetings.append((await house["rep"].post("/v1/contacts", body)).json()["id"])

    async def stands() -> str:
        due = (await house["rep"].get("/v1/return-visits/due", params={"month": month})).json()
        assert due["due_on"] == "2021-05-25"
        return next(item["answer"] for item in due["items"] if item["account_id"] == account["id"])

    assert await stands() == "no_evidence"
    for meeting in meetings:
        body = {"contact_id": meeting, "file_hash": await house.file(b"%PDF-1.7 minutes")}
        assert (await house["rep"].post("/v1/return-visits/minutes", body)).status_code == 201
        async with house.sessions() as session:
            await session.execute(
                text("UPDATE meeting_minutes SET received_on = '2021-05-24' WHERE contact_id = :id"), {"id": meeting}
            )
            await commit(session)
        assert await stands() == ("holds" if meeting == meetings[-1] else "no_evidence")
    again = await house["rep"].post("/v1/return-visits/minutes", body)
    assert (again.status_code, again.json()["code"]) == (409, "minutes_filed")


async def test_a9_minutes_belong_to_a_meeting_the_customer_called(house):
    account = await house.account(listed=True)
    call = {"account_id": account["id"], "kind": "call", "on_day": "2021-05-04", "note": "hello"}
    contact = (await house["rep"].post("/v1/contacts", call)).json()
    refused = await house["rep"].post(
        "/v1/return-visits/minutes", {"contact_id": contact["id"], "file_hash": await house.file()}
    )
    assert (refused.status_code, pointers(refused)) == (422, ["/contact_id"])


async def test_a9_production_control_draws_a_month_once_and_a_stranger_draws_the_same(house):
    month = "2021-09"
    for _ in range(5):
        assert (await filed(house, (await house.account(listed=True))["id"], month)).status_code == 201
    refused = await house["market"].post("/v1/spot-check-samples", {"month": month, "seed": "2021-09-26"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_the_checking_department")
    sample = (await house["control"].post("/v1/spot-check-samples", {"month": month, "seed": "2021-09-26"})).json()
    again = await house["control"].post("/v1/spot-check-samples", {"month": month, "seed": "another"})
    assert (again.status_code, again.json()["code"]) == (409, "sample_drawn")
    by_hash = sorted(
        sample["population"], key=lambda one: hashlib.sha256(f"{sample['seed']}/{one}".encode()).hexdigest()
    )
    assert {check["return_visit_id"] for check in sample["checks"]} == set(by_hash[:3])
    empty = await house["control"].post("/v1/spot-check-samples", {"month": "2001-01"})
    assert (empty.status_code, empty.json()["code"]) == (409, "nothing_to_check")


async def test_a9_a_falsified_form_stands_against_its_branch_and_flags_the_account(house):
    month = "2021-10"
    accounts = [await house.account(listed=True) for _ in range(2)]
    for account in accounts:
        made = (await filed(house, account["id"], month)).json()
        await received_on(house, made["id"], "2021-10-20")
        await named_contact(house, account["id"], month)
    sample = (await house["control"].post("/v1/spot-check-samples", {"month": month})).json()
    visits = {}
    for check in sample["checks"]:
        visit = (await house["rep"].get(f"/v1/return-visits/{check['return_visit_id']}")).json()
        visits[visit["account_id"]] = check["id"]
    truthful, false_one = (account["id"] for account in accounts)
    note = {"note": "called the customer"}
    for account_id, truth in ((truthful, True), (false_one, False)):
        path = f"/v1/spot-checks/{visits[account_id]}/finding"
        found = await house["control"].post(path, {"truthful": truth, **note})
        assert found.status_code == 200, found.text
    assert await house.flags(truthful) == []
    assert await house.flags(false_one) == [("return_visit_default", "2021-10")]
    against = await house["kam"].get("/v1/spot-checks", params={"branch": "kinshasa", "finding": "falsified"})
    assert [check["id"] for check in against.json()["items"]] == [visits[false_one]]
    changed = await house["control"].post(
        f"/v1/spot-checks/{visits[false_one]}/finding", {"truthful": True, "note": "looked again"}
    )
    assert (changed.status_code, changed.json()["allowed"]) == (409, [])
    assert (await house["other_rep"].get("/v1/spot-checks")).json()["items"] == []
