"""Months close in order once their grace is over; a statement is what one month made payable to one beneficiary."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar, Final

from services.rewards.ledger.domain import BalanceOf, Kind, Posting, State
from shared.calendar import Duration, Period, following, period
from shared.errors import Conflict, NotFound, Words
from shared.money import Money

SETTLING: Final = frozenset((State.ACCRUED, State.PAYABLE))
"""What has arrived in one of these states is on a statement; pending waits, paid has been on one."""


class PeriodState(StrEnum):
    """A month takes facts while open and in grace; closed, they become adjustments of a later one."""

    OPEN = "open"
    GRACE = "grace"
    CLOSED = "closed"
    PAID = "paid"


class GraceNotOver(Conflict):
    """Late facts may still belong to the month."""

    code = "grace_not_over"
    title: ClassVar[Words] = {"en": "This period cannot be closed yet", "zh": "该期间尚不能关闭"}

    def __init__(self, month: Period, closes_from: date) -> None:
        super().__init__(
            {
                "en": f"{month.key} closes from {closes_from.isoformat()} on.",
                "zh": f"{month.key}自{closes_from.isoformat()}起可关闭。",
            }
        )


class NoSuchPeriod(NotFound):
    code = "no_such_period"
    title: ClassVar[Words] = {
        "en": "A settlement period is a month such as 2021-03",
        "zh": "结算期间应为月份，如2021-03",
    }


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement: a posting and what it adds to what is payable."""

    posting: Posting
    amount: Money


def month(key: str) -> Period:
    """The month of a key; raises NoSuchPeriod for anything else."""
    try:
        found = period(key)
    except ValueError:
        raise NoSuchPeriod from None
    if len(key) != len("2021-03") or "Q" in key or "H" in key:
        raise NoSuchPeriod
    return found


def closes_from(asked: Period, grace: Duration) -> date:
    """The first local day on which the month may be closed."""
    return grace.after(asked.until)


def state_on(asked: Period, today: date, *, closed: bool) -> PeriodState:
    """Where a month stands on a local day."""
    if closed:
        return PeriodState.CLOSED
    return PeriodState.GRACE if asked.is_over(today) else PeriodState.OPEN


def check_closable(asked: Period, grace: Duration, today: date) -> None:
    """Raises GraceNotOver."""
    if today < closes_from(asked, grace):
        raise GraceNotOver(asked, closes_from(asked, grace))


def months_to_close(asked: Period, open_from: str | None) -> list[Period]:
    """The month and each earlier one still open, in order; none where it is closed already."""
    at = period(open_from) if open_from else asked
    found = []
    while at.key <= asked.key:
        found.append(at)
        at = following(at)
    return found


def lines(postings: Iterable[Posting]) -> Iterator[Line]:
    """What one month's postings put on the statement: all that arrived where it will be paid, or left it again.

    A settlement only moves what other lines have told; a judgement that changed nothing is told with a zero.
    """
    for posting in postings:
        weight = (posting.target in SETTLING) - (posting.source in SETTLING)
        told = posting.kind is not Kind.SETTLEMENT and (weight or not posting.amount_minor)
        if told:
            yield Line(posting, Money(weight * posting.amount_minor, posting.currency))


def totals(found: Iterable[Line]) -> list[Money]:
    """One sum per currency, in the order of their codes."""
    sums: dict[str, int] = {}
    for line in found:
        sums[line.amount.currency] = sums.get(line.amount.currency, 0) + line.amount.amount_minor
    return [Money(amount, currency) for currency, amount in sorted(sums.items())]


def waiting(found: dict[BalanceOf, int]) -> list[tuple[BalanceOf, int]]:
    """What stands beside a statement: earned or pending, and not payable yet."""
    return sorted(
        (balance, amount) for balance, amount in found.items() if balance.state not in (State.PAYABLE, State.PAID)
    )
