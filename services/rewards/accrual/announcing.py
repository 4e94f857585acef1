"""Every posting is told to the world: whoever adds up these events has every balance, and can check each by its own."""

from collections.abc import Iterator
from typing import Final

from services.rewards.accrual.books import Booked
from services.rewards.ledger.domain import Kind, Posting, State
from shared.events.rewards import (
    MoneyText,
    RewardAccrued,
    RewardAdjusted,
    RewardConfirmed,
    RewardEvent,
    RewardReversed,
    RewardSettled,
)
from shared.money import Money

EVENT_OF: Final[dict[Kind, type[RewardEvent]]] = {
    Kind.ACCRUAL: RewardAccrued,
    Kind.RE_EVALUATION: RewardAdjusted,
    Kind.CLAWBACK: RewardReversed,
    Kind.REVERSAL: RewardReversed,
    Kind.HOLD: RewardAdjusted,
    Kind.RELEASE: RewardConfirmed,
    Kind.CONFIRMATION: RewardConfirmed,
    Kind.SETTLEMENT: RewardSettled,
}


def announcement(booked: Booked) -> Iterator[RewardEvent]:
    """One event for each balance a posting moves: the amount that left, then the amount that arrived."""
    posting = booked.posting
    if posting.source is not None:
        yield _event(RewardAdjusted, posting, posting.source, -posting.amount_minor, booked.source_after)
    yield _event(EVENT_OF[posting.kind], posting, posting.target, posting.amount_minor, booked.target_after)


def _event(
    kind: type[RewardEvent], posting: Posting, state: State, amount_minor: int, balance_minor: int
) -> RewardEvent:
    return kind(
        occurred_at=posting.occurred_at,
        reward_id=str(posting.posting_id),
        beneficiary=posting.beneficiary,
        policy=f"{posting.policy_id}@{posting.version}",
        rows=posting.clauses,
        window=posting.window,
        period=posting.period,
        origin_period=posting.origin_period,
        state=state.value,
        amount=_money(amount_minor, posting.currency),
        balance_after=_money(balance_minor, posting.currency),
        account_id=posting.account_id,
        order_id=posting.cause.order_id,
        contract_id=posting.cause.contract_id,
        line=posting.cause.line,
        corrects=str(posting.corrects) if posting.corrects else None,
        explanation=f"/v1/accruals/{posting.posting_id}/explanation",
    )


def _money(amount_minor: int, currency: str) -> MoneyText:
    return MoneyText(amount=str(Money(amount_minor, currency)), currency=currency)
