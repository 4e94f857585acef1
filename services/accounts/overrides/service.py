"""A class set by hand: asked for with a reason and an end, granted by its route, over by itself (A5)."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.models import Account
from services.accounts.dossiers.service import Whereabouts
from services.accounts.overrides import repository
from services.accounts.overrides.domain import (
    GrantDoesNotFit,
    OverlappingOverride,
    OverrideState,
    agreed_end,
    check_override,
    override_answered,
)
from services.accounts.overrides.models import ClassOverride
from services.accounts.overrides.schemas import NewOverride
from services.accounts.ratings.appraising import RATING_ROW
from services.accounts.ratings.classes import NewClass, record_class
from services.accounts.ratings.domain import AlreadyAnswered, Answer, Heard
from shared.asking import sought
from shared.ids import new_id
from shared.outbox import record
from shared.policy.compiled import CompiledPolicies
from shared.policy.route import RoutePlan
from shared.policy.rulebook import NotGoverned, Rulebook


async def ask_override(
    session: AsyncSession, *, account: Account, request: NewOverride, rules: Rulebook, who: Whereabouts
) -> ClassOverride:
    """Ask for it by its route; raises WrongOverride for dates or grade, OverlappingOverride, NotGoverned."""
    first = request.valid_from or who.today
    grades = grades_of(rules)
    check_override(grade=request.grade, grades=grades, first=first, until=request.valid_until, today=who.today)
    await repository.lock_account(session, account_id=account.id)
    if await repository.overlapping_override(session, account_id=account.id, first=first, until=request.valid_until):
        raise OverlappingOverride
    row = ClassOverride(
        id=str(new_id()),
        account_id=account.id,
        grade=request.grade,
        reason=request.reason,
        valid_from=first,
        valid_until=request.valid_until,
        state=OverrideState.proposed,
        requested_by=who.user_id,
        requested_at=who.now,
        answered_at=None,
    )
    session.add(row)
    await session.flush()
    record(session, _ask(row, grades=grades, route=route_of(rules), branch=account.branch))
    return row


def grades_of(rules: Rulebook) -> list[str]:
    """The classes there are; raises NotGoverned."""
    card = rules.scorecard(row=RATING_ROW, subject="account").document
    return [row.grade or "" for row in card.grades.rows]


def route_of(rules: Rulebook) -> str:
    """The route over a rating whose last approver names the grade; raises NotGoverned."""
    routes = [plan.document for plan in rules.plans if isinstance(plan, RoutePlan)]
    found = [route.id for route in routes if route.subject == "rating" and "grade" in route.terms]
    if len(found) != 1:
        raise NotGoverned({"en": "No one route sets a class by hand.", "zh": "没有唯一的手工定级审批路线。"})
    return found[0]


def _ask(row: ClassOverride, *, grades: Sequence[str], route: str, branch: str) -> Any:
    """Approvers read the last day; what is kept and agreed is the first day it no longer holds (§6.15)."""
    last = (row.valid_until - timedelta(days=1)).isoformat()
    return sought(
        occurred_at=row.requested_at,
        subject=("rating", row.id),
        content={
            "account": row.account_id,
            "grade": row.grade,
            "reason": row.reason,
            "from": row.valid_from.isoformat(),
            "until": row.valid_until.isoformat(),
            "grades": tuple(sorted(grades)),
        },
        route=route,
        requester=row.requested_by,
        account_id=row.account_id,
        branch=branch,
        title=(f"Class {row.grade} by hand, last day {last}", f"手工定为{row.grade}类，截止到{last}"),
    )


async def answer_override(
    session: AsyncSession,
    *,
    override_id: str,
    answer: Answer,
    terms: Mapping[str, Any],
    when: Heard,
    policies: CompiledPolicies,
) -> None:
    """What the last approver decided holds: his grade, reason and end where he names them (terms of the route).

    It begins with the day of the approval at the earliest; one whose days are over by then has lapsed.
    Raises GrantDoesNotFit for terms the route's limits should have refused: the event is parked, nothing changes.
    """
    row = await repository.locked_override(session, override_id=override_id)
    if row is None:
        return
    try:
        row.state = override_answered(OverrideState(row.state), answer)
    except AlreadyAnswered:
        return
    row.answered_at = when.recorded_at
    if answer is not Answer.grant:
        return
    row.grade, row.reason = str(terms.get("grade", row.grade)), str(terms.get("reason", row.reason))
    row.valid_until = agreed_end(terms.get("until"), asked=row.valid_until)
    row.valid_from = max(row.valid_from, when.on)
    if row.grade not in grades_of(Rulebook((await policies.current(session)).in_force(when.on))):
        raise GrantDoesNotFit({"en": f"There is no class {row.grade}.", "zh": f"没有{row.grade}类。"})
    if row.valid_until <= row.valid_from:
        row.state = OverrideState.lapsed
        return
    granted = NewClass(row.account_id, row.grade, row.valid_from, row.valid_until, override_id=row.id)
    await record_class(session, granted=granted, now=when.recorded_at)
