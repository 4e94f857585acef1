"""A11 over HTTP and by the clock: evidence, evaluations, joining, targets, reminders, leaving."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio

from services.accounts.support.watching import close_month_of_programmes, remind_members
from shared.calendar import local_day
from shared.db.session import commit
from shared.policy.compiled import CompiledPolicies
from tests.accounts.programmes_house import House, bought

ZONE = "Africa/Kinshasa"
PATH = "/v1/programmes/support"
PERSON = ("energy", "drive", "learning", "breadth", "courage")
MANAGEMENT = ("cooperation", "company_management", "staff_training", "reputation", "brand_protection")


def today_of(house: House) -> date:
    return local_day(house.accounts.app.state.mainstay.clock.now(), ZONE)


async def show(house: House, account_id: str, fact: str, value: str, who: str = "rep", **more):
    body = {
        "account_id": account_id,
        "fact": f"programme.{fact}",
        "value": value,
        "seen_on": today_of(house).isoformat(),
        "evidence": "inspection report 14",
        **more,
    }
    return await house.people[who].post(f"{PATH}/evidence", body)


async def promising(house: House) -> str:
    """An account that sold enough last year and whose head is fit; the rest may still come."""
    account_id = await house.opened()
    last_year = today_of(house).year - 1
    await house.receives(*bought(account_id, net_minor=200_000_000, day=f"{last_year}-05-10"))
    for fact in (*PERSON, *MANAGEMENT):
        assert (await show(house, account_id, fact, "high")).status_code == 201
    return account_id


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def member(house: House) -> dict:
    answer = await join(house, await promising(house))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def join(house: House, account_id: str, **fields):
    return await house.people["kam"].post(f"{PATH}/memberships", {"account_id": account_id, **fields})


async def evaluate(house: House, account_id: str, who: str = "rep", **fields):
    return await house.people[who].post(f"{PATH}/evaluations", {"account_id": account_id, **fields})


async def test_each_condition_answers_with_what_is_missing_and_until_when_a11(house):
    account_id = await promising(house)
    await show(house, account_id, "promoters", "12")
    answer = await evaluate(house, account_id)
    assert answer.status_code == 201, answer.text
    found = answer.json()
    conditions = {one["id"]: one for one in found["conditions"]}
    assert {name: one["answer"] for name, one in conditions.items()} == {
        "sales": "pass",
        "unit": "fail",
        "equipment": "no_evidence",
        "funds": "no_evidence",
        "focus": "no_evidence",
        "person": "pass",
        "management": "pass",
    }
    promoters = next(one for one in conditions["unit"]["missing"] if one["fact"] == "programme.promoters")
    assert (promoters["verdict"], promoters["short_by"]) == ("fail", "3")
    assert conditions["unit"]["deadline"] == f"{today_of(house).year}-12-31"
    assert (found["answer"], found["policy"]) == ("open", "support-programme@1")
    for language, words in (("en", "Promoters employed"), ("zh", "推广人员数")):
        path = f"{PATH}/evaluations/{found['id']}/explanation"
        explained = (await house.people["kam"].get(path, headers={"Accept-Language": language})).json()
        assert any(words in line for line in explained["lines"])


async def test_shortfalls_of_money_carry_their_currency_a11(house):
    account_id = await house.opened()
    await house.receives(*bought(account_id, net_minor=100_000_000, day=f"{today_of(house).year - 1}-05-10"))
    found = (await evaluate(house, account_id)).json()
    (missing,) = next(one for one in found["conditions"] if one["id"] == "sales")["missing"]
    assert (missing["short_by"], missing["currency"]) == ("1000000.00", "CNY")
    assert found["answer"] == "fail"


async def test_last_years_sales_are_those_known_at_the_start_a11(house):
    """S-A8: a later correction moves no baseline."""
    account_id = await house.opened()
    last_year, this_year = today_of(house).year - 1, today_of(house).year
    events = bought(account_id, net_minor=200_000_000, day=f"{last_year}-05-10")
    await house.receives(*events)
    before = (await evaluate(house, account_id)).json()["conditions"][0]
    await house.receives(returned(events, at=f"{this_year}-01-02"))
    after = (await evaluate(house, account_id)).json()["conditions"][0]
    assert (before["answer"], after["answer"]) == ("pass", "pass")
    earlier = await house.opened()
    events = bought(earlier, net_minor=200_000_000, day=f"{last_year}-05-10")
    await house.receives(*events, returned(events, at=f"{last_year}-06-02"))
    assert (await evaluate(house, earlier)).json()["conditions"][0]["answer"] == "fail"


def returned(events, *, at: str):
    from shared.events.orders import OrderReturned, ReturnedLine

    placed = events[0]
    moment = f"{at}T10:00:00+01:00"
    return OrderReturned(
        occurred_at=moment,
        order_id=placed.order_id,
        account_id=placed.account_id,
        return_id="r",
        returned_at=moment,
        lines=(ReturnedLine(line=1, quantity=1, net_minor=placed.lines[0].net_minor // 10),),
    )


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        pytest.param({"fact": "programme.target_attainment", "value": "1"}, "/fact", id="a fact that is computed"),
        pytest.param({"fact": "programme.starts_on", "value": "2021-01-01"}, "/fact", id="the first day"),
        pytest.param({"fact": "programme.office", "value": "yes"}, "/value", id="a yes in other words"),
        pytest.param({"fact": "programme.promoters", "value": "15.5"}, "/value", id="half a promoter"),
        pytest.param({"fact": "programme.promoters", "value": "-1"}, "/value", id="fewer than none"),
        pytest.param({"fact": "programme.energy", "value": "splendid"}, "/value", id="a word nobody knows"),
        pytest.param({"fact": "programme.brand_share_of_category", "value": "1.01"}, "/value", id="more than all"),
        pytest.param({"fact": "programme.brand_share_of_category", "value": "NaN"}, "/value", id="no figure"),
        pytest.param({"fact": "programme.dedicated_funds", "value": "5"}, "/currency", id="money of no currency"),
        pytest.param(
            {"fact": "programme.dedicated_funds", "value": "0.001", "currency": "CNY"}, "/value", id="less than a cent"
        ),
        pytest.param(
            {"fact": "programme.dedicated_funds", "value": "5", "currency": "XXQ"}, "/value", id="a made-up currency"
        ),
        pytest.param({"fact": "programme.promoters", "value": "5", "currency": "CNY"}, "/currency", id="paid heads"),
        pytest.param({"fact": "programme.equipment_missing", "value": "1"}, "/item", id="equipment without a name"),
        pytest.param(
            {"fact": "programme.equipment_missing", "value": "1", "item": "moon/rover"}, "/item", id="off the checklist"
        ),
        pytest.param(
            {"fact": "programme.office", "value": "true", "item": "office/van"}, "/item", id="a van of office"
        ),
        pytest.param({"fact": "programme.office", "value": "true", "seen_on": "2999-01-01"}, "/seen_on", id="ahead"),
        pytest.param({"fact": "programme.office", "value": "true", "seen_on": "2021-02-30"}, "/seen_on", id="30 Feb"),
        pytest.param({"fact": "programme.office", "value": "true", "file_hash": "0" * 64}, "/file_hash", id="no file"),
    ],
)
async def test_evidence_that_cannot_be_weighed_is_pointed_at_a11(house, member, fields, pointer):
    body = {
        "account_id": member["account_id"],
        "seen_on": today_of(house).isoformat(),
        "evidence": "hearsay",
        **fields,
    }
    before = (await house.people["rep"].get(f"{PATH}/evidence", params={"account_id": member["account_id"]})).json()
    answer = await house.people["rep"].post(f"{PATH}/evidence", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    after = (await house.people["rep"].get(f"{PATH}/evidence", params={"account_id": member["account_id"]})).json()
    assert after["items"] == before["items"]


async def test_a_programme_nobody_published_is_not_found_a11(house):
    account_id = await house.opened()
    for path, body in (
        ("evaluations", {"account_id": account_id}),
        ("memberships", {"account_id": account_id}),
        (
            "evidence",
            {
                "account_id": account_id,
                "fact": "programme.office",
                "value": "true",
                "seen_on": "2021-01-01",
                "evidence": "x",
            },
        ),
    ):
        answer = await house.people["kam"].post(f"/v1/programmes/astronauts/{path}", body)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_programme")


async def test_an_account_joins_while_what_is_missing_may_still_come_a11(house, member):
    assert (member["starts_on"], member["leaves_on"]) == (f"{today_of(house).year}-01-01", None)
    (joined,) = await house.told("ProgrammeJoined", member["account_id"])
    assert (joined.programme, joined.membership_id, str(joined.valid_from)) == (
        "support",
        member["id"],
        member["starts_on"],
    )
    assert (await join(house, member["account_id"])).json()["code"] == "already_member"


async def test_who_cannot_meet_a_condition_any_more_does_not_join_a11(house):
    account_id = await house.opened()
    answer = await join(house, account_id)
    assert (answer.status_code, answer.json()["code"]) == (422, "conditions_not_met")
    assert [error["code"] for error in answer.json()["errors"]] == ["fail", "no_evidence", "no_evidence"]
    assert await house.told("ProgrammeJoined", account_id) == []


async def test_two_admissions_at_once_make_one_member_a11(house):
    account_id = await promising(house)
    answers = await asyncio.gather(join(house, account_id), join(house, account_id))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len(await house.told("ProgrammeJoined", account_id)) == 1


async def test_a_membership_starts_when_the_year_before_is_over_a11(house):
    tomorrow = today_of(house) + timedelta(days=1)
    answer = await join(house, await promising(house), starts_on=tomorrow.isoformat())
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/starts_on")


async def test_a_rep_evaluates_but_does_not_admit_a11(house, member):
    for path, body in (
        ("memberships", {"account_id": member["account_id"]}),
        (f"memberships/{member['id']}/exit", {"reason": "x"}),
    ):
        assert (await house.people["rep"].post(f"{PATH}/{path}", body)).status_code == 403


async def test_another_branch_sees_nothing_of_a_programmes_members_a11(house, member):
    assert (await evaluate(house, member["account_id"], who="other_rep")).status_code == 404
    assert (await show(house, member["account_id"], "office", "true", who="other_rep")).status_code == 404
    for path in ("evidence", "evaluations", "memberships", "reminders"):
        mine = (await house.people["rep"].get(f"{PATH}/{path}")).json()["items"]
        theirs = (await house.people["branch_manager"].get(f"{PATH}/{path}")).json()["items"]
        assert path == "reminders" or mine
        assert theirs == []
    assert (await house.people["other_rep"].get(f"{PATH}/memberships/{member['id']}/targets")).status_code == 404


async def test_the_years_target_and_what_is_missing_of_it_a11(house, member):
    year = today_of(house).year
    await house.receives(*bought(member["account_id"], net_minor=221_100_000, day=f"{year}-01-15"))
    found = (await house.people["rep"].get(f"{PATH}/memberships/{member['id']}/targets")).json()
    assert found["years"] == [
        {
            "year": 1,
            "first": f"{year}-01-01",
            "last": f"{year}-12-31",
            "currency": "CNY",
            "target": "3000000.00",
            "purchases": "2211000.00",
            "attainment": "0.7370",
            "reached": False,
            "short_by": "789000.00",
        }
    ]
    later = await house.people["rep"].get(
        f"{PATH}/memberships/{member['id']}/targets", params={"as_of": f"{year + 2}-06-30"}
    )
    assert [one["target"] for one in later.json()["years"]] == ["3000000.00", "6000000.00", "10000000.00"]


async def at_work(house: House, job, now: datetime) -> int:
    async with house.accounts.sessions() as session:
        policies = await CompiledPolicies().current(session)
        done = await job(session, policies=policies, now=now, zone=ZONE)
        await commit(session)
        return done


def morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 8, tzinfo=UTC)


async def reminders(house: House, member: dict) -> list[tuple[str, str]]:
    answer = await house.people["rep"].get(f"{PATH}/reminders", params={"account_id": member["account_id"]})
    return sorted((one["condition"], one["before"]) for one in answer.json()["items"])


async def test_members_are_reminded_of_each_deadline_once_for_each_lead_a11(house, member):
    year = today_of(house).year
    await at_work(house, remind_members, morning(date(year, 12, 5)))
    open_ones = ["equipment", "focus", "funds", "unit"]
    assert await reminders(house, member) == [(name, "P30D") for name in open_ones]
    assert await at_work(house, remind_members, morning(date(year, 12, 5))) == 0
    await at_work(house, remind_members, morning(date(year, 12, 6)))
    assert await reminders(house, member) == [(name, "P30D") for name in open_ones]
    await at_work(house, remind_members, morning(date(year, 12, 28)))
    assert await reminders(house, member) == sorted((name, lead) for name in open_ones for lead in ("P30D", "P7D"))


async def test_a_closed_month_judges_members_and_flags_only_what_is_too_late_a11(house, member):
    year, asked = today_of(house).year, {"account_id": member["account_id"]}

    async def flags() -> list[str]:
        found = (await house.people["kam"].get("/v1/flags", params=asked)).json()["items"]
        return [one["period"] for one in found if one["code"] == "support_conditions_not_met"]

    await at_work(house, close_month_of_programmes, morning(date(year, 12, 1)))
    assert await flags() == []
    await at_work(house, close_month_of_programmes, morning(date(year + 1, 2, 1)))
    await at_work(house, close_month_of_programmes, morning(date(year + 1, 2, 2)))
    assert await flags() == [f"{year + 1}-01"]
    kept = (await house.people["kam"].get(f"{PATH}/evaluations", params=asked)).json()["items"]
    by_system = [(one["as_of"], one["answer"]) for one in kept if one["evaluated_by"] == "system"]
    # the worker stood over the end of December, which is made up for
    assert by_system == [(f"{year + 1}-01-31", "no_evidence"), (f"{year}-12-31", "open"), (f"{year}-11-30", "open")]


async def test_an_exit_still_to_come_is_moved_and_no_day_is_of_two_memberships_a11(house):
    membership = (await join(house, await promising(house))).json()
    path, today = f"{PATH}/memberships/{membership['id']}/exit", today_of(house)
    far = await house.people["kam"].post(path, {"reason": "a slip of the hand", "leaves_on": "2199-01-01"})
    assert far.status_code == 201, far.text
    again = await join(house, membership["account_id"])
    assert (again.status_code, again.json()["code"]) == (409, "already_member")
    moved = await house.people["kam"].post(path, {"reason": "meant today", "leaves_on": today.isoformat()})
    assert (moved.status_code, moved.json()["leaves_on"]) == (201, today.isoformat())
    over = await join(house, membership["account_id"], starts_on=f"{today.year}-01-01")
    assert (over.status_code, over.json()["code"]) == (409, "already_member")


async def test_a_member_leaves_once_with_a_reason_a11(house):
    account_id, new_years_eve = await promising(house), f"{today_of(house).year - 1}-12-31"
    await house.receives(*bought(account_id, net_minor=200_000_000, day=new_years_eve))  # in the year before each start
    membership = (await join(house, account_id)).json()
    path = f"{PATH}/memberships/{membership['id']}/exit"
    early = await house.people["kam"].post(path, {"reason": "other brand", "leaves_on": "2001-01-01"})
    assert (early.status_code, early.json()["errors"][0]["pointer"]) == (422, "/leaves_on")
    left = await house.people["kam"].post(path, {"reason": "sells another brand"})
    assert left.status_code == 201, left.text
    assert left.json()["leaves_on"] == today_of(house).isoformat()
    assert (await house.people["kam"].post(path, {"reason": "again"})).json()["code"] == "already_left"
    (told,) = await house.told("ProgrammeLeft", membership["account_id"])
    assert (told.reason, str(told.valid_until)) == ("sells another brand", today_of(house).isoformat())
    now = {"account_id": membership["account_id"], "on": today_of(house).isoformat()}
    assert (await house.people["kam"].get(f"{PATH}/memberships", params=now)).json()["items"] == []
    again = await join(house, membership["account_id"])
    assert (again.status_code, again.json()["starts_on"]) == (201, today_of(house).isoformat())
