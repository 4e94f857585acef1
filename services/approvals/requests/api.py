"""Requests over HTTP: what waits, for whom, and the decisions that move it."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy import select

from services.approvals import answers
from services.approvals.edge import At
from services.approvals.requests import repository
from services.approvals.requests.domain import Choice, Decision
from services.approvals.requests.models import RequestRow
from services.approvals.requests.proofs import evidence_of
from services.approvals.requests.schemas import (
    DecisionGiven,
    RequestShown,
    RequestSummary,
    RouteExplained,
    Withdrawal,
)
from services.approvals.requests.states import State
from services.approvals.requests.views import show_request, summary
from shared.auth.principal import Principal
from shared.errors import Words
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
async def list_inbox(session: Session, caller: Decider, page: PageQuery) -> Page[RequestSummary]:
    """What waits for the caller: steps of his roles that C11 does not keep from him, oldest first."""
    query = repository.waiting_for(caller)
    return await read_page(session, query, asked=page, by=oldest_first(RequestRow.id), show=summary)


@router.get("/requests/{request_id}")
async def get_request(session: Session, caller: Reader, response: Response, at: At, request_id: UUID) -> RequestShown:
    """One request: its steps with reasons, who may act now, what was decided on which evidence."""
    row = await repository.request_to_read(session, str(request_id), reach=caller.reach("requests.read"))
    show_version(response, row.version)
    return await show_request(session, row, at=at)


@router.get("/requests/{request_id}/explanation")
async def explain_request(
    request: Request, session: Session, caller: Reader, at: At, request_id: UUID
) -> RouteExplained:
    """Why the request takes this route: each step that is on it or not, and what was compared, in words."""
    row = await repository.request_to_read(session, str(request_id), reach=caller.reach("requests.read"))
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
    decision = Decision(
        by=caller.user_id,
        choice=Choice(given.decision),
        at=at.now,
        step=given.step,
        comment=given.comment,
        evidence=evidence_of(given.evidence, files) if given.evidence else None,
        terms=given.terms,
    )
    reach = caller.reach("requests.decide")
    row = await answers.decide_request(session, str(request_id), decision, expected_version=version, reach=reach, at=at)
    show_version(response, row.version)
    return await show_request(session, row, at=at)


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
