"""Sales targets and the planned figures of other KPIs over HTTP (KPI, R7)."""

from typing import Annotated

from fastapi import Query

from services.accounts.branches import branches_of
from services.accounts.edge import Here
from services.accounts.targets import repository, service
from services.accounts.targets.domain import PlannedKpi, ScopeKind
from services.accounts.targets.models import KpiTarget, SalesTarget
from services.accounts.targets.schemas import Amount, KpiTargetOut, NewKpiTarget, NewSalesTarget, SalesTargetOut
from shared.auth.principal import Principal
from shared.http.dependencies import Session, allowed
from shared.http.moments import Day
from shared.http.pages import Page, PageQuery, oldest_first, read_page
from shared.http.routes import Router
from shared.money import Money
from shared.policy.api import Policies

router = Router(tags=["kpis"])
ScopeQuery = Annotated[ScopeKind | None, Query(description="only plans of reps, managers, branches or accounts")]
ScopeIdQuery = Annotated[str | None, Query(max_length=100, description="only this one's")]
PeriodQuery = Annotated[str | None, Query(max_length=20, description="only of this period", examples=["2021-Q1"])]
DayQuery = Annotated[Day | None, Query(description="only of periods that hold this day")]


@router.post("/sales-targets", status_code=201)
async def set_sales_target(
    body: NewSalesTarget,
    session: Session,
    here: Here,
    caller: Annotated[Principal, allowed("sales_targets.write")],
    policies: Policies,
) -> SalesTargetOut:
    """Plan sales for a month, quarter or year that is not over; a plan set again replaces the one before."""
    who = here.by(caller, "sales_targets.write")
    branches = branches_of(policies.in_force(who.today))
    return shown_target(await service.set_sales_target(session, request=body, branches=branches, who=who))


@router.get("/sales-targets")
async def list_sales_targets(
    *,
    session: Session,
    asked: PageQuery,
    caller: Annotated[Principal, allowed("sales_targets.read")],
    scope: ScopeQuery = None,
    scope_id: ScopeIdQuery = None,
    period: PeriodQuery = None,
    on: DayQuery = None,
) -> Page[SalesTargetOut]:
    """The plans in force within reach, by id."""
    query = repository.current(SalesTarget, reach=caller.reach("sales_targets.read"))
    wanted = (SalesTarget.scope, scope), (SalesTarget.scope_id, scope_id), (SalesTarget.period, period)
    query = query.where(*(column == value for column, value in wanted if value is not None))
    query = query if on is None else query.where(repository.covers_day(SalesTarget, on))
    return await read_page(session, query, asked=asked, by=oldest_first(SalesTarget.id), show=shown_target)


@router.post("/kpi-targets", status_code=201)
async def set_kpi_target(
    body: NewKpiTarget,
    session: Session,
    here: Here,
    caller: Annotated[Principal, allowed("kpi_targets.write")],
    policies: Policies,
) -> KpiTargetOut:
    """Plan development cases or a service budget; without a plan, or with none of zero, the KPI says "no plan"."""
    who = here.by(caller, "kpi_targets.write")
    branches = branches_of(policies.in_force(who.today))
    return shown_kpi_target(await service.set_kpi_target(session, request=body, branches=branches, who=who))


@router.get("/kpi-targets")
async def list_kpi_targets(
    *,
    session: Session,
    asked: PageQuery,
    caller: Annotated[Principal, allowed("kpis.read")],
    kpi: Annotated[PlannedKpi | None, Query(description="only of this KPI")] = None,
    scope: ScopeQuery = None,
    scope_id: ScopeIdQuery = None,
    period: PeriodQuery = None,
) -> Page[KpiTargetOut]:
    """The planned figures in force within reach, by id."""
    query = repository.current(KpiTarget, reach=caller.reach("kpis.read"))
    wanted = (
        (KpiTarget.kpi, kpi),
        (KpiTarget.scope, scope),
        (KpiTarget.scope_id, scope_id),
        (KpiTarget.period, period),
    )
    query = query.where(*(column == value for column, value in wanted if value is not None))
    return await read_page(session, query, asked=asked, by=oldest_first(KpiTarget.id), show=shown_kpi_target)


def shown_target(row: SalesTarget) -> SalesTargetOut:
    fields = {name: getattr(row, name) for name in SalesTargetOut.model_fields if name != "amount"}
    return SalesTargetOut(amount=shown_amount(row.amount_minor, row.currency), **fields)


def shown_kpi_target(row: KpiTarget) -> KpiTargetOut:
    fields = {name: getattr(row, name) for name in KpiTargetOut.model_fields if name != "amount"}
    amount = None if row.amount_minor is None else shown_amount(row.amount_minor, row.currency or "")
    return KpiTargetOut(amount=amount, **fields)


def shown_amount(amount_minor: int, currency: str) -> Amount:
    return Amount(**Money(amount_minor, currency).to_json())
