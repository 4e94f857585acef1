"""The facts rewards computes, one pure function each; a name without a function has no evidence."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Final

from services.rewards.facts.accounts import Account, choice_on, is_frozen, is_key_account_on
from services.rewards.facts.contracts import Contract, ContractLine, Products, submission_ratio
from services.rewards.facts.orders import Line, Order
from shared.calendar import Period
from shared.money import Money, NoExchangeRate, rounded
from shared.policy.measure import Measure
from shared.policy.registry import FactFunctions, load_registry
from shared.trace import Events, Evidence, NoEvidence, Subject

NO_ONE: Final = Account("")


@dataclass(frozen=True, slots=True)
class Known:
    """What one question may look at: whose account, which line on which day, or which contract and salesperson."""

    account: Account = NO_ONE
    day: date | None = None
    line: Line | None = None
    contract: Contract | None = None
    orders: tuple[Order, ...] = ()
    products: Products = field(default_factory=dict)
    salesperson: str | None = None
    earned_before: bool = False
    moment: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    @property
    def subject(self) -> Subject | None:
        """What a contract or an order belongs to."""
        return Subject("account", self.account.account_id)


Answer = Evidence | NoEvidence
FactFunction = Callable[[Known, Measure, Period | None], Answer]
facts: Final = FactFunctions[FactFunction](load_registry(), "rewards")


def value_of(known: Known, measure: Measure, window: Period | None) -> Answer:
    """The value of a measure's fact, or no evidence where rewards has no function for it yet."""
    function = facts.get(measure.fact)
    return function(known, measure, window) if function else NoEvidence("not_computed")


@facts.computes("account.is_key_account")
def is_key_account(known: Known, measure: Measure, window: Period | None) -> Answer:
    if known.day is None:
        return NoEvidence("day")
    return Evidence(is_key_account_on(known.account, known.day))


@facts.computes("account.frozen")
def frozen(known: Known, measure: Measure, window: Period | None) -> Answer:
    return Evidence(is_frozen(known.account))


@facts.computes("election.p4")
def election_p4(known: Known, measure: Measure, window: Period | None) -> Answer:
    """The election of the line's day; a line that carries a P4 discount has been served by that branch already."""
    if known.line is not None and known.line.p4_discount:
        return Evidence("discount")
    if known.day is None:
        return NoEvidence("day")
    return Evidence(choice_on(known.account, "p4", known.day))


@facts.computes("line.new_brand")
def line_new_brand(known: Known, measure: Measure, window: Period | None) -> Answer:
    return Evidence(known.line.new_brand) if known.line else NoEvidence("line")


@facts.computes("contract.new_brand_amount")
def new_brand_amount(known: Known, measure: Measure, window: Period | None) -> Answer:
    """R2: what remains of the signed contract's new-brand lines, at the rate of the submission, rounded once."""
    if known.contract is None or measure.currency is None:
        return NoEvidence("contract")
    try:
        ratio = submission_ratio(known.contract, measure.currency)
    except NoExchangeRate as missing:
        return NoEvidence(str(missing))
    net, _ = _remaining(known, measure)
    amount = Money(rounded(net * ratio, "half_up"), measure.currency)
    return Evidence(amount, measure.currency, _origin(known))


@facts.computes("contract.new_brand_margin")
def new_brand_margin(known: Known, measure: Measure, window: Period | None) -> Answer:
    """(net - frozen cost) / net, unrounded; a missing or zero cost is no evidence (S-C5)."""
    if known.contract is None:
        return NoEvidence("contract")
    net, cost = _remaining(known, measure)
    if not net or cost is None:
        return NoEvidence("cost")
    return Evidence(_unrounded(Fraction(net - cost) / net), "share of one", _origin(known))


@facts.computes("contract.first_of_brand")
def first_of_brand(known: Known, measure: Measure, window: Period | None) -> Answer:
    """No earlier signed contract of the salesperson with the same brand earned the bonus."""
    if known.contract is None or brands_of(known.contract, known.products) is None:
        return NoEvidence("brand")
    return Evidence(not known.earned_before, origin=_origin(known))


def new_brand_lines(contract: Contract) -> tuple[ContractLine, ...]:
    return tuple(line for line in contract.lines if line.new_brand)


def brands_of(contract: Contract, products: Products) -> frozenset[str] | None:
    """The brands of its new-brand lines; None while the catalogue has not told one of them."""
    lines = new_brand_lines(contract)
    if any(line.sku not in products for line in lines):
        return None
    return frozenset(products[line.sku].brand for line in lines)


def credited(contract: Contract) -> dict[str, Fraction]:
    """What part of the contract's new-brand amount each salesperson's frozen shares stand for."""
    parts: dict[str, Fraction] = {}
    for line in new_brand_lines(contract):
        for user_id, share in line.salespeople:
            parts[user_id] = parts.get(user_id, Fraction(0)) + line.net_minor * Fraction(share)
    return parts


def _remaining(known: Known, measure: Measure) -> tuple[int, Fraction | None]:
    """Net and cost of the contract's new-brand lines, less what came back; cost None where one is not known."""
    lines = new_brand_lines(known.contract) if known.contract else ()
    net = sum(line.net_minor for line in lines)
    costs = [line.cost_minor for line in lines]
    cost = Fraction(sum(one or 0 for one in costs)) if all(costs) else None
    if "returns" not in measure.without:
        return net, cost
    for line, quantity, net_minor in _returned(known.orders):
        net -= net_minor
        if cost is not None:
            cost = cost - Fraction((line.cost_minor or 0) * quantity, line.quantity) if line.cost_minor else None
    return net, cost


def _returned(orders: Iterable[Order]) -> Iterable[tuple[Line, int, int]]:
    for order in orders:
        lines = {line.line: line for line in order.lines if line.new_brand}
        for returned in order.returns:
            yield from ((lines[number], quantity, net) for number, quantity, net in returned.lines if number in lines)


def _origin(known: Known) -> Events:
    contract = (f"contract/{known.contract.contract_id}",) if known.contract else ()
    returns = tuple(f"return/{one.return_id}" for order in known.orders for one in order.returns)
    return Events(contract + returns)


def _unrounded(ratio: Fraction) -> Decimal:
    """Exact where the digits end; else so many that no comparison can tell the difference."""
    with localcontext() as context:
        context.prec = 40
        return Decimal(ratio.numerator) / Decimal(ratio.denominator)
