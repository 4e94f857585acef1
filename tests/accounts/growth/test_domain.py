"""A13: when an objective is complete and in force, and how far it has come."""

from datetime import date
from decimal import Decimal

import pytest

from services.accounts.growth.api import shown_progress
from services.accounts.growth.domain import Aim, Objective, kinds_missing, progress
from services.accounts.growth.facts import (
    PlannedAccount,
    activity_kinds_missing,
    objectives,
    objectives_incomplete,
)
from shared.money import Money
from shared.policy.measure import Measure
from shared.trace import Evidence

WHOLE = Objective(Aim("purchases", "delivered", "CNY"), "100.00", "u", date(2021, 1, 1), date(2021, 6, 30))
ASKED = Measure(fact="growth_plan.objectives")


def asked(function, *known: Objective, on: date = date(2021, 3, 1), activities: frozenset[str] = frozenset()):
    return function(PlannedAccount(True, known, activities), ASKED, None, on).value


def without(**fields) -> Objective:
    return Objective(**{name: getattr(WHOLE, name) for name in Objective.__dataclass_fields__} | fields)


def test_a_unit_short_of_a_target_never_reads_as_reached_a13():
    shown = shown_progress(Evidence(Money(299_999_999, "CNY")), "3000000.00")
    assert (shown.share, shown.reached, shown.short_by) == ("0.9999", False, "0.01")


@pytest.mark.parametrize("field", ["aim", "target", "owner", "starts_on", "due_on"])
def test_an_objective_without_one_of_the_four_is_incomplete_a13(field):
    assert asked(objectives_incomplete, WHOLE) == 0
    assert asked(objectives_incomplete, WHOLE, without(**{field: None})) == 1


@pytest.mark.parametrize(
    ("on", "count"),
    [
        pytest.param(date(2020, 12, 31), 0, id="the day before"),
        pytest.param(date(2021, 1, 1), 1, id="its first day"),
        pytest.param(date(2021, 6, 30), 1, id="its due day"),
        pytest.param(date(2021, 7, 1), 0, id="the day after"),
    ],
)
def test_objectives_count_on_the_days_their_dates_cover_a13(on, count):
    assert asked(objectives, WHOLE, on=on) == count
    assert asked(objectives_incomplete, without(owner=None), on=on) == count


def test_of_four_kinds_of_activity_those_not_planned_are_missing_a13():
    assert kinds_missing(frozenset({"visit", "training"})) == ["call", "demonstration"]
    assert asked(activity_kinds_missing, activities=frozenset({"visit", "call", "demonstration"})) == 1


@pytest.mark.parametrize(
    ("value", "target", "share", "short_by"),
    [
        pytest.param(Money(9_999, "CNY"), "100.00", "0.9999", Money(1, "CNY"), id="a cent short"),
        pytest.param(Money(10_000, "CNY"), "100.00", "1", None, id="just reached"),
        pytest.param(Money(-100, "CNY"), "100.00", "-0.01", Money(10_100, "CNY"), id="more returned than bought"),
        pytest.param(3, "4", "0.75", Decimal(1), id="a visit short"),
        pytest.param(Decimal("0.25"), "0.20", "1.25", None, id="more of the market than aimed at"),
    ],
)
def test_progress_is_the_share_of_the_target_and_what_is_missing_a13(value, target, share, short_by):
    found = progress(value, target)
    assert (found.share, found.short_by, found.reached) == (Decimal(share), short_by, short_by is None)
