"""A posting moves one amount from one account to another; balances are sums, and every sum of all is zero."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Final, NamedTuple
from uuid import UUID


class State(StrEnum):
    """Where an amount stands: pending needs something, accrued is earned, payable is settled, paid has left."""

    PENDING = "pending"
    ACCRUED = "accrued"
    PAYABLE = "payable"
    PAID = "paid"


class Kind(StrEnum):
    """Why an amount moved."""

    ACCRUAL = "accrual"
    RE_EVALUATION = "re_evaluation"
    CLAWBACK = "clawback"
    REVERSAL = "reversal"
    HOLD = "hold"
    RELEASE = "release"
    CONFIRMATION = "confirmation"
    SETTLEMENT = "settlement"


MOVES: Final[Mapping[Kind, frozenset[tuple[State | None, State]]]] = {
    **dict.fromkeys(
        (Kind.ACCRUAL, Kind.RE_EVALUATION, Kind.CLAWBACK, Kind.REVERSAL),
        frozenset(((None, State.PENDING), (None, State.ACCRUED), (None, State.PAYABLE))),
    ),
    Kind.HOLD: frozenset(((State.ACCRUED, State.PENDING),)),
    Kind.RELEASE: frozenset(((State.PENDING, State.ACCRUED), (State.PENDING, State.PAYABLE))),
    Kind.CONFIRMATION: frozenset(((State.PENDING, State.ACCRUED), (State.PENDING, State.PAYABLE))),
    Kind.SETTLEMENT: frozenset(((State.ACCRUED, State.PAYABLE),)),
}
"""From where to where an amount may go for which reason; None is the policy's expense."""


class NoSuchMove(ValueError):
    """An amount may not go from there to there for that reason."""


class Cause(NamedTuple):
    """What made it: the event, and of which order, contract and line it speaks."""

    event_id: UUID | None = None
    order_id: str | None = None
    contract_id: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One amount on its way, and all that says why; an amount of zero is a judgement that changed nothing.

    `row` is the reached row of the policy's table, `position` the journal position it was judged at and `digest` that
    of the whole trace, which the pure evaluator rebuilds there.
    """

    posting_id: UUID
    beneficiary: str
    account_id: str | None
    policy_id: str
    version: int
    clauses: tuple[str, ...]
    window: str
    period: str
    origin_period: str | None
    kind: Kind
    source: State | None
    target: State
    amount_minor: int
    currency: str
    expense: str
    cause: Cause
    position: int
    occurred_at: datetime
    row: int | None = None
    measure_before: int | None = None
    measure_after: int | None = None
    journal_from: int | None = None
    digest: bytes | None = None
    corrects: UUID | None = None

    def __post_init__(self) -> None:
        if (self.source, self.target) not in MOVES[self.kind]:
            raise NoSuchMove(f"{self.kind} cannot move from {self.source} to {self.target}")

    @property
    def key(self) -> bytes:
        """The business effect, once for ever: rule, subject, window, source event and line, kind."""
        cause = (self.cause.event_id or self.position, self.cause.order_id, self.cause.contract_id, self.cause.line)
        effect = (self.policy_id, self.beneficiary, self.window, *cause, self.kind, self.target)
        return blake2b("\x1f".join(map(str, effect)).encode(), digest_size=16).digest()

    @property
    def source_account(self) -> str:
        return self.expense if self.source is None else ledger_account(self.source, self.beneficiary)

    @property
    def target_account(self) -> str:
        return ledger_account(self.target, self.beneficiary)


class Entry(NamedTuple):
    """One side of a posting: what an account gets, or with a minus gives."""

    account: str
    currency: str
    amount_minor: int


class BalanceOf(NamedTuple):
    """What a balance is kept for."""

    beneficiary: str
    policy_id: str
    window: str
    currency: str
    state: State


def ledger_account(state: State, beneficiary: str) -> str:
    """`accrued:account:ID`, `pending:salesperson:ID`, …: what the company owes one beneficiary in one state."""
    return f"{state.value}:{beneficiary}"


def expense_account(policy_id: str, books_to: str | None = None) -> str:
    """`expense:volume-subsidy`, or the account the policy books to."""
    return books_to or f"expense:{policy_id}"


def entries(posting: Posting) -> tuple[Entry, ...]:
    """Two sides that sum to zero; none where nothing moved."""
    if not posting.amount_minor:
        return ()
    return (
        Entry(posting.source_account, posting.currency, -posting.amount_minor),
        Entry(posting.target_account, posting.currency, posting.amount_minor),
    )


def balances(postings: Iterable[Posting]) -> dict[BalanceOf, int]:
    """Every balance as the sum of what went in and out; a balance of zero is no balance."""
    total: dict[BalanceOf, int] = {}
    for posting in postings:
        kept = (posting.beneficiary, posting.policy_id, posting.window, posting.currency)
        for state, amount in ((posting.target, posting.amount_minor), (posting.source, -posting.amount_minor)):
            if state is not None:
                balance = BalanceOf(*kept, state)
                total[balance] = total.get(balance, 0) + amount
    return {balance: amount for balance, amount in total.items() if amount}


def digest_of(found: Mapping[BalanceOf, int]) -> str:
    """Equal balances, equal digests, whatever the order of the postings."""
    lines = sorted(f"{'|'.join(balance)}|{amount}" for balance, amount in found.items() if amount)
    return blake2b("\n".join(lines).encode(), digest_size=32).hexdigest()
