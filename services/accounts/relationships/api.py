"""Relationship plans over HTTP (A10)."""

from datetime import date
from typing import Annotated, Any

from fastapi import Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers import repository as dossiers
from services.accounts.dossiers.models import Account
from services.accounts.edge import Here
from services.accounts.relationships import repository, service
from services.accounts.relationships.domain import StepState, state_of
from services.accounts.relationships.models import RelationshipPlan, RelationshipReminder, RelationshipStep
from services.accounts.relationships.schemas import (
    NewRelationshipPlan,
    NewStep,
    RelationshipPlanOut,
    StepDone,
    StepOut,
    StepReminderOut,
    WholeRelationshipPlan,
)
from shared.auth.principal import Principal
from shared.http.conditional import IfMatch, require_version, show_version
from shared.http.dependencies import Session, allowed
from shared.http.moments import Day
from shared.http.pages import Page, PageQuery, newest_first, oldest_first, read_page
from shared.http.routes import Router

router = Router(tags=["work"])
PlanId = Annotated[str, Path(description="the relationship plan's id")]
StepId = Annotated[str, Path(description="the step's id")]
OfAccount = Annotated[str | None, Query(description="of this account")]
OfOwner = Annotated[str | None, Query(description="whose owner is this user")]
OfBranch = Annotated[str | None, Query(description="of accounts of this branch", examples=["kinshasa"])]
Reader = Annotated[Principal, allowed("relationship_plans.read")]
Writer = Annotated[Principal, allowed("relationship_plans.write")]


@router.post("/relationship-plans", status_code=201)
async def make_relationship_plan(
    body: NewRelationshipPlan, session: Session, here: Here, caller: Writer
) -> WholeRelationshipPlan:
    """A dated plan for one contact of an account: its goals, and steps with owners and due days (A10)."""
    who = here.by(caller, "relationship_plans.write")
    await dossiers.account_going_on(session, account_id=body.account_id, reach=who.reach)
    return await shown_whole(session, await service.make_plan(session, request=body, who=who), who.today)


@router.get("/relationship-plans")
async def list_relationship_plans(
    session: Session,
    asked: PageQuery,
    caller: Reader,
    account_id: OfAccount = None,
    owner: OfOwner = None,
    branch: OfBranch = None,
    on: Annotated[Day | None, Query(description="in force on this local day")] = None,
) -> Page[RelationshipPlanOut]:
    """Relationship plans of the accounts the caller may see, newest first (A10)."""
    query = repository.plans_within(caller.reach("relationship_plans.read"))
    wanted = (RelationshipPlan.account_id, account_id), (RelationshipPlan.owner, owner), (Account.branch, branch)
    query = query.where(*(column == value for column, value in wanted if value is not None))
    if on is not None:
        query = query.where(RelationshipPlan.valid_from <= on, RelationshipPlan.valid_until > on)
    return await read_page(session, query, asked=asked, by=newest_first(RelationshipPlan.id), show=shown)


@router.get("/relationship-plans/{plan_id}")
async def read_relationship_plan(
    plan_id: PlanId, session: Session, here: Here, response: Response, caller: Reader
) -> WholeRelationshipPlan:
    """A plan with its steps, by the day they are due (A10)."""
    who = here.by(caller, "relationship_plans.read")
    plan = await repository.plan(session, plan_id=plan_id, reach=who.reach)
    show_version(response, plan.version)
    return await shown_whole(session, plan, who.today)


@router.post("/relationship-plans/{plan_id}/steps", status_code=201)
async def add_relationship_step(
    plan_id: PlanId, body: NewStep, session: Session, here: Here, caller: Writer
) -> StepOut:
    """One more step of a plan (A10)."""
    who = here.by(caller, "relationship_plans.write")
    plan = await repository.plan(session, plan_id=plan_id, reach=who.reach, locked=True)
    step = await service.add_step(session, plan=plan, request=body)
    plan.version += 1
    return shown_step(step, who.today)


