"""Shapes of merges over HTTP."""

from pydantic import AwareDatetime, BaseModel, Field

from services.accounts.dossiers.schemas import Request, Text


class NewMerge(Request):
    absorbed_account_id: str = Field(description="takes no more orders under its own number")
    into_account_id: str = Field(description="goes on for both")
    reason: Text = Field(examples=["the same licence under two names"])


class MergeOut(BaseModel):
    id: str
    absorbed_account_id: str
    into_account_id: str
    reason: str
    merged_by: str
    merged_at: AwareDatetime
    stands: bool
    undone_because: str | None
    undone_by: str | None
    undone_at: AwareDatetime | None
