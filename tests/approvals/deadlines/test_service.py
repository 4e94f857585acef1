"""C10 on real PostgreSQL: the worker reminds and escalates in business time and never decides for anybody."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from services.approvals.deadlines.service import Looked, look_at_open_steps
from services.approvals.requests import service
from services.approvals.requests.domain import Choice
from services.approvals.requests.states import State
from services.approvals.requests.views import show_request
from shared.db.mechanisms import audit_entry, person
from tests.approvals.build import START
from tests.approvals.requests.test_service import EVERYWHERE, ask, decide, events, hire

# Wednesday 3 March 2021, 10:00 in Kinshasa; open from 8 to 16 local time.
REMIND = datetime(2021, 3, 4, 9, tzinfo=UTC)  # eight business hours later
LATE = datetime(2021, 3, 5, 9, tzinfo=UTC)  # sixteen
JUST = timedelta(seconds=1)


async def managed(session, user_id, manager_id):
    await session.execute(update(person).where(person.c.user_id == user_id).values(manager_id=manager_id))


async def shown(session, row, at, now, step="first"):
    await session.refresh(row)
    return next(one for one in (await show_request(session, row, at=at(now))).steps if one.id == step)


async def test_c10_s_g9_an_open_step_is_reminded_of_and_then_escalated_to_the_line_manager(session, at):
    named = await hire(session)
    await managed(session, named["kam"], named["gm"])
    row = await service.seek_approval(session, ask(named), at=at())
    assert row.steps[0].due_at == LATE
    looks = [START, REMIND - JUST, REMIND, REMIND + JUST, LATE - JUST, LATE, LATE + timedelta(days=3)]
    done = [await look_at_open_steps(session, at=at(now)) for now in looks]
    quiet = Looked()
    assert done == [Looked(opened=1), quiet, Looked(reminded=1), quiet, quiet, Looked(escalated=1), quiet]
    step = await shown(session, row, at, LATE)
    assert (step.reminded_at, step.escalated_at, step.late) == (REMIND, LATE, True)
    assert [one.user_id for one in step.escalated_to] == [named["gm"]]
    assert await events(session, row.id) == ["ApprovalRequested", "StepReminded", "StepEscalated"]
    acts = select(audit_entry.c.action).where(audit_entry.c.subject == f"request/{row.id}")
    assert list(await session.scalars(acts)) == ["approval.requested", "approval.escalated"]


@pytest.mark.parametrize(
    ("opened", "remind", "late"),
    [
        pytest.param("2021-03-05T13:00Z", "2021-03-08T13:00Z", "2021-03-09T13:00Z", id="the weekend does not count"),
        pytest.param("2021-04-30T09:00Z", "2021-05-03T09:00Z", "2021-05-04T09:00Z", id="nor a holiday on a Saturday"),
        pytest.param("2021-05-14T09:00Z", "2021-05-18T09:00Z", "2021-05-19T09:00Z", id="nor Liberation Day, a Monday"),
        pytest.param("2020-12-31T09:00Z", "2021-01-05T09:00Z", "2021-01-06T09:00Z", id="over the year's end"),
    ],
)
async def test_c10_reminders_are_in_business_time(session, at, opened, remind, late):
    named = await hire(session)
    moments = [datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (opened, remind, late)]
    await service.seek_approval(session, ask(named), at=at(moments[0]))
    await look_at_open_steps(session, at=at(moments[0]))
    for moment, done in zip(moments[1:], (Looked(reminded=1), Looked(escalated=1)), strict=True):
        assert await look_at_open_steps(session, at=at(moment - JUST)) == Looked()
        assert await look_at_open_steps(session, at=at(moment)) == done


async def test_c10_a_step_that_was_decided_or_withdrawn_meanwhile_is_left_alone(session, at):
    named = await hire(session)
    decided = await service.seek_approval(session, ask(named), at=at())
    withdrawn = await service.seek_approval(session, ask(named), at=at())
    await look_at_open_steps(session, at=at())
    await decide(session, decided, named["kam"], "first", at=at())
    because = {"en": "no", "zh": "否"}
    await service.withdraw_request(session, withdrawn.id, by=named["rep"], reason=because, reach=EVERYWHERE, at=at())
    assert await look_at_open_steps(session, at=at(LATE)) == Looked(opened=1, escalated=1)
    assert (await shown(session, decided, at, LATE)).escalated_at is None
    assert (await shown(session, decided, at, LATE, "legal")).escalated_at == LATE


async def test_s_g4_a_step_nobody_may_take_is_escalated_at_once_and_never_approved(session, at):
    named = await hire(session, without=("lawyer",))
    row = await service.seek_approval(session, ask(named), at=at())
    await decide(session, row, named["kam"], "first", at=at())
    assert await look_at_open_steps(session, at=at()) == Looked(opened=1, escalated=1)
    step = await shown(session, row, at, START, "legal")
    assert (step.waiting, step.escalated_at, step.escalated_to) == ("no_holder", START, [])
    for day in range(1, 400, 50):
        await look_at_open_steps(session, at=at(START + timedelta(days=day)))
    await session.refresh(row)
    assert row.state == State.PENDING
    assert (await shown(session, row, at, LATE, "legal")).state == "active"


async def test_c10_escalation_goes_to_the_role_the_route_names(session, at):
    named = await hire(session)
    row = await service.seek_approval(session, ask(named), at=at())
    clock = {**row.route["clock"], "escalate_to": "marketing_director"}
    row.route = {**row.route, "clock": clock}
    await session.flush()
    await look_at_open_steps(session, at=at())
    await look_at_open_steps(session, at=at(LATE))
    assert named["marketing"] in [one.user_id for one in (await shown(session, row, at, LATE)).escalated_to]


async def test_c10_a_clock_that_jumps_over_many_deadlines_floods_nobody(session, at):
    named = await hire(session)
    for _ in range(7):
        await service.seek_approval(session, ask(named), at=at())
    assert await look_at_open_steps(session, at=at(), at_most=5) == Looked(opened=5)
    far = at(START + timedelta(days=300))
    done = [await look_at_open_steps(session, at=far, at_most=5) for _ in range(4)]
    assert [look.escalated for look in done] == [5, 2, 0, 0]
    assert [look.reminded for look in done] == [0] * 4


async def test_c10_who_decides_late_still_decides(session, at):
    named = await hire(session)
    row = await service.seek_approval(session, ask(named), at=at())
    await look_at_open_steps(session, at=at())
    await look_at_open_steps(session, at=at(LATE))
    after = await decide(session, row, named["kam"], "first", at=at(LATE))
    assert [one.choice for one in after.decisions] == [Choice.APPROVE]
