"""Shapes of plans over HTTP."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.accounts.targets.domain import PlannedKpi, ScopeKind

PeriodKey = Annotated[str, Field(pattern=r"^\d{4}(-(Q[1-4]|\d{2}))?$", examples=["2021-Q1"])]
Id = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]


class Amount(BaseModel):
    """Zero or more, a decimal text with its currency."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"amount": "300000.00", "currency": "CNY"}]},
    )

    amount: str = Field(pattern=r"^\d{1,15}(\.\d{1,4})?$")
    currency: str = Field(pattern=r"^[A-Z]{3}$")


class NewSalesTarget(BaseModel):
    """A plan for a month, a quarter or a year; one set again replaces the one before."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"scope": "branch", "scope_id": "kinshasa", "period": "2021-Q2",
                 "amount": {"amount": "300000.00", "currency": "CNY"}}
            ]
        },
    )  # fmt: skip

    scope: ScopeKind
    scope_id: Id = Field(description="a user's id, a branch, or an account's id")
    period: PeriodKey
    amount: Amount


class SalesTargetOut(BaseModel):
    id: str
    scope: ScopeKind
    scope_id: str
    period: str
    valid_from: date
    valid_until: date = Field(description="first day after the period")
    amount: Amount
    set_by: str
    recorded_at: AwareDatetime


class NewKpiTarget(BaseModel):
    """What a KPI is measured against: cases planned, or a service budget."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"kpi": "kpi.development_completion", "scope": "branch", "scope_id": "kinshasa", "period": "2021-Q2",
                 "planned": 4}
            ]
        },
    )  # fmt: skip

    kpi: PlannedKpi
    scope: Literal[ScopeKind.rep, ScopeKind.manager, ScopeKind.branch]
    scope_id: Id
    period: PeriodKey
    planned: int | None = Field(None, ge=0, le=1_000_000, description="a number of development cases")
    amount: Amount | None = Field(None, description="a budget for serving accounts")


class KpiTargetOut(BaseModel):
    id: str
    kpi: PlannedKpi
    scope: ScopeKind
    scope_id: str
    period: str
    valid_from: date
    valid_until: date = Field(description="first day after the period")
    planned: int | None
    amount: Amount | None
    set_by: str
    recorded_at: AwareDatetime
