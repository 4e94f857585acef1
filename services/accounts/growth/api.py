"""Growth plans over HTTP (A13)."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers import repository as dossiers
from services.accounts.dossiers.service import Whereabouts
from services.accounts.edge import Edge, Here
from services.accounts.growth import repository, service
from services.accounts.growth.domain import Objective, kinds_missing, progress
from services.accounts.growth.measures import measured
from services.accounts.growth.models import GrowthObjective, GrowthPlan
from services.accounts.growth.schemas import (
    BoundMeasure,
    NewObjective,
    NewPlan,
    ObjectiveOut,
    PlanOut,
    ProgressOut,
    WholePlan,
)
from services.accounts.shown import share_reached
from shared.auth.principal import Principal
from shared.http.conditional import IfMatch, require_version, show_version
from shared.http.dependencies import Session, allowed
from shared.http.moments import Day
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.routes import Router
from shared.trace import Evidence, NoEvidence

router = Router(tags=["programmes"])
PlanId = Annotated[str, Path(description="the growth plan's id")]
ObjectiveId = Annotated[str, Path(description="the objective's id")]
Reader = Annotated[Principal, allowed("growth_plans.read")]
Writer = Annotated[Principal, allowed("growth_plans.write")]


@router.post("/growth-plans", status_code=201)
async def make_plan(body: NewPlan, session: Session, here: Here, caller: Writer) -> WholePlan:
    """A plan for an account: objectives bound to facts, and activities with their timetable (A13)."""
    who = here.by(caller, "growth_plans.write")
    await dossiers.account_going_on(session, account_id=body.account_id, reach=who.reach)
    plan = await service.make_plan(session, request=body, who=who)
    return await shown_whole(session, plan, here, who.today)


@router.get("/growth-plans")
async def list_plans(
    session: Session,
    asked: PageQuery,
    caller: Reader,
    account_id: Annotated[str | None, Query(description="of one account")] = None,
    on: Annotated[Day | None, Query(description="in force on this local day")] = None,
) -> Page[PlanOut]:
    """Growth plans, newest first (A13)."""
    query = repository.plans_seen(caller.reach("growth_plans.read"), account_id=account_id, on=on)
    return await read_page(session, query, asked=asked, by=newest_first(GrowthPlan.id), show=shown_plan)


@router.get("/growth-plans/{plan_id}")
async def read_plan(
    plan_id: PlanId,
    session: Session,
    here: Here,
    response: Response,
    caller: Reader,
    as_of: Annotated[Day | None, Query(description="progress up to this local day; today where left out")] = None,
) -> WholePlan:
    """A plan with each objective's progress, computed from what happened up to a day (A13)."""
    who = here.by(caller, "growth_plans.read")
    plan = await repository.plan(session, plan_id=plan_id, reach=who.reach)
    show_version(response, plan.version)
    return await shown_whole(session, plan, here, as_of or who.today)


@router.post("/growth-plans/{plan_id}/objectives", status_code=201)
async def add_objective(
    plan_id: PlanId, body: NewObjective, session: Session, here: Here, caller: Writer
) -> ObjectiveOut:
    """One more objective of a plan (A13)."""
    who = here.by(caller, "growth_plans.write")
    plan = await repository.plan(session, plan_id=plan_id, reach=who.reach, locked=True)
    row = await service.add_objective(session, plan=plan, request=body)
    plan.version += 1
    return await shown_objective(session, plan, row, who)


@router.put("/growth-plans/{plan_id}/objectives/{objective_id}")
async def change_objective(
    plan_id: PlanId,
    objective_id: ObjectiveId,
    body: NewObjective,
    session: Session,
    here: Here,
    response: Response,
    caller: Writer,
    version: IfMatch,
) -> ObjectiveOut:
    """An objective as it now is; what is left out is empty from then on (A13)."""
    who = here.by(caller, "growth_plans.write")
    plan = await repository.plan(session, plan_id=plan_id, reach=who.reach, locked=True)
    require_version(plan.version, expected=version)
    row = await repository.objective(session, plan_id=plan.id, objective_id=objective_id)
    await service.change_objective(session, plan=plan, objective=row, request=body)
    show_version(response, plan.version)
    return await shown_objective(session, plan, row, who)


async def shown_whole(session: AsyncSession, plan: GrowthPlan, here: Edge, as_of: Day) -> WholePlan:
    rows = await repository.objectives_of(session, plan_ids=[plan.id])
    aims = {row.id: repository.objective_of(row) for row in rows}
    found = await measured(session, account_id=plan.account_id, objectives=aims.values(), as_of=as_of, zone=here.zone)
    objectives = [shown_with_progress(row, aims[row.id], found) for row in rows]
    return WholePlan(**shown_plan(plan).model_dump(), as_of=as_of, objectives=objectives)


async def shown_objective(
    session: AsyncSession, plan: GrowthPlan, row: GrowthObjective, who: Whereabouts
) -> ObjectiveOut:
    aim = repository.objective_of(row)
    found = await measured(session, account_id=plan.account_id, objectives=[aim], as_of=who.today, zone=who.zone)
    return shown_with_progress(row, aim, found)


def shown_plan(plan: GrowthPlan) -> PlanOut:
    fields: dict[str, Any] = {name: getattr(plan, name, None) for name in PlanOut.model_fields}
    kinds = frozenset(str(activity["kind"]) for activity in plan.activities)
    return PlanOut.model_validate(fields | {"activity_kinds_missing": kinds_missing(kinds)})


def shown_with_progress(
    row: GrowthObjective, aim: Objective, found: Mapping[Objective, Evidence | NoEvidence]
) -> ObjectiveOut:
    given = found.get(aim)
    measure = BoundMeasure(fact=row.fact, basis=row.basis, currency=row.currency) if row.fact else None
    return ObjectiveOut(
        id=row.id,
        title=row.title,
        measure=measure,
        target=row.target,
        owner=row.owner,
        starts_on=row.starts_on,
        due_on=row.due_on,
        complete=aim.is_complete,
        progress=None if given is None or row.target is None else shown_progress(given, row.target),
    )


def shown_progress(given: Evidence | NoEvidence, target: str) -> ProgressOut:
    if isinstance(given, NoEvidence):
        return ProgressOut(value=None, share=None, reached=False, short_by=None, no_evidence=given.because)
    reached = progress(given.value, target)
    return ProgressOut(
        value=str(reached.value),
        share=share_reached(reached.share),
        reached=reached.reached,
        short_by=None if reached.short_by is None else str(reached.short_by),
        no_evidence=None,
    )
