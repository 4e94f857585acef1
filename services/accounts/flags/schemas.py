"""The shape of a flag over HTTP."""

from pydantic import AwareDatetime, BaseModel, Field


class FlagOut(BaseModel):
    id: str
    code: str = Field(examples=["monthly_visit_missing"])
    subject_type: str = Field(examples=["account"])
    subject_id: str
    account_id: str
    period: str = Field(description="what it counts once in", examples=["2021-03"])
    policy: str = Field(examples=["monthly-contact@1"])
    reasons: list[str] = Field(description="the decision in the reader's language")
    raised_at: AwareDatetime
