"""C10, S-G9: what is due of an open step, at each side of each moment."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.approvals.deadlines.domain import Deadline, Due, looked_at_next, what_is_due

REMIND = datetime(2021, 3, 4, 9, tzinfo=UTC)
LATE = datetime(2021, 3, 5, 9, tzinfo=UTC)
JUST = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("now", "done", "attended", "due"),
    [
        pytest.param(REMIND - JUST, {}, True, Due.NOTHING, id="before the reminder nothing"),
        pytest.param(REMIND, {}, True, Due.REMINDER, id="the reminder at its moment"),
        pytest.param(LATE - JUST, {}, True, Due.REMINDER, id="the reminder later, while it is not late"),
        pytest.param(LATE - JUST, {"reminded": True}, True, Due.NOTHING, id="one reminder only"),
        pytest.param(LATE, {"reminded": True}, True, Due.ESCALATION, id="late is escalated"),
        pytest.param(LATE, {}, True, Due.ESCALATION, id="late without a reminder is escalated, not reminded of"),
        pytest.param(LATE, {"escalated": True}, True, Due.NOTHING, id="escalated once"),
        pytest.param(REMIND - JUST, {}, False, Due.ESCALATION, id="nobody to take it is escalated at once"),
        pytest.param(REMIND, {"escalated": True}, False, Due.NOTHING, id="nobody is there to be reminded"),
        pytest.param(REMIND, {"escalated": True}, True, Due.REMINDER, id="who came after the escalation is reminded"),
    ],
)
def test_c10_what_is_due(now, done, attended, due):
    assert what_is_due(Deadline(REMIND, LATE, **done), attended=attended, now=now) is due


@given(st.booleans(), st.booleans(), st.booleans())
def test_c10_without_a_calendar_only_a_step_nobody_can_take_is_escalated(reminded, escalated, attended):
    due = what_is_due(Deadline(None, None, reminded, escalated), attended=attended, now=LATE)
    assert due is (Due.NOTHING if attended or escalated else Due.ESCALATION)


def test_c10_the_next_look_is_at_the_next_moment_and_never_in_the_past():
    deadline = Deadline(REMIND, LATE)
    assert [looked_at_next(deadline, now=now) for now in (REMIND - JUST, REMIND, LATE)] == [REMIND, LATE, None]
