"""The facts a nomination asks of one account: what departments say of it with evidence, and its contracts (A4)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from services.accounts.programmes.domain import longest_run
from shared.calendar import Duration, Period, local_day
from shared.policy.measure import Measure
from shared.policy.registry import FactFunctions, load_registry
from shared.trace import Events, Evidence, NoEvidence, Subject

CONTINUOUS_CONTRACTS = "account.continuous_contracts"


@dataclass(frozen=True, slots=True)
class Said:
    """One thing a department says of an account, and the nomination that says it."""

    fact: str
    value: bool | str
    nomination_id: str


@dataclass(frozen=True, slots=True)
class RunningContract:
    """A contract that came into force, for the days `[valid_from, valid_until)`; None is open-ended."""

    contract_id: str
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class NominatedAccount:
    """All that the departments said of an account for one half year, and the contracts it has had."""

    zone: str
    said: tuple[Said, ...]
    contracts: tuple[RunningContract, ...] = ()


FactFunction = Callable[[NominatedAccount, str, date], Evidence | NoEvidence]
FUNCTIONS: FactFunctions[FactFunction] = FactFunctions(load_registry(), "accounts")


@dataclass(frozen=True, slots=True)
class NominationFacts:
    """Answers an evaluator's questions about a nominated account."""

    account: NominatedAccount

    def value(
        self, measure: Measure, subject: Subject, window: Period | None, as_of: datetime
    ) -> Evidence | NoEvidence:
        function = FUNCTIONS.get(measure.fact)
        if function is None:
            return NoEvidence()
        return function(self.account, measure.fact, local_day(as_of, self.account.zone))


@FUNCTIONS.computes("account.has_large_orders")
@FUNCTIONS.computes("account.strategic_project")
@FUNCTIONS.computes("account.major_effect")
@FUNCTIONS.computes("account.absorbs_technology")
@FUNCTIONS.computes("account.develops_market")
def nominated(account: NominatedAccount, fact: str, as_of: date) -> Evidence | NoEvidence:
    """One department that says so with evidence is enough; where none speaks of it nothing is known."""
    said = [one for one in account.said if one.fact == fact]
    agreeing = [one for one in said if one.value is True]
    if not said:
        return NoEvidence("a nomination")
    return Evidence(bool(agreeing), "", Events(tuple(one.nomination_id for one in agreeing or said)))


@FUNCTIONS.computes(CONTINUOUS_CONTRACTS)
def continuous_contracts(account: NominatedAccount, fact: str, as_of: date) -> Evidence | NoEvidence:
    """The longest run of contracts known here; for those from before, what a department shows on paper."""
    known = [one for one in account.contracts if one.valid_from <= as_of]
    run = longest_run((one.valid_from, one.valid_until or max(as_of, one.valid_from)) for one in known)
    shown = [(Duration.parse(str(one.value)), one.nomination_id) for one in account.said if one.fact == fact]
    found: list[tuple[Duration, tuple[str, ...]]] = [(length, (origin,)) for length, origin in shown]
    if run is not None:
        found.append((run, tuple(one.contract_id for one in known)))
    if not found:
        return NoEvidence("contracts")
    length, events = max(found, key=lambda one: (as_of - one[0].before(as_of)).days)
    return Evidence(length, "ISO 8601", Events(events))


NOMINATED = frozenset(fact.name for fact in load_registry().computed_by("accounts") if FUNCTIONS.get(fact.name))
"""What a nomination may speak of."""
