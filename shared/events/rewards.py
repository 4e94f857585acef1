"""The public facts: what was earned, corrected, confirmed, settled; whoever has these can rebuild every balance."""

from __future__ import annotations

from typing import Literal

from shared.events.envelope import Contents, Event


class MoneyText(Contents):
    """An amount in major units as decimal text."""

    amount: str
    currency: str


class RewardsEvent(Event):
    topic = "rewards.v1"


class RewardEvent(RewardsEvent):
    """`beneficiary` is "account:ID" or "salesperson:ID", `policy` "id@version", `window` "2021-03" or "contract:ID".

    `period` is where it was booked, `origin_period` where it was earned when that differs;
    `balance_after` is of this beneficiary, policy, window, currency and state.
    """

    aggregate = "reward"

    reward_id: str
    beneficiary: str
    policy: str
    rows: tuple[str, ...] = ()
    window: str
    period: str
    origin_period: str | None = None
    kind: str = "cash"
    state: Literal["pending", "accrued", "payable", "paid"]
    amount: MoneyText
    balance_after: MoneyText
    account_id: str | None = None
    order_id: str | None = None
    contract_id: str | None = None
    line: int | None = None
    corrects: str | None = None
    explanation: str

    def aggregate_id(self) -> str:
        return self.reward_id

    def partition_key(self) -> str:
        return id_of_beneficiary(self.beneficiary)


class RewardAccrued(RewardEvent):
    """Something was earned."""


class RewardAdjusted(RewardEvent):
    """What was earned before is now worth more or less."""


class RewardReversed(RewardEvent):
    """What was earned is taken back."""


class RewardConfirmed(RewardEvent):
    """A pending reward was confirmed."""


class RewardSettled(RewardEvent):
    """An accrued reward became payable."""


class PeriodClosed(RewardsEvent):
    """Everything journaled up to this position belongs to the period's statements."""

    aggregate = "period"

    period: str
    journal_position: int
    statements: int

    def aggregate_id(self) -> str:
        return self.period


class StatementIssued(RewardsEvent):
    aggregate = "statement"

    statement_id: str
    beneficiary: str
    period: str
    total: tuple[MoneyText, ...]
    journal_position: int

    def aggregate_id(self) -> str:
        return self.statement_id

    def partition_key(self) -> str:
        return id_of_beneficiary(self.beneficiary)


class TierNear(RewardsEvent):
    """So much more in this window reaches the next tier."""

    aggregate = "progress"

    beneficiary: str
    policy: str
    window: str
    gap: MoneyText
    next_rate: str

    def aggregate_id(self) -> str:
        return f"{self.beneficiary}/{self.policy}/{self.window}"

    def partition_key(self) -> str:
        return id_of_beneficiary(self.beneficiary)


def id_of_beneficiary(beneficiary: str) -> str:
    """The ID in "account:ID"."""
    return beneficiary.partition(":")[2]


EVENTS = (
    RewardAccrued,
    RewardAdjusted,
    RewardReversed,
    RewardConfirmed,
    RewardSettled,
    PeriodClosed,
    StatementIssued,
    TierNear,
)
