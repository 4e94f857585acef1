"""Rents of a month in which the head count changes: by its first day, or by its days."""

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar import local_day, period
from shared.canonical import canonical
from shared.policy.explain import explain
from shared.policy.proration import rent_of
from shared.policy.worth import State
from shared.trace import Evidence, NoEvidence
from tests.recompute import recompute
from tests.shared.policy.asking import case, changed_plan, plan, usd

MARCH = period("2021-03")
DAILY = {"outcome.proration": "daily"}


class HeadCount:
    """Seats from the day each was declared."""

    def __init__(self, **seats):
        self.seats = sorted((date(2021, 3, int(day[1:])), count) for day, count in seats.items())

    def value(self, measure, subject, window, as_of):
        if measure.fact == "subscription.plan":
            return Evidence("vpn0")
        on = local_day(as_of, "Africa/Kinshasa")
        known = [count for day, count in self.seats if day <= on]
        return Evidence(known[-1]) if known else NoEvidence()


def test_the_first_day_decides_the_whole_month():
    """C7: a change bills from the next month."""
    decision = rent_of(plan("vpn0-rent"), MARCH, case(HeadCount(d1=20, d2=500)))
    assert decision.outcome.amount == usd("60.00")


@pytest.mark.parametrize(
    ("changes", "rent"),
    [
        pytest.param({"d1": 20}, "60.00", id="no change"),
        pytest.param({"d1": 20, "d11": 100}, "181.94", id="10 days at 60.00 and 21 at 240.00"),
        pytest.param({"d1": 20, "d11": 100, "d21": 20}, "118.06", id="back again after ten days"),
    ],
)
def test_each_day_counts_at_its_own_rent(changes, rent):
    daily = changed_plan("vpn0-rent", set_=DAILY)
    assert rent_of(daily, MARCH, case(HeadCount(**changes))).outcome.amount == usd(rent)


def test_a_day_nobody_knows_leaves_the_month_without_a_rent():
    daily = changed_plan("vpn0-rent", set_=DAILY)
    assert rent_of(daily, MARCH, case(HeadCount(d2=20))).outcome.state is State.NO_EVIDENCE


@given(st.dictionaries(st.integers(2, 31), st.integers(1, 900), max_size=5), st.integers(1, 900))
def test_a_month_by_days_lies_between_its_rents_and_a_stranger_finds_the_same(changes, first):
    daily = changed_plan("vpn0-rent", set_=DAILY)
    counted = HeadCount(d1=first, **{f"d{day}": seats for day, seats in changes.items()})
    decision = rent_of(daily, MARCH, case(counted))
    rents = [rent_of(plan("vpn0-rent"), MARCH, case(HeadCount(d1=seats))) for seats in (first, *changes.values())]
    amounts = [one.outcome.amount for one in rents]
    assert min(amounts) <= decision.outcome.amount <= max(amounts)
    recompute(json.loads(canonical(decision)))


def test_the_days_are_explained():
    daily = changed_plan("vpn0-rent", set_=DAILY)
    decision = rent_of(daily, MARCH, case(HeadCount(d1=20, d11=100)))
    lines = [line.strip() for line in explain(decision, "en")]
    assert lines[0].endswith("181.94 USD.")
    assert {"10 of 31 days at 60.00 USD.", "21 of 31 days at 240.00 USD."} < set(lines)
    assert Decimal("181.94") == round(Decimal(10 * 60 + 21 * 240) / 31, 2)
