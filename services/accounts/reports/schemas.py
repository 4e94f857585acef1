"""Shapes of reports over HTTP."""

from pydantic import BaseModel, Field

from services.accounts.reports.domain import ParetoOf


class ParetoRowOut(BaseModel):
    account_id: str
    number: str
    amount: str = Field(examples=["1250000.00"])
    cumulative: str = Field(
        description="share of the whole reached with this account, four digits", examples=["0.4312"]
    )


class ParetoOut(BaseModel):
    """The fewest accounts that make `share` of the period's revenue or margin."""

    of: ParetoOf
    period: str
    currency: str
    share: str = Field(examples=["0.80"])
    total: str
    accounts: int = Field(description="so many accounts make the share")
    out_of: int = Field(description="of so many with deliveries in the period")
    no_evidence: int = Field(description="accounts left out because a cost of what they bought is missing")
    rows: list[ParetoRowOut]
