"""What approvals says of a visit: of its plan, or of an expense above the commitment (A8)."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.visits.asking import answer_visit
from services.accounts.visits.domain import VisitMove
from shared.events.approvals import (
    ApprovalGranted,
    ApprovalRejected,
    ApprovalReturned,
    ApprovalWithdrawn,
    RequestEvent,
)

# Which of the two was asked is what state the visit is in.
REFUSED = (VisitMove.send_back, VisitMove.refuse_extra)
ANSWERS: Mapping[type[RequestEvent], tuple[VisitMove, ...]] = {
    ApprovalGranted: (VisitMove.approve, VisitMove.grant_extra),
    ApprovalRejected: REFUSED,
    ApprovalReturned: REFUSED,
    ApprovalWithdrawn: REFUSED,
}


async def note_answer(session: AsyncSession, event: RequestEvent) -> None:
    moves = ANSWERS.get(type(event))
    if moves is not None:
        await answer_visit(
            session,
            visit_id=event.subject_id,
            revision=event.revision,
            moves=moves,
            request_id=event.request_id,
            answered_at=event.occurred_at,
        )
