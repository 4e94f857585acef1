"""What a month of visits to an account shows (A10), each fact a pure function over the log."""

from dataclasses import dataclass
from datetime import date

from services.accounts.asked_facts import FactFunction
from services.accounts.contacts.domain import Managing, Visited, visits_by_manager
from shared.calendar import Period
from shared.policy.measure import Measure
from shared.policy.registry import FactFunctions, load_registry
from shared.trace import Events, Evidence, NoEvidence


@dataclass(frozen=True, slots=True)
class VisitedAccount:
    """The visits to one account and who manages it."""

    is_key_account: bool
    visits: tuple[Visited, ...] = ()
    managers: tuple[Managing, ...] = ()


FUNCTIONS: FactFunctions[FactFunction[VisitedAccount]] = FactFunctions(load_registry(), "accounts")


@FUNCTIONS.computes("account.is_key_account")
def is_key_account(account: VisitedAccount, measure: Measure, window: Period | None, as_of: date) -> Evidence:
    return Evidence(account.is_key_account)


@FUNCTIONS.computes("account.manager_visits")
def manager_visits(
    account: VisitedAccount, measure: Measure, window: Period | None, as_of: date
) -> Evidence | NoEvidence:
    """Visits in the window by the manager on the account's team that day."""
    if window is None:
        return NoEvidence()
    found = visits_by_manager(_inside(account, window, as_of), account.managers)
    return Evidence(len(found), "visits", Events(tuple(visit.id for visit in found)))


@FUNCTIONS.computes("account.visit_forms_missing")
def visit_forms_missing(
    account: VisitedAccount, measure: Measure, window: Period | None, as_of: date
) -> Evidence | NoEvidence:
    """Visits in the window without a record form."""
    if window is None:
        return NoEvidence()
    found = [visit for visit in _inside(account, window, as_of) if not visit.has_form]
    return Evidence(len(found), "forms", Events(tuple(visit.id for visit in found)))


def _inside(account: VisitedAccount, window: Period, as_of: date) -> list[Visited]:
    return [visit for visit in account.visits if window.holds(visit.on) and visit.on <= as_of]
