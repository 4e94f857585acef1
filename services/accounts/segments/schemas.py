"""Shapes of segments and needs over HTTP."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field

from services.accounts.ratings.schemas import Request


class Needs(Request):
    """Everything the account needs, by the tags of the table need-tags; an empty list is nothing any more."""

    tags: Annotated[list[Annotated[str, Field(min_length=1, max_length=60)]], Field(max_length=50)] = Field(
        examples=[["handsets", "fast_delivery"]]
    )


class NeedOut(BaseModel):
    tag: str
    kind: str | None = Field(description="product or service; none where the tag has left the table")
    title: dict[str, str] | None


class NeedsOut(BaseModel):
    account_id: str
    needs: list[NeedOut]
    noted_by: str | None
    recorded_at: AwareDatetime | None


class SegmentSpan(BaseModel):
    segment: str = Field(examples=["core"])
    valid_from: date
    recorded_at: AwareDatetime
    run_id: str
    as_of: date
    policy: str = Field(examples=["value-segment@1"])
    score: str = Field(description="two digits; compared unrounded")


class SegmentOut(BaseModel):
    account_id: str
    as_of: date
    known_at: AwareDatetime
    segment: str | None
    valid_from: date | None
    needs: list[NeedOut]
    history: list[SegmentSpan]
