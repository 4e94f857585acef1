"""What an account's growth plan shows on a day (A13), each fact a pure function over its objectives and activities."""

from dataclasses import dataclass
from datetime import date

from services.accounts.asked_facts import FactFunction
from services.accounts.growth.domain import Objective, kinds_missing
from shared.calendar import Period
from shared.policy.measure import Measure
from shared.policy.registry import FactFunctions, load_registry
from shared.trace import Evidence


@dataclass(frozen=True, slots=True)
class PlannedAccount:
    """An account with the objectives and kinds of activity of its plans in force on the day asked."""

    is_key_account: bool
    objectives: tuple[Objective, ...] = ()
    activities: frozenset[str] = frozenset()


FUNCTIONS: FactFunctions[FactFunction[PlannedAccount]] = FactFunctions(load_registry(), "accounts")


@FUNCTIONS.computes("account.is_key_account")
def is_key_account(account: PlannedAccount, measure: Measure, window: Period | None, as_of: date) -> Evidence:
    return Evidence(account.is_key_account)


@FUNCTIONS.computes("growth_plan.objectives")
def objectives(account: PlannedAccount, measure: Measure, window: Period | None, as_of: date) -> Evidence:
    """Objectives whose dates cover the day."""
    return Evidence(len([one for one in account.objectives if one.covers(as_of)]), "objectives")


@FUNCTIONS.computes("growth_plan.objectives_incomplete")
def objectives_incomplete(account: PlannedAccount, measure: Measure, window: Period | None, as_of: date) -> Evidence:
    """Of those, the ones that lack measure, target, owner or dates."""
    in_force = (one for one in account.objectives if one.covers(as_of))
    return Evidence(len([one for one in in_force if not one.is_complete]), "objectives")


@FUNCTIONS.computes("growth_plan.activity_kinds_missing")
def activity_kinds_missing(account: PlannedAccount, measure: Measure, window: Period | None, as_of: date) -> Evidence:
    return Evidence(len(kinds_missing(account.activities)), "kinds")
