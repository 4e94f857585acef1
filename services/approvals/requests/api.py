"""Requests over HTTP: what waits, for whom, and the decisions that move it."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy import select

from services.approvals import answers
from services.approvals.circumstances import Circumstances
from services.approvals.edge import At
from services.approvals.requests import repository, ways
from services.approvals.requests.domain import Choice, Decision
from services.approvals.requests.models import RequestRow
from services.approvals.requests.reassigning import HandedTo
from services.approvals.requests.returning import Returned, Then
from services.approvals.requests.schemas import (
    ApproverAdded,
    BatchGiven,
    BatchResult,
    CopyGiven,
    DecisionGiven,
    ItemDecided,
    ItemResult,
    RequestShown,
    RequestSummary,
    Resubmission,
    ReturnGiven,
    RouteExplained,
    TransferGiven,
    Withdrawal,
)
from services.approvals.requests.schemas import Words as WordsShown
from services.approvals.requests.seating import decision_of, inbox_of, readable
from services.approvals.requests.service import Doing
from services.approvals.requests.states import State
from services.approvals.requests.views import show_request, summary
from services.approvals.routing.domain import Place
from shared.auth.principal import Principal, Reach
from shared.errors import Problem, Words
from shared.files import FileStore
from shared.files_api import Files
from shared.http.conditional import IfMatch, show_version
from shared.http.dependencies import Session, allowed
from shared.http.pages import Page, PageQuery, newest_first, oldest_first, read_page
from shared.http.problems import language_of
from shared.http.routes import Router
from shared.policy.explain import explain, names_of
from shared.trace import Decision as Decided

router = Router(tags=["requests"])

Reader = Annotated[Principal, allowed("requests.read")]
Decider = Annotated[Principal, allowed("requests.decide")]
Requester = Annotated[Principal, allowed("requests.submit")]
Mover = Annotated[Principal, allowed("requests.transfer")]


@router.get("/requests")
async def list_requests(
    session: Session,
    caller: Reader,
    page: PageQuery,
    state: Annotated[State | None, Query(description="only those in this state")] = None,
    subject_type: Annotated[str | None, Query(max_length=100, examples=["contract"])] = None,
    subject_id: Annotated[str | None, Query(max_length=200)] = None,
    account_id: Annotated[str | None, Query(max_length=100)] = None,
) -> Page[RequestSummary]:
    """The requests within reach, newest first."""
    query = select(RequestRow).where(repository.reached(caller.reach("requests.read")))
    given = {"state": state, "subject_type": subject_type, "subject_id": subject_id, "account_id": account_id}
    query = query.filter_by(**{name: value for name, value in given.items() if value is not None})
    return await read_page(session, query, asked=page, by=newest_first(RequestRow.id), show=summary)


@router.get("/inbox")
async def list_inbox(session: Session, caller: Decider, at: At, page: PageQuery) -> Page[RequestSummary]:
    """What waits for the caller, himself or for who delegated to him, and C11 does not keep from him, oldest first."""
    query = await inbox_of(session, caller, at=at)
    return await read_page(session, query, asked=page, by=oldest_first(RequestRow.id), show=summary)


@router.get("/requests/{request_id}")
async def get_request(session: Session, caller: Reader, response: Response, at: At, request_id: UUID) -> RequestShown:
    """One request: its steps with reasons, who may act now, what was decided on which evidence."""
    row = await readable(session, str(request_id), caller, at=at)
    return await _shown(session, row, response, at=at)


@router.get("/requests/{request_id}/explanation")
async def explain_request(
    request: Request, session: Session, caller: Reader, at: At, request_id: UUID
) -> RouteExplained:
    """Why the request takes this route: each step that is on it or not, and what was compared, in words."""
    row = await readable(session, str(request_id), caller, at=at)
    language = language_of(request.headers)
    decision = Decided.read_plain(row.reasons["trace"])
    lines = explain(decision, language, names_of(at.plans))
    return RouteExplained(language=language, lines=list(lines), trace=row.reasons["trace"])


@router.post("/requests/{request_id}/decisions")
async def decide_request(
    session: Session,
    caller: Decider,
    response: Response,
    at: At,
    version: IfMatch,
    request_id: UUID,
    files: Files,
    given: DecisionGiven,
) -> RequestShown:
    """Approve, reject or do a step; the same key sent again answers the same."""
    decision = decision_of(given, by=caller.user_id, files=files, at=at)
    reach = caller.reach("requests.decide")
    row = await answers.decide_request(session, str(request_id), decision, expected_version=version, reach=reach, at=at)
    return await _shown(session, row, response, at=at)


@router.post("/inbox/decisions")
async def decide_inbox(session: Session, caller: Decider, at: At, files: Files, given: BatchGiven) -> BatchResult:
    """Decide many requests at once: each item as if it came alone, with its own result."""
    reach = caller.reach("requests.decide")
    return BatchResult(
        items=[await _decide_item(session, one, caller.user_id, reach, files, at) for one in given.items]
    )


async def _decide_item(
    session: Session, item: ItemDecided, by: str, reach: Reach, files: FileStore, at: Circumstances
) -> ItemResult:
    request_id = str(item.request_id)
    try:
        async with session.begin_nested():
            decision = decision_of(item, by=by, files=files, at=at)
            row = await answers.decide_request(
                session, request_id, decision, expected_version=item.version, reach=reach, at=at
            )
    except Problem as refused:
        said = refused.detail or (refused.errors[0].detail if refused.errors else refused.title)
        return ItemResult(
            request_id=item.request_id, result="refused", state=None, code=refused.code, detail=WordsShown(**said)
        )
    return ItemResult(request_id=item.request_id, result="decided", state=row.state)


@router.post("/requests/{request_id}/return")
async def return_request(
    session: Session,
    caller: Decider,
    response: Response,
    at: At,
    version: IfMatch,
    request_id: UUID,
    given: ReturnGiven,
) -> RequestShown:
    """Ask an earlier step or the requester again; `then` says who looks at it after the repair (S-G8)."""
    decision = Decision(caller.user_id, Choice.RETURN, at.now, given.step, given.comment)
    returned = Returned(decision, given.to_step, Then(given.then))
    doing = Doing(caller.user_id, version, caller.reach("requests.decide"), at)
    row = await answers.return_request(session, str(request_id), returned, doing=doing)
    return await _shown(session, row, response, at=at)


@router.post("/requests/{request_id}/transfer")
async def transfer_step(
    session: Session,
    caller: Mover,
    response: Response,
    at: At,
    version: IfMatch,
    request_id: UUID,
    given: TransferGiven,
) -> RequestShown:
    """Hand one's open turn to a colleague; he decides, and both names stay on it."""
    handed = HandedTo(caller.user_id, given.to_user, at.now, given.step)
    doing = Doing(caller.user_id, version, caller.reach("requests.transfer"), at)
    row = await ways.transfer_step(session, str(request_id), handed, doing=doing)
    return await _shown(session, row, response, at=at)


