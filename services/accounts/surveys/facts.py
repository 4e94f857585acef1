"""How content an account is (A10): its survey answers and the complaints we caused, as pure functions."""

from dataclasses import dataclass
from datetime import date

from services.accounts.asked_facts import FactFunction
from services.accounts.surveys.domain import Marks, average
from shared.calendar import Period
from shared.policy.measure import Measure
from shared.policy.registry import FactFunctions, load_registry
from shared.trace import Events, Evidence, NoEvidence


@dataclass(frozen=True, slots=True)
class CausedByUs:
    """A complaint resolved as ours: the local days it was opened and resolved."""

    id: str
    opened_on: date
    resolved_on: date


@dataclass(frozen=True, slots=True)
class SurveyedAccount:
    answers: tuple[Marks, ...] = ()
    complaints: tuple[CausedByUs, ...] = ()


FUNCTIONS: FactFunctions[FactFunction[SurveyedAccount]] = FactFunctions(load_registry(), "accounts")


@FUNCTIONS.computes("survey.average")
def survey_average(
    account: SurveyedAccount, measure: Measure, window: Period | None, as_of: date
) -> Evidence | NoEvidence:
    """Mean of the marks in the window, unrounded; none gives NoEvidence."""
    if window is None:
        return NoEvidence()
    found = [one for one in account.answers if window.holds(one.on) and one.on <= as_of]
    marks = [mark for one in found for mark in one.marks]
    if not marks:
        return NoEvidence("survey answers")
    return Evidence(average(marks), "share of one", Events(tuple(one.survey_id for one in found)))


@FUNCTIONS.computes("complaints.caused_by_us")
def complaints_caused_by_us(
    account: SurveyedAccount, measure: Measure, window: Period | None, as_of: date
) -> Evidence | NoEvidence:
    """Complaints opened in the window and resolved as caused by us by the day."""
    if window is None:
        return NoEvidence()
    found = [one for one in account.complaints if window.holds(one.opened_on) and one.resolved_on <= as_of]
    return Evidence(len(found), "count", Events(tuple(one.id for one in found)))
