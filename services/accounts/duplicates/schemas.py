"""Shapes of suspected duplicates over HTTP."""

from pydantic import AwareDatetime, BaseModel, Field

from services.accounts.duplicates.domain import Reason


class SuspicionOut(BaseModel):
    """Two accounts that may be one customer; merge them with POST /merges, or dismiss the suspicion."""

    id: str
    account_ids: tuple[str, str] = Field(description="the one opened first comes first")
    reasons: list[Reason] = Field(examples=[["licence", "phone"]])
    found_at: AwareDatetime
    dismissed_because: str | None
    dismissed_by: str | None
    dismissed_at: AwareDatetime | None