@router.post("/requests/{request_id}/add-approver")
async def add_approver(
    session: Session,
    caller: Mover,
    response: Response,
    at: At,
    version: IfMatch,
    request_id: UUID,
    given: ApproverAdded,
) -> RequestShown:
    """Ask one more person to review, before, after or beside one's open turn."""
    handed = HandedTo(caller.user_id, given.to_user, at.now, given.step)
    doing = Doing(caller.user_id, version, caller.reach("requests.transfer"), at)
    row = await ways.add_to_route(session, str(request_id), handed, place=Place(given.place), doing=doing)
    return await _shown(session, row, response, at=at)


@router.post("/requests/{request_id}/copy")
async def copy_request(
    session: Session, caller: Requester, response: Response, at: At, request_id: UUID, given: CopyGiven
) -> RequestShown:
    """Tell colleagues of a request: they read it from now on and decide nothing by it."""
    reach = caller.reach("requests.submit")
    row = await ways.copy_request(
        session, str(request_id), given.to_users, by=caller.user_id, words=given.note, reach=reach, at=at
    )
    return await _shown(session, row, response, at=at)


@router.post("/requests/{request_id}/resubmit")
async def resubmit_request(
    session: Session, caller: Requester, response: Response, at: At, request_id: UUID, given: Resubmission
) -> RequestShown:
    """Send one's own contract again as its next revision; what was approved stands only for the same content."""
    row = await answers.resubmit_request(session, str(request_id), caller=caller, at=at)
    return await _shown(session, row, response, at=at)


@router.post("/requests/{request_id}/withdraw")
async def withdraw_request(
    session: Session, caller: Requester, response: Response, at: At, request_id: UUID, given: Withdrawal
) -> RequestShown:
    """Take back one's own request while it is pending; its contract becomes a draft again."""
    reason: Words = {"en": given.reason, "zh": given.reason}
    reach = caller.reach("requests.submit")
    row = await answers.withdraw_request(session, str(request_id), by=caller.user_id, reason=reason, reach=reach, at=at)
    show_version(response, row.version)
    return await show_request(session, row, at=at)


async def _shown(session: Session, row: RequestRow, response: Response, *, at: Circumstances) -> RequestShown:
    show_version(response, row.version)
    return await show_request(session, row, at=at)
