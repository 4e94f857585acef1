"""What a visit's reimbursement asks (A8), as pure functions; amounts at the rate of the day they were claimed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.accounts.asked_facts import FactFunction
from shared.calendar import Period
from shared.money import ExchangeRate, Money, convert, rate_on
from shared.policy.measure import Measure
from shared.policy.registry import FactFunctions, load_registry
from shared.trace import Evidence, NoEvidence


@dataclass(frozen=True, slots=True)
class ClaimedVisit:
    """Whether the report is checked; what was committed and what the receipts add up to."""

    report_checked: bool
    committed: Money | None = None
    claimed: Money | None = None
    claimed_on: date | None = None
    rates: Sequence[ExchangeRate] = ()


FUNCTIONS: FactFunctions[FactFunction[ClaimedVisit]] = FactFunctions(load_registry(), "accounts")


@FUNCTIONS.computes("visit.report_checked")
def report_checked(visit: ClaimedVisit, measure: Measure, window: Period | None, as_of: date) -> Evidence:
    """The manager's check is done."""
    return Evidence(visit.report_checked)


@FUNCTIONS.computes("visit.over_commitment")
def over_commitment(visit: ClaimedVisit, measure: Measure, window: Period | None, as_of: date) -> Evidence | NoEvidence:
    """Receipts minus the committed budget; negative where less. Converted once, so that a cent over stays over."""
    if visit.committed is None or visit.claimed is None or visit.claimed_on is None or measure.currency is None:
        return NoEvidence("a claim")
    over = visit.claimed - visit.committed
    if over.currency == measure.currency:
        return Evidence(over, measure.currency)
    rate = rate_on(visit.rates, over.currency, measure.currency, visit.claimed_on)
    converted = convert(over, measure.currency, rate)
    if over.amount_minor > 0 and converted.amount_minor <= 0:
        converted = Money(1, measure.currency)
    return Evidence(converted, measure.currency)
