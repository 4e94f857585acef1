"""What a form says, and what a month of an account shows (A9), as pure functions over what was filed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.accounts.asked_facts import FactFunction
from services.accounts.return_visits.domain import ASPECTS, day_counted_from
from shared.calendar import Period
from shared.policy.measure import Measure
from shared.policy.registry import FactFunctions, load_registry
from shared.trace import Events, Evidence, NoEvidence


@dataclass(frozen=True, slots=True)
class FiledForm:
    """One form's eight scores."""

    id: str
    scores: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting the customer called, and when its minutes came in."""

    id: str
    on: date
    minutes_on: date | None


@dataclass(frozen=True, slots=True)
class ReportedMonth:
    """All that came in about an account for one month."""

    month: Period
    is_key_account: bool
    form_id: str | None = None
    form_on: date | None = None
    meetings: tuple[Meeting, ...] = ()
    contact: str | None = None
    contact_on: date | None = None
    falsified: bool = False


FORM_FUNCTIONS: FactFunctions[FactFunction[FiledForm]] = FactFunctions(load_registry(), "accounts")
MONTH_FUNCTIONS: FactFunctions[FactFunction[ReportedMonth]] = FactFunctions(load_registry(), "accounts")


def score_of(form: FiledForm, measure: Measure, window: Period | None, as_of: date) -> Evidence | NoEvidence:
    """The form's answer to one of the eight aspects."""
    return Evidence(form.scores[measure.fact.removeprefix("return_visit.")], "score", Events((form.id,)))


for _aspect in ASPECTS:
    FORM_FUNCTIONS.computes(f"return_visit.{_aspect}")(score_of)


@MONTH_FUNCTIONS.computes("account.is_key_account")
def is_key_account(known: ReportedMonth, measure: Measure, window: Period | None, as_of: date) -> Evidence:
    return Evidence(known.is_key_account)


@MONTH_FUNCTIONS.computes("return_visit.form_day")
def form_day(known: ReportedMonth, measure: Measure, window: Period | None, as_of: date) -> Evidence | NoEvidence:
    """Day of the month on which head office received the form."""
    if window != known.month or known.form_on is None or known.form_id is None or known.form_on > as_of:
        return NoEvidence("the form")
    return Evidence(day_counted_from(known.month, known.form_on), "day", Events((known.form_id,)))


@MONTH_FUNCTIONS.computes("return_visit.customer_meetings")
def customer_meetings(
    known: ReportedMonth, measure: Measure, window: Period | None, as_of: date
) -> Evidence | NoEvidence:
    """Meetings the customer called, of the month so far."""
    if window != known.month:
        return NoEvidence()
    held = [meeting for meeting in known.meetings if meeting.on <= as_of]
    return Evidence(len(held), "meetings", Events(tuple(meeting.id for meeting in held)))


@MONTH_FUNCTIONS.computes("return_visit.minutes_day")
def minutes_day(known: ReportedMonth, measure: Measure, window: Period | None, as_of: date) -> Evidence | NoEvidence:
    """Day of the month of the latest minutes received; a meeting without its minutes leaves none to name."""
    held = [meeting for meeting in known.meetings if meeting.on <= as_of]
    filed = [one.minutes_on for one in held if one.minutes_on is not None and one.minutes_on <= as_of]
    if window != known.month or not held or len(filed) < len(held):
        return NoEvidence("the minutes of every meeting")
    return Evidence(day_counted_from(known.month, max(filed)), "day", Events(tuple(one.id for one in held)))


@MONTH_FUNCTIONS.computes("account.reported_contact")
def reported_contact(
    known: ReportedMonth, measure: Measure, window: Period | None, as_of: date
) -> Evidence | NoEvidence:
    """The person of the dossier that the branch named for the month, by his id: a trace holds no name."""
    if known.contact is None or known.contact_on is None or known.contact_on > as_of:
        return NoEvidence("a contact")
    return Evidence(known.contact)


@MONTH_FUNCTIONS.computes("return_visit.falsified")
def falsified(known: ReportedMonth, measure: Measure, window: Period | None, as_of: date) -> Evidence | NoEvidence:
    """Whether a spot check found the month's form false, whenever it was checked."""
    return Evidence(known.falsified) if window == known.month else NoEvidence()
