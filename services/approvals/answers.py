"""What somebody does to a request, carried through to the contract it may be about, in one transaction."""

from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.circumstances import Circumstances
from services.approvals.contracts import service as contracts
from services.approvals.contracts.seeking import SUBJECT
from services.approvals.requests import repository, ways
from services.approvals.requests import service as requests
from services.approvals.requests.domain import Decision, NotTheRequester, Subject
from services.approvals.requests.models import RequestRow
from services.approvals.requests.returning import Returned
from shared.auth.principal import Principal, Reach
from shared.errors import NotFound, Problem, Words


class ResubmittedWhereItWasMade(Problem):
    """Another service asked: it sends the next revision when its own subject is submitted again."""

    status = 409
    code = "resubmitted_where_it_was_made"
    title: ClassVar[Words] = {"en": "Submit it again where it was made", "zh": "请在原业务中重新提交"}


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


async def return_request(
    session: AsyncSession, request_id: str, returned: Returned, *, doing: requests.Doing
) -> RequestRow:
    """Ask an earlier step or the requester again; returned to him, a contract becomes a draft again."""
    row = await ways.return_request(session, request_id, returned, doing=doing)
    return await _carried_through(session, row, by=doing.by, at=doing.at)


async def resubmit_request(
    session: AsyncSession, request_id: str, *, caller: Principal, at: Circumstances
) -> RequestRow:
    """The next revision of one's own returned, rejected or withdrawn request, as its contract now stands.

    Raises NotTheRequester, ResubmittedWhereItWasMade, or what submitting the contract raises.
    """
    row = await repository.request_to_read(session, request_id, reach=caller.reach("requests.submit"))
    if caller.user_id not in (row.requester, row.initiator):
        raise NotTheRequester()
    if row.subject_type != SUBJECT:
        raise ResubmittedWhereItWasMade({"en": f"{row.subject_type} {row.subject_id}.", "zh": f"{row.subject_id}。"})
    doing = contracts.Doing(caller, caller.reach("contracts.write"), at)
    contract = await contracts.submit_contract(session, row.subject_id, doing=doing)
    subject = Subject(SUBJECT, row.subject_id, contract.revision)
    fresh = await repository.request_of_subject(session, subject)
    if fresh is None:
        raise NotFound()
    return fresh


async def _carried_through(session: AsyncSession, row: RequestRow, *, by: str, at: Circumstances) -> RequestRow:
    if row.subject_type == SUBJECT:
        await contracts.take_answer(session, row, by=by, at=at)
    return row
