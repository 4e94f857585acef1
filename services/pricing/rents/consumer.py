"""The responsible head's answer about a head count."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.rents.announcements import CHANGE
from services.pricing.rents.service import answer_change
from shared.events.approvals import ApprovalGranted, ApprovalRejected, ApprovalWithdrawn
from shared.received import Received


async def learn_of_answer(
    session: AsyncSession, event: ApprovalGranted | ApprovalRejected | ApprovalWithdrawn, received: Received
) -> None:
    """Anything but a grant leaves the group as it is."""
    if event.subject_type == CHANGE:
        granted = isinstance(event, ApprovalGranted)
        await answer_change(session, UUID(event.subject_id), granted=granted, at=received.received_at)
