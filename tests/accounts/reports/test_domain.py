"""A4: the 20/80 report."""

from decimal import Decimal
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from services.accounts.reports.chart import MOST_BARS, Drawing, bars_of, pareto_chart
from services.accounts.reports.domain import ParetoOf, added_up, pareto

EIGHTY = Decimal("0.80")


def test_the_fewest_accounts_that_reach_the_share_are_counted():
    found = pareto({"a": 70, "b": 15, "c": 10, "d": 5}, EIGHTY)
    assert (found.needed, found.total_minor) == (2, 100)
    assert [row.account_id for row in found.rows] == ["a", "b", "c", "d"]
    assert found.rows[1].cumulative == Decimal("0.85")


def test_an_account_that_reaches_the_share_exactly_is_the_last_one_needed():
    assert pareto({"a": 80, "b": 20}, EIGHTY).needed == 1


def test_accounts_worth_nothing_or_less_stand_last_and_reach_nothing():
    found = pareto({"a": 10, "b": 0, "c": -5}, EIGHTY)
    assert (found.needed, found.total_minor) == (1, 10)
    assert found.rows[-1].cumulative == 1


def test_nobody_bought_anything():
    found = pareto({}, EIGHTY)
    assert (found.needed, found.rows) == (0, ())


@given(st.dictionaries(st.text(min_size=1, max_size=4), st.integers(min_value=0, max_value=10**9), max_size=20))
def test_one_account_fewer_never_reaches_the_share(amounts):
    found = pareto(amounts, EIGHTY)
    if found.total_minor:
        assert found.rows[found.needed - 1].cumulative >= EIGHTY
        assert found.needed == 1 or found.rows[found.needed - 2].cumulative < EIGHTY


def test_an_account_with_one_unknown_amount_is_unknown_as_a_whole():
    assert added_up([("a", 5), ("b", 1), ("a", None), ("b", 2)]) == ({"b": 3}, {"a"})


@given(
    st.dictionaries(st.text("abc<&", min_size=1, max_size=4), st.integers(min_value=-5, max_value=10**6), max_size=60)
)
def test_the_picture_is_well_formed_and_holds_every_amount(amounts):
    found = pareto(amounts, EIGHTY)
    drawn = pareto_chart(found, {name: name for name in amounts}, Drawing(ParetoOf.margin, "2021", "CNY", "zh"))
    ElementTree.fromstring(drawn)
    bars = bars_of(found, {name: name for name in amounts}, "others")
    assert sum(bar.amount_minor for bar in bars) == found.total_minor
    assert len(bars) <= MOST_BARS
