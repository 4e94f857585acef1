"""From what a window is worth and what is posted of it to the lines that make up the difference (R14, §6.4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from services.rewards.accrual.counting import Counted, Tally
from services.rewards.ledger.domain import Kind, State
from shared.money import allocate, rounded


class Posted(NamedTuple):
    """What is posted of one window, by where it stands."""

    pending: int = 0
    accrued: int = 0
    payable: int = 0

    @property
    def total(self) -> int:
        return self.pending + self.accrued + self.payable

    def after(self, move: "Move") -> "Posted":
        at = {State.PENDING: self.pending, State.ACCRUED: self.accrued, State.PAYABLE: self.payable}
        at[move.target] += move.amount_minor
        if move.source is not None:
            at[move.source] -= move.amount_minor
        return Posted(at[State.PENDING], at[State.ACCRUED], at[State.PAYABLE])

    def at(self, state: State) -> int:
        return {State.PENDING: self.pending, State.ACCRUED: self.accrued, State.PAYABLE: self.payable}[state]


class TakenBack(NamedTuple):
    """One line of one order that lost pieces: of those it held before, in the window, with its share of the total."""

    order_id: str
    line: int
    held: int
    returned: int
    measure_minor: int = 0
    share_minor: int = 0


class Part(StrEnum):
    """Which part of a window's change one line is."""

    CHANGE = "change"
    NEW = "new"
    REST = "rest"
    RETURNED = "returned"
    MOVED = "moved"


class Working(NamedTuple):
    """How one line's amount follows: the window's worth before and after its event, and the part this line is of it.

    `beside` is the sum of the other lines of the event; `measure_before` and `measure_after` are the window's sums.
    """

    part: Part
    posted_before: int
    total: int
    measure_before: int
    measure_after: int
    beside: int = 0
    taken: TakenBack | None = None


class Move(NamedTuple):
    """One line to post: an amount from one state (None: the expense) to another."""

    kind: Kind
    source: State | None
    target: State
    amount_minor: int
    working: Working | None = None

    @property
    def taken(self) -> TakenBack | None:
        """The returned line that it speaks of."""
        return self.working.taken if self.working else None


class Weight(NamedTuple):
    """A counted line of a window, in canonical order, with its part of the measure."""

    at: datetime
    order_id: str
    line: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What the evaluator says of a window: an amount, or a route to ask, or that evidence is missing."""

    total_minor: int
    row: int | None
    digest: bytes
    ask: str | None = None
    pending: bool = False

    def shared(self, total_minor: int) -> "Judged":
        """The same judgement, with one beneficiary's part of the amount."""
        return replace(self, total_minor=total_minor)


@dataclass(frozen=True, slots=True)
class Change:
    """A window before and after one event, as far as its posting lines need to know."""

    before: Tally
    after: Tally
    row_before: int | None
    row_after: int | None
    by_business: bool
    clawbacks: Sequence[tuple[TakenBack, int]] = ()
    asks: bool = False


def standing(*, frozen: bool, unconfirmed: bool, at_once: bool) -> State:
    """Where a window's reward stands: what is held or unconfirmed is pending (S-I3), the rest waits for its period."""
    if frozen or unconfirmed:
        return State.PENDING
    return State.PAYABLE if at_once else State.ACCRUED


def moves(posted: Posted, worth_minor: int, state: State, change: Change) -> list[Move]:
    """The lines that bring what is posted to what the window is worth, in the state it now has.

    What is settled stays settled: a hold takes only what is not payable yet, and a difference is a line of its own.
    """
    now = Working(Part.CHANGE, posted.total, worth_minor, change.before.amount_minor, change.after.amount_minor)
    found = list(_transfers(posted, state, now, confirmed=not change.by_business))
    return found + [Move(kind, None, state, amount, working) for kind, amount, working in _parts(now, change)]


def _transfers(posted: Posted, state: State, now: Working, *, confirmed: bool) -> Iterable[Move]:
    moved = now._replace(part=Part.MOVED)
    if state is State.PENDING:
        if posted.accrued:
            yield Move(Kind.HOLD, State.ACCRUED, State.PENDING, posted.accrued, moved)
    elif posted.pending:
        kind = Kind.CONFIRMATION if state is State.PAYABLE and confirmed else Kind.RELEASE
        yield Move(kind, State.PENDING, state, posted.pending, moved)


_Line = tuple[Kind, int, Working]


def _parts(now: Working, change: Change) -> list[_Line]:
    changed = now.total - now.posted_before
    if change.clawbacks:
        return _taken_back(changed, now, change.clawbacks)
    if not changed:
        return []
    if change.asks:
        return [(Kind.REVERSAL, changed, now)]
    if not change.by_business:
        return [(Kind.RE_EVALUATION, changed, now)]
    return _new_and_true_up(changed, now, change)


def _taken_back(changed: int, now: Working, clawbacks: Sequence[tuple[TakenBack, int]]) -> list[_Line]:
    """R14: what those lines earned, and apart from it what their return changes for the rest."""
    lines: list[_Line] = [
        (Kind.CLAWBACK, -share, now._replace(part=Part.RETURNED, taken=taken)) for taken, share in clawbacks if share
    ]
    beside = sum(amount for _, amount, _ in lines)
    if changed != beside or not lines:
        rest = now._replace(part=Part.REST, beside=beside) if lines else now
        lines.append((Kind.RE_EVALUATION, changed - beside, rest))
    return lines


def _new_and_true_up(changed: int, now: Working, change: Change) -> list[_Line]:
    """Where a new row is reached, what is new earns its part and the rest trues up what was there (S-A5)."""
    grown = now.measure_after - now.measure_before
    if change.row_after == change.row_before or not now.measure_before or grown <= 0:
        return [(Kind.ACCRUAL if grown > 0 else Kind.RE_EVALUATION, changed, now)]
    new = rounded(Fraction(now.total * grown, now.measure_after), "half_up")
    lines: list[_Line] = [
        (Kind.ACCRUAL, new, now._replace(part=Part.NEW)),
        (Kind.RE_EVALUATION, changed - new, now._replace(part=Part.REST, beside=new)),
    ]
    return [line for line in lines if line[1]]


def shares(total_minor: int, weights: Iterable[Weight]) -> dict[tuple[str, int], int]:
    """What each line holds of a window's total: largest remainder in canonical order (§6.4)."""
    ordered = sorted(weights)
    if not ordered:
        return {}
    held: dict[tuple[str, int], int] = {}
    for weight, share in zip(ordered, allocate(total_minor, [one.amount_minor for one in ordered]), strict=True):
        key = (weight.order_id, weight.line)
        held[key] = held.get(key, 0) + share
    return held


def taken_back(order_id: str, before: Iterable[Counted], after: Iterable[Counted]) -> list[TakenBack]:
    """The lines of one order that hold fewer pieces after than before."""
    held, left = _pieces(before), _pieces(after)
    lost = [TakenBack(order_id, line, pieces, pieces - left.get(line, 0)) for line, pieces in sorted(held.items())]
    return [taken for taken in lost if taken.returned > 0]


def clawed_back(taken: TakenBack) -> int:
    """R14's first line: the share still held x returned / held before, half up; the last return takes the rest."""
    return rounded(Fraction(taken.share_minor * taken.returned, taken.held), "half_up")


def _pieces(counted: Iterable[Counted]) -> dict[int, int]:
    pieces: dict[int, int] = {}
    for one in counted:
        pieces[one.line] = pieces.get(one.line, 0) + one.quantity
    return pieces
