"""A4: the list's states, half years, which departments are asked, and how long contracts have run."""

from datetime import date

import pytest

from services.accounts.programmes.domain import (
    MOVES,
    Asked,
    DepartmentNotAsked,
    ListChange,
    ListMove,
    ListState,
    UnknownHalfYear,
    WrongListMove,
    compared,
    departments_asked,
    half_year,
    longest_run,
    moved,
)
from shared.calendar import Duration


def test_a_list_goes_from_draft_over_proposed_and_agreed_to_published_a4():
    state = ListState.draft
    for move in (ListMove.propose, ListMove.refuse, ListMove.propose, ListMove.agree, ListMove.publish):
        state = moved(state, move)
    assert state is ListState.published


@pytest.mark.parametrize("state", list(ListState))
@pytest.mark.parametrize("move", list(ListMove))
def test_every_move_that_is_not_in_the_table_raises_and_names_what_is_allowed(state, move):
    if (state, move) in MOVES:
        assert moved(state, move) is MOVES[state, move] is not state
        return
    with pytest.raises(WrongListMove, match=r"what may follow:"):
        moved(state, move)


def test_nothing_leads_away_from_a_published_list_a4():
    assert not [state for state, _ in MOVES if state is ListState.published]


def test_the_second_half_year_ends_with_the_year():
    assert (half_year("2020-H2").first, half_year("2020-H2").until) == (date(2020, 7, 1), date(2021, 1, 1))


@pytest.mark.parametrize("key", ["2021-H3", "2021-Q1", "2021", "21-H1", "2021-H1 ", ""])
def test_a_key_that_names_no_half_year_is_refused(key):
    with pytest.raises(UnknownHalfYear):
        half_year(key)


def test_every_department_of_the_pack_is_asked_also_one_that_nominated_nobody_a4():
    asked = departments_asked(["treasury", "market"], {"m": "market", "t": "treasury"})
    assert asked == (Asked("treasury", "t"), Asked("market", "m"))


def test_a_route_that_leaves_a_department_out_asks_nobody_a4():
    with pytest.raises(DepartmentNotAsked, match="treasury"):
        departments_asked(["treasury", "market"], {"m": "market"})


def test_the_difference_names_who_joined_stayed_and_left_a4():
    assert compared(["a", "b"], ["c", "b"]) == ListChange(joined=("c",), stayed=("b",), left=("a",))


def days(*spans):
    return [(date.fromisoformat(first), date.fromisoformat(until)) for first, until in spans]


@pytest.mark.parametrize(
    ("spans", "length"),
    [
        pytest.param(days(("2020-01-01", "2021-01-01")), Duration(months=12), id="a leap year is a year"),
        pytest.param(
            days(("2020-01-01", "2020-07-01"), ("2020-07-01", "2021-01-01")), Duration(months=12), id="without a gap"
        ),
        pytest.param(
            days(("2020-01-01", "2020-07-01"), ("2020-07-02", "2021-01-02")), Duration(months=6), id="a day between"
        ),
        pytest.param(
            days(("2019-01-01", "2021-01-01"), ("2019-03-01", "2019-04-01")), Duration(months=24), id="one inside"
        ),
        pytest.param(days(("2021-01-31", "2021-02-28")), Duration(months=1), id="a clamped month"),
        pytest.param(days(("2021-01-31", "2021-02-27")), Duration(days=27), id="a day short of it"),
        pytest.param([], None, id="no contract at all"),
    ],
)
def test_contracts_run_as_long_as_they_follow_without_a_gap_a4(spans, length):
    assert longest_run(spans) == length
