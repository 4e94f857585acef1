"""Making relationship plans, doing their steps, and reminding each step's owner (A10)."""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.complaints.repository import is_active
from services.accounts.dossiers.service import Whereabouts
from services.accounts.flags.repository import take_round
from services.accounts.happened import check_happened
from services.accounts.relationships import repository
from services.accounts.relationships.domain import NobodyOfThatId, Span, StepDoneAlready, reminder_due
from services.accounts.relationships.models import RelationshipPlan, RelationshipStep
from services.accounts.relationships.schemas import NewRelationshipPlan, NewStep, StepDone
from services.accounts.surveys.repository import is_person_of
from shared.calendar import Duration, local_day
from shared.errors import FieldError, ValidationProblem, Words
from shared.ids import new_id
from shared.policy.compiled import PolicySet
from shared.policy.rulebook import Rulebook

REMINDING, LEADS = "relationship reminders", "relationship-reminders"


async def make_plan(session: AsyncSession, *, request: NewRelationshipPlan, who: Whereabouts) -> RelationshipPlan:
    """A10: a plan with its steps; raises ValidationProblem for a stranger, NobodyOfThatId, NotInThePlan."""
    if not await is_person_of(session, person_id=request.person_id, account_id=request.account_id, on=who.today):
        wrong: Words = {"en": "no person of this account", "zh": "该客户无此联系人"}
        raise ValidationProblem(errors=[FieldError("/person_id", "unknown_person", wrong)])
    plan = RelationshipPlan(
        id=str(new_id()),
        version=1,
        owner=await _active(session, request.owner or who.user_id, pointer="/owner"),
        made_by=who.user_id,
        made_at=who.now,
        **request.model_dump(exclude={"steps", "owner"}),
    )
    session.add(plan)
    await session.flush()
    for place, step in enumerate(request.steps):
        await add_step(session, plan=plan, request=step, at=f"/steps/{place}")
    return plan


async def add_step(
    session: AsyncSession, *, plan: RelationshipPlan, request: NewStep, at: str = ""
) -> RelationshipStep:
    """One more step; raises NobodyOfThatId and NotInThePlan, their pointers under `at`."""
    row = RelationshipStep(id=str(new_id()), plan_id=plan.id, **await _columns(session, plan, request, at=at))
    session.add(row)
    await session.flush()
    return row


async def change_step(
    session: AsyncSession, *, plan: RelationshipPlan, step: RelationshipStep, request: NewStep
) -> None:
    """The step as it now is; the plan is locked and its version was the caller's. Raises StepDoneAlready besides."""
    if step.done_on is not None:
        raise StepDoneAlready
    for name, value in (await _columns(session, plan, request, at="")).items():
        setattr(step, name, value)
    plan.version += 1
    await session.flush()


async def do_step(session: AsyncSession, *, step: RelationshipStep, request: StepDone, who: Whereabouts) -> None:
    """The step is done, once; raises StepDoneAlready, NotYetHappened."""
    if step.done_on is not None:
        raise StepDoneAlready
    done_on = request.done_on or who.today
    check_happened(done_on, today=who.today, pointer="/done_on")
    step.done_on, step.done_by, step.outcome = done_on, who.user_id, request.outcome
    await session.flush()


async def remind_owners(session: AsyncSession, *, policies: PolicySet, now: datetime, zone: str) -> int:
    """Once a local day: each open step's owner hears of it once for each lead; returns how many were told."""
    today = local_day(now, zone)
    if not await take_round(session, job=REMINDING, period=today.isoformat(), now=now):
        return 0
    rules = Rulebook(policies.in_force(today))
    leads = [Duration.parse(str(row["before"])) for row in rules.table(LEADS)]
    furthest = max((lead.after(today) for lead in leads), default=today)
    told = 0
    for step in await repository.open_steps(session, due_by=furthest):
        lead = reminder_due(step.due_on, leads, today=today)
        if lead is not None:
            said = {"step_id": step.id, "due_on": step.due_on, "lead": lead, "owner": step.owner, "reminded_at": now}
            told += await repository.say_once(session, values=said)
    return told


async def _columns(
    session: AsyncSession, plan: RelationshipPlan, request: NewStep, *, at: str
) -> dict[str, str | date]:
    Span(plan.valid_from, plan.valid_until).check(request.due_on, pointer=f"{at}/due_on")
    owner = await _active(session, request.owner or plan.owner, pointer=f"{at}/owner")
    return {"what": request.what, "owner": owner, "due_on": request.due_on}


async def _active(session: AsyncSession, user_id: str, *, pointer: str) -> str:
    if not await is_active(session, user_id=user_id):
        raise NobodyOfThatId(pointer)
    return user_id
