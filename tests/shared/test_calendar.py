"""Local days and periods: they tile time in every zone, and months are clamped."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar import (
    Duration,
    add_months,
    anchored,
    anniversary_year,
    day_bounds,
    following,
    local_day,
    period,
    period_of,
    preceding,
    trailing,
)

ZONES = (
    "Africa/Kinshasa",
    "Europe/London",
    "America/Sao_Paulo",
    "Asia/Beirut",
    "Asia/Shanghai",
    "Pacific/Apia",
    "Australia/Lord_Howe",
)
days = st.dates(date(2000, 1, 2), date(2060, 1, 1))
zones = st.sampled_from(ZONES)
instants = st.datetimes(datetime(2000, 1, 3), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
kinds = st.sampled_from(["month", "quarter", "half_year", "year"])


@given(instants, zones)
def test_an_instant_lies_inside_the_bounds_of_its_local_day(instant, zone):
    start, end = day_bounds(local_day(instant, zone), zone)
    assert start <= instant < end


@given(days, zones)
def test_days_meet_without_hole_or_overlap(day, zone):
    assert day_bounds(day, zone)[1] == day_bounds(day + timedelta(days=1), zone)[0]


@given(kinds, days)
def test_a_calendar_period_holds_its_day_and_meets_its_neighbours(kind, day):
    current = period_of(kind, day)
    assert current.holds(day)
    assert following(current).first == current.until
    assert preceding(current).until == current.first
    assert period(current.key) == current


@given(days, st.integers(-60, 60))
def test_adding_months_stays_in_the_month_and_is_clamped_only_at_its_end(day, months):
    moved = add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or (moved + timedelta(days=1)).day == 1


@given(st.lists(st.integers(0, 40), min_size=5, max_size=5).filter(any))
def test_a_duration_is_read_as_it_is_written(parts):
    duration = Duration(*parts)
    assert Duration.parse(str(duration)) == duration


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        pytest.param(date(2020, 11, 30), 3, date(2021, 2, 28), id="S-D4 30 Nov + 3 months is 28 Feb"),
        pytest.param(date(2023, 11, 30), 3, date(2024, 2, 29), id="S-D4 30 Nov + 3 months is 29 Feb of a leap year"),
        pytest.param(date(2021, 3, 31), -1, date(2021, 2, 28), id="a month back from 31 March"),
        pytest.param(date(2021, 12, 15), 1, date(2022, 1, 15), id="over the year's end"),
    ],
)
def test_months_are_clamped_at_their_end(day, months, expected):
    assert add_months(day, months) == expected


@pytest.mark.parametrize(
    ("key", "first", "last"),
    [
        ("2021-03", date(2021, 3, 1), date(2021, 3, 31)),
        ("2021-Q1", date(2021, 1, 1), date(2021, 3, 31)),
        ("2021-H2", date(2021, 7, 1), date(2021, 12, 31)),
        ("2021", date(2021, 1, 1), date(2021, 12, 31)),
    ],
)
def test_a_key_names_its_first_and_last_day(key, first, last):
    assert (period(key).first, period(key).last) == (first, last)


@pytest.mark.parametrize("key", ["2021-13", "2021-Q5", "2021-H0", "2021-3", "21-03", "2021-Q01", ""])
def test_a_key_that_names_nothing_is_refused(key):
    with pytest.raises(ValueError, match=r"nam|writ"):
        period(key)


def test_a_month_of_kinshasa_begins_an_hour_before_the_one_of_london_in_winter():
    assert period("2021-03").bounds("Africa/Kinshasa") == (
        datetime(2021, 2, 28, 23, tzinfo=UTC),
        datetime(2021, 3, 31, 23, tzinfo=UTC),
    )


def test_validity_to_31_december_covers_its_last_millisecond():
    """S-D3"""
    end = period("2021").bounds("Africa/Kinshasa")[1]
    assert local_day(end - timedelta(milliseconds=1), "Africa/Kinshasa") == date(2021, 12, 31)
    assert local_day(end, "Africa/Kinshasa") == date(2022, 1, 1)


def test_a_zone_change_between_periods_leaves_neither_hole_nor_overlap():
    """S-D2: the later period begins where the earlier one ended and ends by its own zone."""
    before = period("2021-03").bounds("Africa/Kinshasa")
    after = period("2021-04").bounds("America/Sao_Paulo", since=before[1])
    later = period("2021-05").bounds("America/Sao_Paulo")
    assert all(one[1] == two[0] for one, two in pairwise((before, after, later)))


def test_the_last_30_days_hold_both_ends():
    """C12"""
    window = trailing(Duration.parse("P30D"), date(2021, 3, 31))
    assert (window.first, window.last) == (date(2021, 3, 1), date(2021, 3, 31))
    assert window.key == "2021-03-01/2021-03-31"


def test_the_last_twelve_months_leave_out_the_day_a_year_ago():
    window = trailing(Duration.parse("P12M"), date(2020, 12, 15))
    assert (window.first, window.last) == (date(2019, 12, 16), date(2020, 12, 15))


def test_three_months_from_the_first_order_are_half_open():
    """R3: [first order, first + 3 months)"""
    window = anchored(date(2020, 11, 30), Duration.parse("P3M"))
    assert (window.first, window.until) == (date(2020, 11, 30), date(2021, 2, 28))


@given(days, days)
def test_years_of_a_programme_are_counted_from_its_start(start, day):
    year = anniversary_year(start, day)
    assert year.first == start or year.holds(day)
    assert year.holds(day) or day < start


def test_calendar_days_move_the_wall_clock_and_hours_elapse():
    before_the_change = datetime(2021, 3, 27, 12, tzinfo=UTC)
    assert Duration.parse("P1D").since(before_the_change, "Europe/London") == datetime(2021, 3, 28, 11, tzinfo=UTC)
    assert Duration.parse("PT24H").since(before_the_change, "Europe/London") == datetime(2021, 3, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "P", "PT", "30D", "P1W", "P-1D", "P1.5D"])
def test_a_text_that_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="no ISO 8601 duration"):
        Duration.parse(text)


def test_an_instant_without_offset_is_refused():
    with pytest.raises(ValueError, match="offset"):
        local_day(datetime(2021, 3, 1), "Africa/Kinshasa")  # noqa: DTZ001
