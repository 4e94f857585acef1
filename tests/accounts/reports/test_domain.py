"""A4: the 20/80 report."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.accounts.reports.domain import pareto

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
