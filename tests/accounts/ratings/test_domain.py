"""A5: what was the class on a day, as known when; and from which day a granted one holds."""

from datetime import UTC, date, datetime

import pytest

from services.accounts.ratings.domain import (
    AlreadyAnswered,
    Answer,
    ClassFact,
    ProposalState,
    answered,
    class_on,
    takes_effect_on,
)

DECEMBER = ClassFact("B", date(2020, 7, 1), None, datetime(2020, 6, 20, tzinfo=UTC))
JANUARY = ClassFact("A", date(2021, 1, 1), None, datetime(2020, 12, 20, tzinfo=UTC))
LATER = datetime(2021, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("on", "known_at", "grade"),
    [
        pytest.param(date(2020, 12, 31), LATER, "B", id="the last day of the old class"),
        pytest.param(date(2021, 1, 1), LATER, "A", id="the first day of the new one"),
        pytest.param(date(2021, 1, 1), datetime(2020, 12, 19, tzinfo=UTC), "B", id="before the approval was known"),
        pytest.param(date(2020, 6, 30), LATER, None, id="before any class"),
    ],
)
def test_the_class_of_a_day_is_the_last_one_known_s_d8(on, known_at, grade):
    found = class_on([DECEMBER, JANUARY], on, known_at)
    assert (found.grade if found else None) == grade


def test_a_class_with_an_end_stops_by_itself():
    override = ClassFact("C", date(2021, 2, 1), date(2021, 3, 1), datetime(2021, 1, 30, tzinfo=UTC))
    assert class_on([JANUARY, override], date(2021, 2, 28), LATER) == override
    assert class_on([JANUARY, override], date(2021, 3, 1), LATER) == JANUARY


@pytest.mark.parametrize(
    ("start", "approved_on", "first_day"),
    [
        pytest.param("month", date(2020, 12, 20), date(2021, 1, 1), id="the month after the approval"),
        pytest.param("month", date(2020, 12, 31), date(2021, 1, 1), id="approved on a month's last day"),
        pytest.param("month", date(2021, 1, 1), date(2021, 2, 1), id="approved on a month's first day"),
        pytest.param("half_year", date(2021, 2, 3), date(2021, 7, 1), id="at the window's end"),
        pytest.param("at_once", date(2021, 2, 3), date(2021, 2, 3), id="at once"),
    ],
)
def test_a_granted_class_holds_from_the_day_its_document_says_s_d8(start, approved_on, first_day):
    assert takes_effect_on(start, approved_on) == first_day


@pytest.mark.parametrize("state", [ProposalState.accepted, ProposalState.rejected, ProposalState.withdrawn])
@pytest.mark.parametrize("answer", list(Answer))
def test_a_proposal_is_answered_once(state, answer):
    with pytest.raises(AlreadyAnswered):
        answered(state, answer)
