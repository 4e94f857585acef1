"""What clients read of the ledger."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from services.rewards.accrual.schemas import MoneyShown, Shown


class LedgerAccountShown(Shown):
    account: str = Field(examples=["accrued:account:0190a7c2-…"])
    balance: MoneyShown


class EntryShown(Shown):
    """One side of a posting; the two sides of one posting sum to zero."""

    posting_id: UUID
    side: int
    account: str
    amount: MoneyShown
    kind: str
    policy: str
    window: str
    period: str
    journal_position: int
    occurred_at: datetime


class BalanceShown(Shown):
    beneficiary: str
    policy: str
    window: str
    state: str
    balance: MoneyShown


class DifferenceShown(Shown):
    beneficiary: str
    policy: str
    window: str
    ledger: str = Field(description="what the ledger says, minor units")
    rebuilt: str = Field(description="what was rebuilt, minor units")
    found_by: str = Field(description="window: the running state; posting: the entries; journal: counted from scratch")


class VerdictShown(Shown):
    ok: bool
    postings: int
    windows: int
    sum_by_currency: list[MoneyShown] = Field(description="of all entries: zero in every currency")
    differences: list[DifferenceShown]


class HeadShown(Shown):
    journal_position: int
    postings: int
    digest: str = Field(description="of all balances, independent of the order in which events came")
