"""Shapes of reports over HTTP."""

from pydantic import BaseModel, Field


class ParetoRowOut(BaseModel):
    account_id: str
    number: str
    amount: str = Field(examples=["1250000.00"])
    cumulative: str = Field(
        description="share of the whole reached with this account, four digits", examples=["0.4312"]
    )


class ParetoOut(BaseModel):
    """The fewest accounts that make `share` of the period's revenue."""

    of: str = Field(examples=["revenue"])
    period: str
    currency: str
    share: str = Field(examples=["0.80"])
    total: str
    accounts: int = Field(description="so many accounts make the share")
    out_of: int = Field(description="of so many with revenue in the period")
    rows: list[ParetoRowOut]
