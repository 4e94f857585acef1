"""A4 and A12: the list's states, half years, and what makes an election a switch."""

from datetime import date

import pytest

from services.accounts.programmes.domain import (
    Election,
    ListMove,
    ListState,
    UnknownHalfYear,
    WrongListMove,
    half_year,
    is_switch,
    moved,
)

SUBSIDY = Election("subsidy", date(2021, 1, 1), date(2021, 7, 1))


def test_a_proposed_list_is_agreed():
    assert moved(ListState.proposed, ListMove.agree) is ListState.agreed


def test_a_list_one_department_refuses_is_a_draft_again():
    assert moved(ListState.proposed, ListMove.refuse) is ListState.draft


@pytest.mark.parametrize("state", list(ListState))
@pytest.mark.parametrize("move", list(ListMove))
def test_every_move_that_is_not_in_the_table_raises_and_names_what_is_allowed(state, move):
    allowed = {
        (ListState.draft, ListMove.propose),
        (ListState.proposed, ListMove.agree),
        (ListState.proposed, ListMove.refuse),
    }
    if (state, move) in allowed:
        assert moved(state, move) is not state
        return
    with pytest.raises(WrongListMove, match=r"allowed:"):
        moved(state, move)


def test_the_second_half_year_ends_with_the_year():
    assert (half_year("2020-H2").first, half_year("2020-H2").until) == (date(2020, 7, 1), date(2021, 1, 1))


@pytest.mark.parametrize("key", ["2021-H3", "2021-Q1", "2021", "21-H1", "2021-H1 ", ""])
def test_a_key_that_names_no_half_year_is_refused(key):
    with pytest.raises(UnknownHalfYear):
        half_year(key)


@pytest.mark.parametrize(
    ("chosen", "switches"),
    [
        pytest.param(Election("discount", date(2021, 7, 1), date(2022, 1, 1)), True, id="the day after a subsidy ends"),
        pytest.param(Election("discount", date(2021, 3, 1), date(2022, 1, 1)), True, id="inside a subsidy"),
        pytest.param(Election("subsidy", date(2021, 7, 1), date(2022, 1, 1)), False, id="the same choice goes on"),
        pytest.param(Election("discount", date(2021, 7, 2), date(2022, 1, 1)), False, id="after a day without any"),
        pytest.param(
            Election("discount", date(2021, 1, 1), date(2022, 1, 1)), False, id="nothing stood the day before"
        ),
    ],
)
def test_an_election_is_a_switch_when_another_choice_stood_the_day_before_a12(chosen, switches):
    assert is_switch([SUBSIDY], chosen) is switches
