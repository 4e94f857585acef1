"""What may be done to a request besides deciding: return, hand over, add an approver, copy (C10)."""

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances
from services.approvals.delegations.service import may_decide
from services.approvals.requests import repository
from services.approvals.requests.domain import named_turn
from services.approvals.requests.models import CopyRow, RequestRow
from services.approvals.requests.reassigning import HandedTo, add_approver, transfer
from services.approvals.requests.returning import Returned, send_back
from services.approvals.requests.service import Doing, note, open_turn, save_decision, set_due
from services.approvals.routing.domain import Place
from services.approvals.routing.repository import works_here
from shared.auth.principal import Reach
from shared.errors import FieldError, ValidationProblem, Words

NOT_A_DECIDER: Words = {"en": "nobody who may decide here today", "zh": "今日无此可审批人员"}
NOT_HERE: Words = {"en": "nobody who works here", "zh": "无此在职人员"}


async def return_request(session: AsyncSession, request_id: str, returned: Returned, *, doing: Doing) -> RequestRow:
    """Ask an earlier step or the requester again; raises what `requests.returning.send_back` raises."""
    row, before, acting = await open_turn(session, request_id, returned.decision, doing=doing)
    after = send_back(before, returned, eligible=acting.eligible, standing=acting.standing)
    await save_decision(session, row, before, after, at=doing.at)
    detail = {"step": after.decisions[-1].step, "to": returned.to or "requester", "then": str(returned.then)}
    await note(session, row, doing.by, "approval.returned", detail, at=doing.at)
    return row


async def transfer_step(session: AsyncSession, request_id: str, given: HandedTo, *, doing: Doing) -> RequestRow:
    """Hand an open turn to somebody else; both names stay on it. Raises what `requests.reassigning.transfer` raises."""
    row, before, acting = await open_turn(session, request_id, given.decision, doing=doing)
    await _refuse_stranger(session, given.to, at=doing.at)
    after = transfer(before, given, eligible=acting.eligible, standing=acting.standing)
    await repository.save_walk(session, row, after)
    detail = {"step": named_turn(before, given.decision).id, "to": given.to}
    await note(session, row, doing.by, "approval.transferred", detail, at=doing.at)
    return row


async def add_to_route(
    session: AsyncSession, request_id: str, given: HandedTo, *, place: Place, doing: Doing
) -> RequestRow:
    """Ask one more person to review; raises what `requests.reassigning.add_approver` raises."""
    row, before, acting = await open_turn(session, request_id, given.decision, doing=doing)
    await _refuse_stranger(session, given.to, at=doing.at)
    after = add_approver(before, given, place=place, eligible=acting.eligible, standing=acting.standing)
    await repository.save_walk(session, row, after)
    set_due(row, after, at=doing.at)
    added = after.added[-1]
    detail = {"step": added.of, "place": str(place), "added": added.step.id, "who": given.to}
    await note(session, row, doing.by, "approval.approver_added", detail, at=doing.at)
    return row


async def _refuse_stranger(session: AsyncSession, user_id: str, *, at: Circumstances) -> None:
    if not await may_decide(session, user_id, on=at.today):
        raise ValidationProblem(errors=[FieldError("/to_user", "not_a_decider", NOT_A_DECIDER)])


async def copy_request(
    session: AsyncSession,
    request_id: str,
    people: Sequence[str],
    *,
    by: str,
    words: str,
    reach: Reach,
    at: Circumstances,
) -> RequestRow:
    """Tell people of a request: they read it from now on, and decide nothing by it. Told twice is told once."""
    row = await repository.request_for_update(session, request_id, reach=reach)
    strangers = [
        FieldError(f"/to_users/{place}", "not_here", NOT_HERE)
        for place, user_id in enumerate(people)
        if not await works_here(session, user_id, on=at.today)
    ]
    if strangers:
        raise ValidationProblem(errors=strangers)
    copies = [
        {"request_id": row.id, "user_id": user_id, "told_by": by, "told_at": at.now, "note": words}
        for user_id in dict.fromkeys(people)
    ]
    await session.execute(insert(CopyRow).on_conflict_do_nothing(), copies)
    await note(session, row, by, "approval.copied", {"to": list(people)}, at=at)
    return row