@router.put("/relationship-plans/{plan_id}/steps/{step_id}")
async def change_relationship_step(
    plan_id: PlanId,
    step_id: StepId,
    body: NewStep,
    session: Session,
    here: Here,
    response: Response,
    caller: Writer,
    version: IfMatch,
) -> StepOut:
    """A step that is not done yet as it now is: its words, owner and day (A10)."""
    who = here.by(caller, "relationship_plans.write")
    plan = await repository.plan(session, plan_id=plan_id, reach=who.reach, locked=True)
    require_version(plan.version, expected=version)
    step = await repository.step(session, plan_id=plan.id, step_id=step_id)
    await service.change_step(session, plan=plan, step=step, request=body)
    show_version(response, plan.version)
    return shown_step(step, who.today)


@router.post("/relationship-plans/{plan_id}/steps/{step_id}/done")
async def do_relationship_step(
    plan_id: PlanId, step_id: StepId, body: StepDone, session: Session, here: Here, caller: Writer
) -> StepOut:
    """Say that a step is done, once, with what came of it (A10)."""
    who = here.by(caller, "relationship_plans.write")
    plan = await repository.plan(session, plan_id=plan_id, reach=who.reach, locked=True)
    step = await repository.step(session, plan_id=plan.id, step_id=step_id)
    await service.do_step(session, step=step, request=body, who=who)
    plan.version += 1
    return shown_step(step, who.today)


@router.get("/relationship-steps")
async def list_relationship_steps(
    session: Session,
    asked: PageQuery,
    here: Here,
    caller: Reader,
    account_id: OfAccount = None,
    owner: OfOwner = None,
    branch: OfBranch = None,
    state: Annotated[StepState | None, Query(description="open, overdue or done, as of today")] = None,
) -> Page[StepOut]:
    """Steps of all plans by the day they are due: what somebody, or a branch, still has to do (A10)."""
    who = here.by(caller, "relationship_plans.read")
    query = repository.steps_within(who.reach)
    wanted = (RelationshipPlan.account_id, account_id), (RelationshipStep.owner, owner), (Account.branch, branch)
    query = query.where(*(column == value for column, value in wanted if value is not None))
    if state is not None:
        query = query.where(repository.stands(state, today=who.today))
    by = oldest_first(RelationshipStep.due_on, RelationshipStep.id)
    return await read_page(session, query, asked=asked, by=by, show=lambda row: shown_step(row, who.today))


@router.get("/relationship-reminders")
async def list_relationship_reminders(
    session: Session,
    asked: PageQuery,
    caller: Reader,
    account_id: OfAccount = None,
    owner: OfOwner = None,
    branch: OfBranch = None,
) -> Page[StepReminderOut]:
    """What owners of steps were reminded of, newest first (A10)."""
    query = repository.reminders_within(caller.reach("relationship_plans.read"))
    wanted = (RelationshipPlan.account_id, account_id), (RelationshipReminder.owner, owner), (Account.branch, branch)
    query = query.where(*(column == value for column, value in wanted if value is not None))
    by = newest_first(RelationshipReminder.reminded_at, RelationshipReminder.step_id)
    return await read_page(session, query, asked=asked, by=by, show=shown_reminder)


async def shown_whole(session: AsyncSession, plan: RelationshipPlan, today: date) -> WholeRelationshipPlan:
    steps = await repository.steps_of(session, plan_id=plan.id)
    return WholeRelationshipPlan(**shown(plan).model_dump(), steps=[shown_step(step, today) for step in steps])


def shown(plan: RelationshipPlan) -> RelationshipPlanOut:
    return RelationshipPlanOut(**{name: getattr(plan, name) for name in RelationshipPlanOut.model_fields})


def shown_step(step: RelationshipStep, today: date) -> StepOut:
    fields = {name: getattr(step, name) for name in StepOut.model_fields if name != "state"}
    return StepOut(state=state_of(step.due_on, step.done_on, today=today), **fields)


def shown_reminder(row: Any) -> StepReminderOut:
    return StepReminderOut(**{name: getattr(row, name) for name in StepReminderOut.model_fields})
