"""The facts a policy may ask about a contract, each one pure function over what approvals knows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from services.approvals.contracts.amounts import Counted, RoutingAmount, routing_amount, worth
from services.approvals.contracts.content import Line
from services.approvals.contracts.domain import Contract
from services.approvals.facts.domain import Account
from shared.calendar import Duration, Period, local_day
from shared.money import ExchangeRate, Money
from shared.policy.evaluation import unit_of
from shared.policy.measure import Measure
from shared.trace import Evidence, NoEvidence, Subject, Value

LICENCE = "business_licence"


@dataclass(frozen=True, slots=True)
class Known:
    """All that the facts of one contract are computed from; `orders_before` counts those placed and standing."""

    contract: Contract
    account: Account
    beside: tuple[Counted, ...]
    rates: tuple[ExchangeRate, ...]
    open_ended: Duration
    orders_before: int
    zone: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: the measure with its window, about the contract or one of its lines, as of an instant."""

    measure: Measure
    window: Period | None
    line: Line | None
    as_of: datetime
    day: date


class ContractFacts:
    """Answers a policy's questions about one contract."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def value(
        self, measure: Measure, subject: Subject, window: Period | None, as_of: datetime
    ) -> Evidence | NoEvidence:
        compute = FACTS.get(measure.fact)
        if compute is None:
            return NoEvidence("approvals does not know it of a contract")
        asked = Asked(measure, window, self._line(subject), as_of, local_day(as_of, self._known.zone))
        value = compute(self._known, asked)
        return NoEvidence("not recorded") if value is None else Evidence(value, unit_of(value))

    def _line(self, subject: Subject) -> Line | None:
        """The line a question is about, where it is about one."""
        if subject.kind not in ("line", "quote_line"):
            return None
        return next((line for line in self._known.contract.content.lines if str(line.line) == subject.id), None)


def amount_that_routes(known: Known, measure: Measure, window: Period | None, day: date) -> RoutingAmount:
    """C2, C12: its worth and, per account, what else was submitted in the window, in the measure's currency."""
    own = worth(known.contract.content, open_ended=known.open_ended)
    currency = measure.currency or own.currency
    beside = [counted for counted in known.beside if measure.per == "account" and _inside(counted, window)]
    return routing_amount(own, beside, currency=currency, on=day, rates=known.rates)


def _inside(counted: Counted, window: Period | None) -> bool:
    return window is None or window.holds(counted.submitted_on)


def _routing_amount(known: Known, asked: Asked) -> Money:
    return amount_that_routes(known, asked.measure, asked.window, asked.day).total


def _licence_attached(known: Known, _: Asked) -> bool:
    licence = known.account.licence
    papers = known.contract.content.documents
    return licence is not None and any(p.type == LICENCE and p.number == licence.number for p in papers)


def _licence_days_left(known: Known, asked: Asked) -> int | None:
    """To its last day, which is the day before it no longer counts; none where no licence is attached."""
    if known.account.licence is None or not _licence_attached(known, asked):
        return None
    return (known.account.licence.expires_on - asked.day).days


def _approval_in_force(known: Known, asked: Asked) -> bool:
    contract = known.contract
    if contract.approval is None or contract.submission is None:
        return False
    return contract.approval.in_force(contract.submission.content_hash, asked.as_of)


def _days_to_expiry(known: Known, asked: Asked) -> int | None:
    until = known.contract.content.valid_until
    return None if until is None else (until - asked.day).days - 1


def _below_floor_by(known: Known, asked: Asked) -> Money | None:
    """Per unit, in the contract's currency; none of a line whose floor nobody told."""
    line = asked.line
    if line is None or line.floor_unit_minor is None:
        return None
    currency = known.contract.content.currency
    unit = Decimal(line.net_minor) / line.quantity
    below = max(Decimal(0), line.floor_unit_minor - unit)
    return Money(int(below.to_integral_value(rounding="ROUND_UP")), currency)


def _price_down(known: Known, asked: Asked) -> Money | None:
    """How far below the approved price a line now is, per unit."""
    line = asked.line
    if line is None or line.exception is None:
        return None
    down = line.exception.price_minor - Decimal(line.net_minor) / line.quantity
    return Money(int(down.to_integral_value(rounding="ROUND_UP")), known.contract.content.currency)


def _quantity_outside(_: Known, asked: Asked) -> bool | None:
    line = asked.line
    if line is None or line.exception is None:
        return None
    return not line.exception.quantity_from <= line.quantity <= line.exception.quantity_to


Compute = Callable[[Known, Asked], Value | None]
FACTS: Mapping[str, Compute] = {
    "account.is_key_account": lambda known, asked: known.account.is_key_account(asked.day),
    "account.class": lambda known, asked: known.account.grade(asked.day),
    "account.industrial": lambda known, asked: known.account.industrial,
    "account.frozen": lambda known, asked: known.account.frozen,
    "sale.plan": lambda known, asked: known.contract.content.plan,
    "sale.instalments": lambda known, asked: known.contract.content.payment_terms.instalments > 1,
    "sale.credit_days": lambda known, asked: known.contract.content.payment_terms.credit_days,
    "sale.consignment": lambda known, asked: known.contract.content.payment_terms.consignment,
    "sale.prepaid_share_agreed": lambda known, asked: known.contract.content.payment_terms.prepaid_share,
    "sale.is_first": lambda known, asked: known.orders_before == 0,
    "line.below_floor_by": _below_floor_by,
    "exception.price_down": _price_down,
    "exception.quantity_outside": _quantity_outside,
    "contract.routing_amount": _routing_amount,
    "contract.licence_attached": _licence_attached,
    "contract.licence_days_left": _licence_days_left,
    "contract.first_responsible": lambda known, asked: known.contract.content.first_responsible or None,
    "contract.approval_in_force": _approval_in_force,
    "contract.days_to_expiry": _days_to_expiry,
}
