"""What programmes learn from other services: the departments' answer, and which months are settled."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.programmes import service
from shared.events.approvals import ApprovalGranted, ApprovalRejected, ApprovalWithdrawn
from shared.events.rewards import PeriodClosed


async def note_answer(session: AsyncSession, event: ApprovalGranted | ApprovalRejected | ApprovalWithdrawn) -> None:
    """A4: every department agreed, or one did not."""
    await service.answer_list(
        session,
        key=event.subject_id,
        revision=event.revision,
        granted=isinstance(event, ApprovalGranted),
        answered_at=event.occurred_at,
    )


async def note_period_closed(session: AsyncSession, event: PeriodClosed) -> None:
    await service.note_closed(session, key=event.period)
