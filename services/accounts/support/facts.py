"""The facts a programme asks of one account: dated evidence inside its window, equipment seen, purchases (A11)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from services.accounts.asked_facts import FactsOf
from services.accounts.ratings.facts import FUNCTIONS as RATED
from services.accounts.ratings.facts import RatedAccount
from shared.calendar import Period
from shared.money import ExchangeRate, Money, NoExchangeRate, convert, rate_on
from shared.policy.evaluation import PROGRAMME_START
from shared.policy.measure import Measure
from shared.policy.registry import FactFunctions, load_registry
from shared.trace import Events, Evidence, NoEvidence, Subject

EQUIPMENT = "programme.equipment_missing"


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing that was seen of an account on a day; `item` names a piece of equipment, `currency` money."""

    id: str
    fact: str
    value: str
    seen_on: date
    item: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class EquipmentRow:
    """What the checklist asks for: `place/item`, how many, and which other item it may stand in for."""

    item: str
    at_least: int
    alternative_of: str = ""


@dataclass(frozen=True, slots=True)
class SupportedAccount:
    """All that a programme may ask of an account."""

    starts_on: date
    bought: RatedAccount
    shown: tuple[Shown, ...] = ()
    checklist: tuple[EquipmentRow, ...] = ()
    rates: tuple[ExchangeRate, ...] = ()


FactFunction = Callable[[SupportedAccount, Measure, Period | None, date], Evidence | NoEvidence]
FUNCTIONS: FactFunctions[FactFunction] = FactFunctions(load_registry(), "accounts")


@dataclass(frozen=True, slots=True)
class ProgrammeFacts(FactsOf[SupportedAccount]):
    """Besides the registered facts, the day from which the evaluator counts a programme's windows."""

    def value(
        self, measure: Measure, subject: Subject, window: Period | None, as_of: datetime
    ) -> Evidence | NoEvidence:
        if measure.fact == PROGRAMME_START:
            return Evidence(self.material.starts_on, "day")
        # slots make a new class of a dataclass, so that a bare super() would not find it
        return FactsOf.value(self, measure, subject, window, as_of)


@FUNCTIONS.computes("purchases")
def purchases(account: SupportedAccount, measure: Measure, window: Period | None, as_of: date) -> Evidence | NoEvidence:
    """The same figure a rating reads."""
    function = RATED.get("purchases")
    return NoEvidence() if function is None else function(account.bought, measure, window, as_of)


@FUNCTIONS.computes("programme.own_unit")
@FUNCTIONS.computes("programme.office")
@FUNCTIONS.computes("programme.dormitory")
@FUNCTIONS.computes("programme.organisation_complete")
@FUNCTIONS.computes("programme.incentive_scheme")
@FUNCTIONS.computes("programme.single_brand")
def seen(account: SupportedAccount, measure: Measure, window: Period | None, as_of: date) -> Evidence | NoEvidence:
    """The last check inside the window."""
    last = _last(_in(account, measure.fact, window, as_of))
    return NoEvidence("a check on site") if last is None else Evidence(last.value == "true", "", Events((last.id,)))


@FUNCTIONS.computes("programme.promoters")
def promoters(account: SupportedAccount, measure: Measure, window: Period | None, as_of: date) -> Evidence | NoEvidence:
    last = _last(_in(account, measure.fact, window, as_of))
    return NoEvidence("a head count") if last is None else Evidence(int(last.value), "count", Events((last.id,)))


@FUNCTIONS.computes("programme.brand_share_of_category")
def brand_share(
    account: SupportedAccount, measure: Measure, window: Period | None, as_of: date
) -> Evidence | NoEvidence:
    last = _last(_in(account, measure.fact, window, as_of))
    if last is None:
        return NoEvidence("its sales in the category")
    return Evidence(Decimal(last.value), "share of one", Events((last.id,)))


@FUNCTIONS.computes("programme.dedicated_funds")
def dedicated_funds(
    account: SupportedAccount, measure: Measure, window: Period | None, as_of: date
) -> Evidence | NoEvidence:
    """Every fund shown in the window, each converted at its own day."""
    found = list(_in(account, measure.fact, window, as_of))
    if not found or measure.currency is None:
        return NoEvidence("funds shown")
    try:
        total = sum(_worth(account, one, measure.currency) for one in found)
    except NoExchangeRate:
        return NoEvidence("an exchange rate")
    return Evidence(Money(total, measure.currency), measure.currency, Events(tuple(one.id for one in found)))


@FUNCTIONS.computes(EQUIPMENT)
def equipment_missing(
    account: SupportedAccount, measure: Measure, window: Period | None, as_of: date
) -> Evidence | NoEvidence:
    """Rows of the checklist of which too few were seen; an alternative counts for the row it stands in for."""
    found = list(_in(account, EQUIPMENT, window, as_of))
    if not found or not account.checklist:
        return NoEvidence("an inventory")
    counted = {item: _last(one for one in found if one.item == item) for item in {one.item for one in found}}
    satisfied = {row.item for row in account.checklist if (one := counted.get(row.item)) and enough(one, row)}
    needed = [row for row in account.checklist if not row.alternative_of]
    stand_ins = {row.alternative_of for row in account.checklist if row.alternative_of and row.item in satisfied}
    missing = [row for row in needed if row.item not in satisfied | stand_ins]
    return Evidence(len(missing), "items", Events(tuple(one.id for one in found)))


def enough(seen_item: Shown, row: EquipmentRow) -> bool:
    return int(seen_item.value) >= row.at_least


def assessed(account: SupportedAccount, measure: Measure, window: Period | None, as_of: date) -> Evidence | NoEvidence:
    """The latest assessment of the person or of his management."""
    known = (one for one in account.shown if one.fact == measure.fact and one.seen_on <= as_of)
    last = _last(known)
    return NoEvidence("an assessment") if last is None else Evidence(last.value, "", Events((last.id,)))


ASSESSED = tuple(
    fact.name
    for fact in load_registry().computed_by("accounts")
    if fact.subject == ("programme",) and fact.type == "choice"
)
for _fact in ASSESSED:
    FUNCTIONS.computes(_fact)(assessed)


def _in(account: SupportedAccount, fact: str, window: Period | None, as_of: date) -> Iterable[Shown]:
    if window is None:
        return ()
    return (one for one in account.shown if one.fact == fact and window.holds(one.seen_on) and one.seen_on <= as_of)


def _last(found: Iterable[Shown]) -> Shown | None:
    return max(found, key=lambda one: (one.seen_on, one.id), default=None)


def _worth(account: SupportedAccount, shown: Shown, currency: str) -> int:
    money = Money.parse(shown.value, shown.currency)
    if shown.currency == currency:
        return money.amount_minor
    return convert(money, currency, rate_on(account.rates, shown.currency, currency, shown.seen_on)).amount_minor
