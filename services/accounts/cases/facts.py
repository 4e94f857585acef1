"""What a survey says of a candidate (A7), as pure functions; amounts at the rate of the survey's day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.accounts.asked_facts import FactFunction
from services.accounts.cases.domain import Stage
from shared.calendar import Period
from shared.money import ExchangeRate, Money, convert, rate_on
from shared.policy.measure import Measure
from shared.policy.registry import FactFunctions, load_registry
from shared.trace import Evidence, NoEvidence


@dataclass(frozen=True, slots=True)
class SurveyedCandidate:
    """The survey's words and estimate, and the stage the case is to move to."""

    to: Stage
    words: dict[str, str]
    expected: Money | None
    surveyed_on: date | None
    rates: Sequence[ExchangeRate] = ()


FUNCTIONS: FactFunctions[FactFunction[SurveyedCandidate]] = FactFunctions(load_registry(), "accounts")


@FUNCTIONS.computes("case.stage")
def stage(case: SurveyedCandidate, measure: Measure, window: Period | None, as_of: date) -> Evidence:
    """The stage asked for."""
    return Evidence(case.to.value)


@FUNCTIONS.computes("case.cost_fit")
@FUNCTIONS.computes("case.technology_fit")
@FUNCTIONS.computes("case.environment_fit")
def fit(case: SurveyedCandidate, measure: Measure, window: Period | None, as_of: date) -> Evidence | NoEvidence:
    """The survey's answer."""
    said = case.words.get(measure.fact.removeprefix("case."))
    return NoEvidence("a survey") if said is None else Evidence(said)


@FUNCTIONS.computes("case.expected_purchases")
def expected_purchases(
    case: SurveyedCandidate, measure: Measure, window: Period | None, as_of: date
) -> Evidence | NoEvidence:
    """The survey's estimate of a year's purchases, in the measure's currency."""
    if case.expected is None or case.surveyed_on is None or measure.currency is None:
        return NoEvidence("a survey")
    if case.expected.currency == measure.currency:
        return Evidence(case.expected, measure.currency)
    rate = rate_on(case.rates, case.expected.currency, measure.currency, case.surveyed_on)
    return Evidence(convert(case.expected, measure.currency, rate), measure.currency)
