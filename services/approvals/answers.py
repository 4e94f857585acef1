"""What somebody does to a request, carried through to the contract it may be about, in one transaction."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances
from services.approvals.contracts import service as contracts
from services.approvals.contracts.seeking import SUBJECT
from services.approvals.requests import service as requests
from services.approvals.requests.domain import Decision
from services.approvals.requests.models import RequestRow
from shared.auth.principal import Reach
from shared.errors import Words


async def decide_request(
    session: AsyncSession,
    request_id: str,
    decision: Decision,
    *,
    expected_version: int,
    reach: Reach,
    at: Circumstances,
) -> RequestRow:
    """Take a step of a request; where that ends it, the contract follows. Raises what `decide_step` raises."""
    row = await requests.decide_step(
        session, request_id, decision, expected_version=expected_version, reach=reach, at=at
    )
    return await _carried_through(session, row, by=decision.by, at=at)


async def withdraw_request(
    session: AsyncSession, request_id: str, *, by: str, reason: Words, reach: Reach, at: Circumstances
) -> RequestRow:
    """Take back one's own request; a contract becomes a draft again."""
    row = await requests.withdraw_request(session, request_id, by=by, reason=reason, reach=reach, at=at)
    return await _carried_through(session, row, by=by, at=at)


async def _carried_through(session: AsyncSession, row: RequestRow, *, by: str, at: Circumstances) -> RequestRow:
    if row.subject_type == SUBJECT:
        await contracts.take_answer(session, row, by=by, at=at)
    return row
