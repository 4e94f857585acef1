"""A12: what stands, what is a switch, and which election would be a second one for a month."""

from datetime import date

import pytest

from services.accounts.elections.domain import AlreadyElected, Election, in_force, is_switch, replaced_by


def election(choice: str, first: str, until: str, name: str = "new") -> Election:
    return Election(name, choice, date.fromisoformat(first), date.fromisoformat(until))


SUBSIDY = election("subsidy", "2021-01-01", "2021-07-01", "old")


@pytest.mark.parametrize(
    ("chosen", "switches"),
    [
        pytest.param(election("discount", "2021-07-01", "2022-01-01"), True, id="the day after a subsidy ends"),
        pytest.param(election("discount", "2021-03-01", "2022-01-01"), True, id="inside a subsidy"),
        pytest.param(election("subsidy", "2021-07-01", "2022-01-01"), False, id="the same choice goes on"),
        pytest.param(election("discount", "2021-07-02", "2022-01-01"), False, id="after a day without any"),
        pytest.param(election("discount", "2021-01-01", "2022-01-01"), False, id="nothing stood the day before"),
    ],
)
def test_an_election_is_a_switch_when_another_choice_stood_the_day_before_a12(chosen, switches):
    assert is_switch([SUBSIDY], chosen) is switches


def test_an_election_that_was_switched_away_from_stands_no_more_a12():
    made = [SUBSIDY, election("discount", "2021-03-01", "2021-12-01", "second")]
    first, second = in_force(made)
    assert (first.valid_until, second.valid_until) == (date(2021, 3, 1), date(2021, 12, 1))
    assert not is_switch(in_force(made), election("discount", "2021-05-01", "2021-12-01"))


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(election("discount", "2021-01-01", "2021-03-01"), id="another choice for the same first day"),
        pytest.param(election("subsidy", "2021-03-01", "2022-01-01"), id="the same choice once more"),
        pytest.param(election("discount", "2020-12-01", "2021-01-02"), id="reaching into one to come"),
        pytest.param(election("discount", "2020-12-01", "2022-01-01"), id="over the top of one to come"),
        pytest.param(election("discount", "2021-06-15", "2022-01-01"), id="a switch half-way through a month"),
    ],
)
def test_a_month_has_one_election_a12(chosen):
    with pytest.raises(AlreadyElected, match="subsidy stands from 2021-01-01 until 2021-06-30"):
        replaced_by([SUBSIDY], chosen)


def test_two_elections_with_days_between_share_no_month_either_a12():
    short = election("subsidy", "2021-01-01", "2021-01-10", "old")
    with pytest.raises(AlreadyElected):
        replaced_by([short], election("discount", "2021-01-20", "2021-02-01"))
    assert replaced_by([short], election("discount", "2021-02-01", "2021-03-01")) is None


def test_a_switch_on_the_first_of_a_month_ends_the_one_before_a12():
    assert replaced_by([SUBSIDY], election("discount", "2021-03-01", "2022-01-01")) is SUBSIDY
    assert replaced_by([SUBSIDY], election("discount", "2021-07-01", "2022-01-01")) is None
