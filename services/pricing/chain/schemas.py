"""Shapes of a chain over HTTP."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.pricing.chain.models import RewardRow
from services.pricing.orders.schemas import MovementAnswer, OrderAnswer
from services.pricing.schemas import Answer, MoneyShown

End = Literal["quote", "contract", "movement", "reward"]


class QuoteLink(Answer):
    id: UUID
    number: str
    state: str


class ContractLink(Answer):
    id: UUID
    state: str
    revision: int


class RewardLink(Answer):
    reward_id: str
    event: str
    beneficiary: str
    policy: str
    period: str
    state: str
    amount: MoneyShown
    order_id: str | None
    contract_id: str | None
    line: int | None
    explanation: str = Field(description="where the rewards service explains it")
    occurred_at: datetime


class OrderChain(Answer):
    """P10: what the order came from and what became of it."""

    quote: QuoteLink | None
    contract: ContractLink | None
    order: OrderAnswer
    movements: list[MovementAnswer] = Field(
        description="deliveries, acceptances, payments, returns, amendments and the cancellation, in their order"
    )
    rewards: str = Field(description="where the rewards service tells what the order earned")
    earned: list[RewardLink] = Field(description="what it told so far, as far as it is the caller's to see")


def show_reward(row: RewardRow) -> RewardLink:
    return RewardLink(
        reward_id=row.reward_id,
        event=row.event,
        beneficiary=row.beneficiary,
        policy=row.policy,
        period=row.period,
        state=row.state,
        amount=MoneyShown(amount=row.amount, currency=row.currency),
        order_id=row.order_id,
        contract_id=row.contract_id,
        line=row.line,
        explanation=row.explanation,
        occurred_at=row.occurred_at,
    )
