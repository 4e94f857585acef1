"""Rounds that a stopped worker or a moved clock missed are made up for: each period once, and not without end."""

import pytest

from services.accounts.flags.rounds import MADE_UP_FOR, periods_missed
from shared.calendar import period


@pytest.mark.parametrize(
    ("last_over", "done", "missed"),
    [
        pytest.param("2021-03", [], ["2021-03"], id="a house that begins has nothing to make up for"),
        pytest.param("2021-03", ["2021-02"], ["2021-03"], id="month after month"),
        pytest.param("2021-03", ["2021-03", "2021-02"], [], id="nothing twice"),
        pytest.param("2021-03", ["2020-12"], ["2021-01", "2021-02", "2021-03"], id="two month ends stood over"),
        pytest.param("2021-Q1", ["2020-Q2"], ["2020-Q3", "2020-Q4", "2021-Q1"], id="quarters"),
        pytest.param("2021-H1", ["2020-H1"], ["2020-H2", "2021-H1"], id="half years"),
        pytest.param("2021", ["2019"], ["2020", "2021"], id="years"),
        pytest.param("2020-12", ["2021-02"], [], id="a clock that went back"),
    ],
)
def test_each_period_after_the_last_one_done_is_made_up_for_oldest_first(
    last_over: str, done: list[str], missed: list[str]
) -> None:
    assert [span.key for span in periods_missed(period(last_over), done=done)] == missed


def test_a_clock_moved_by_a_century_makes_up_for_the_newest_periods_only() -> None:
    missed = periods_missed(period("2121-03"), done=["2021-03"])
    assert (len(missed), missed[-1].key) == (MADE_UP_FOR, "2121-03")
