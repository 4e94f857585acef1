"""What clients send and read about confirmations."""

from uuid import UUID

from pydantic import ConfigDict, Field

from services.rewards.accrual.schemas import MoneyShown, Shown


class BonusSubmitted(Shown):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reward_id": "0190a7c2-1111-7000-8000-000000000000"}]}
    )

    reward_id: UUID = Field(description="the pending accrual to be confirmed")


class ConfirmationShown(Shown):
    """The request that approvals opens for it has this subject and revision."""

    beneficiary: str
    policy: str
    window: str
    state: str = Field(description="none, open, granted, rejected or withdrawn")
    pending: MoneyShown
    payable: MoneyShown
    subject_type: str
    subject_id: str
    revision: int
    route: str
