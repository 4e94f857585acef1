"""C10, S-G9: a step's clock runs in business hours of the named calendar."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.office_hours import NeverOpen, OfficeHours, due_at

WEEK = {day: (time(8), time(16)) for day in range(5)}
HOURS = OfficeHours("Africa/Kinshasa", WEEK, frozenset({date(2021, 5, 17)}))


def local(day, hour, minute=0):
    """A moment of Kinshasa, an hour ahead of UTC."""
    return datetime(2021, *day, hour - 1, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "duration", "due"),
    [
        pytest.param(local((3, 3), 9), "PT4H", local((3, 3), 13), id="inside one day"),
        pytest.param(local((3, 3), 9), "PT7H", local((3, 3), 16), id="exactly at closing time"),
        pytest.param(local((3, 3), 9), "PT16H", local((3, 5), 9), id="two days of eight hours"),
        pytest.param(local((3, 5), 15), "PT2H", local((3, 8), 9), id="over a weekend"),
        pytest.param(local((3, 6), 12), "PT1H", local((3, 8), 9), id="from a Saturday"),
        pytest.param(local((3, 3), 6), "PT1H", local((3, 3), 9), id="before opening"),
        pytest.param(local((5, 14), 15), "PT2H", local((5, 18), 9), id="over a weekend and a holiday"),
        pytest.param(local((3, 1), 10), "P3D", local((3, 4), 10), id="three working days"),
        pytest.param(local((3, 5), 10), "P1D", local((3, 8), 10), id="a day from Friday is Monday"),
        pytest.param(local((3, 5), 20), "P1D", local((3, 9), 8), id="from Friday evening the day counts from Monday"),
        pytest.param(local((3, 5), 10), "P1DT8H", local((3, 9), 10), id="a day and eight hours"),
    ],
)
def test_due(start, duration, due):
    assert due_at(start, duration, HOURS) == due


def test_a_calendar_that_never_opens_says_so():
    with pytest.raises(NeverOpen):
        due_at(local((3, 3), 9), "PT1H", OfficeHours("Africa/Kinshasa", {}, frozenset()))


@given(
    minutes=st.integers(0, 60 * 24 * 21),
    first=st.integers(0, 40),
    more=st.integers(0, 40),
)
def test_more_business_time_is_never_due_earlier(minutes, first, more):
    start = datetime.fromtimestamp(1_614_500_000 + 60 * minutes, UTC)
    assert start <= due_at(start, f"PT{first}H", HOURS) <= due_at(start, f"PT{first + more}H", HOURS)
