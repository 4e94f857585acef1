"""What approvals says of a development case: the manager's step, then the grant or the way back (A7)."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.cases.domain import CaseMove
from services.accounts.cases.service import MANAGER_STEP, answer_case
from shared.events.approvals import (
    ApprovalGranted,
    ApprovalRejected,
    ApprovalReturned,
    ApprovalWithdrawn,
    RequestEvent,
    StepDecided,
)

ANSWERS: Mapping[type[RequestEvent], tuple[CaseMove, ...]] = {
    # The grant passes the manager's step too: his own event may not have been read yet.
    ApprovalGranted: (CaseMove.manager_agrees, CaseMove.director_agrees),
    ApprovalRejected: (CaseMove.send_back,),
    ApprovalReturned: (CaseMove.send_back,),
    ApprovalWithdrawn: (CaseMove.send_back,),
}


async def note_answer(session: AsyncSession, event: RequestEvent) -> None:
    moves = ANSWERS.get(type(event), ())
    if isinstance(event, StepDecided) and event.step == MANAGER_STEP and event.decision == "approve":
        moves = (CaseMove.manager_agrees,)
    if moves:
        await answer_case(
            session,
            case_id=event.subject_id,
            revision=event.revision,
            moves=moves,
            answered_at=event.occurred_at,
        )
