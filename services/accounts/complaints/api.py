"""Complaints and feedback over HTTP (A10)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.complaints import repository, service
from services.accounts.complaints.domain import ComplaintState, FeedbackKind, on_time
from services.accounts.complaints.models import Complaint, Escalation, Feedback
from services.accounts.complaints.schemas import (
    ComplaintOut,
    EscalationOut,
    FeedbackAnswer,
    FeedbackOut,
    NewComplaint,
    NewFeedback,
    NewOwner,
    Resolution,
)
from services.accounts.dossiers import repository as dossiers
from services.accounts.edge import Here
from shared.auth.principal import Principal
from shared.http.dependencies import Session, allowed
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.routes import Router
from shared.policy.api import Policies
from shared.policy.rulebook import Rulebook

router = Router(tags=["work"])
ComplaintId = Annotated[str, Path(description="the complaint's id")]
FeedbackId = Annotated[str, Path(description="the feedback's id")]
Writer = Annotated[Principal, allowed("complaints.write")]


@router.post("/complaints", status_code=201)
async def open_complaint(
    body: NewComplaint, session: Session, here: Here, policies: Policies, response: Response, caller: Writer
) -> ComplaintOut:
    """Write down a complaint: its owner and its due times, in office hours, follow from the account (A10)."""
    who = here.by(caller, "complaints.write")
    account = await dossiers.account_going_on(session, account_id=body.account_id, reach=who.reach)
    rules = Rulebook(policies.in_force(who.today))
    row = await service.open_complaint(session, account=account, request=body, rules=rules, who=who)
    response.headers["Location"] = f"/v1/complaints/{row.id}"
    return shown(row, ())


@router.get("/complaints")
async def list_complaints(
    session: Session,
    asked: PageQuery,
    caller: Annotated[Principal, allowed("complaints.read")],
    account_id: Annotated[str | None, Query(description="of this account")] = None,
    state: Annotated[ComplaintState | None, Query(description="in this state")] = None,
    owner: Annotated[str | None, Query(description="this user answers for them")] = None,
    caused_by_us: Annotated[bool | None, Query(description="resolved as caused by us, or not")] = None,
) -> Page[ComplaintOut]:
    """The complaints of the accounts the caller may see, newest first."""
    query = repository.complaints_within(caller.reach("complaints.read"))
    wanted = ((Complaint.account_id, account_id), (Complaint.state, state), (Complaint.owner, owner))
    for column, value in (*wanted, (Complaint.caused_by_us, caused_by_us)):
        query = query if value is None else query.where(column == value)
    found = await read_page(session, query, asked=asked, by=newest_first(Complaint.id), show=lambda row: row)
    escalations = await repository.escalations_of(session, complaint_ids=[row.id for row in found.items])
    return Page(items=[shown(row, escalations.get(row.id, ())) for row in found.items], next=found.next)


@router.get("/complaints/{complaint_id}")
async def read_complaint(
    complaint_id: ComplaintId, session: Session, caller: Annotated[Principal, allowed("complaints.read")]
) -> ComplaintOut:
    """One complaint with its due times and escalations."""
    reach = caller.reach("complaints.read")
    return await whole(session, await repository.complaint(session, complaint_id=complaint_id, reach=reach))


@router.post("/complaints/{complaint_id}/acknowledge")
async def acknowledge_complaint(
    complaint_id: ComplaintId, session: Session, here: Here, caller: Writer
) -> ComplaintOut:
    """The customer was told that somebody is on it."""
    who = here.by(caller, "complaints.write")
    row = await repository.complaint(session, complaint_id=complaint_id, reach=who.reach, lock=True)
    return await whole(session, await service.acknowledge(session, complaint=row, who=who))


@router.post("/complaints/{complaint_id}/reassign")
async def reassign_complaint(
    complaint_id: ComplaintId, body: NewOwner, session: Session, here: Here, caller: Writer
) -> ComplaintOut:
    """Give a complaint to another owner; its due times stay."""
    who = here.by(caller, "complaints.write")
    row = await repository.complaint(session, complaint_id=complaint_id, reach=who.reach, lock=True)
    return await whole(session, await service.reassign(session, complaint=row, owner=body.owner, who=who))


@router.post("/complaints/{complaint_id}/resolve")
async def resolve_complaint(
    complaint_id: ComplaintId,
    body: Resolution,
    session: Session,
    here: Here,
    caller: Annotated[Principal, allowed("complaints.resolve")],
) -> ComplaintOut:
    """Say how it ended and whether the house caused it; a rep does not judge his own (A10)."""
    who = here.by(caller, "complaints.resolve")
    row = await repository.complaint(session, complaint_id=complaint_id, reach=who.reach, lock=True)
    return await whole(session, await service.resolve(session, complaint=row, request=body, who=who))


@router.post("/feedback", status_code=201)
async def log_feedback(
    body: NewFeedback,
    session: Session,
    here: Here,
    policies: Policies,
    caller: Annotated[Principal, allowed("feedback.write")],
) -> FeedbackOut:
    """Write down what a customer says or asks; the standard says by when it is answered (A10)."""
    who = here.by(caller, "feedback.write")
    account = await dossiers.account_going_on(session, account_id=body.account_id, reach=who.reach)
    rules = Rulebook(policies.in_force(who.today))
    return shown_feedback(
        await service.log_feedback(session, account=account, request=body, rules=rules, who=who), now=who.now
    )


@router.post("/feedback/{feedback_id}/answer")
async def answer_feedback(
    feedback_id: FeedbackId,
    body: FeedbackAnswer,
    session: Session,
    here: Here,
    caller: Annotated[Principal, allowed("feedback.write")],
) -> FeedbackOut:
    """What we answered; whether it was within the standard follows from the clock."""
    who = here.by(caller, "feedback.write")
    row = await repository.locked_feedback(session, feedback_id=feedback_id, reach=who.reach)
    return shown_feedback(await service.answer_feedback(session, feedback=row, request=body, who=who), now=who.now)


@router.get("/feedback")
async def list_feedback(
    session: Session,
    asked: PageQuery,
    here: Here,
    caller: Annotated[Principal, allowed("feedback.read")],
    account_id: Annotated[str | None, Query(description="of this account")] = None,
    kind: Annotated[FeedbackKind | None, Query(description="of this kind")] = None,
    answered: Annotated[bool | None, Query(description="answered, or still open")] = None,
) -> Page[FeedbackOut]:
    """The feedback of the accounts the caller may see, newest first."""
    query = repository.feedback_within(caller.reach("feedback.read"))
    for column, wanted in ((Feedback.account_id, account_id), (Feedback.kind, kind)):
        query = query if wanted is None else query.where(column == wanted)
    if answered is not None:
        query = query.where(Feedback.answered_at.is_not(None) if answered else Feedback.answered_at.is_(None))
    return await read_page(
        session,
        query,
        asked=asked,
        by=newest_first(Feedback.id),
        show=lambda row: shown_feedback(row, now=here.now),
    )


async def whole(session: AsyncSession, row: Complaint) -> ComplaintOut:
    found = await repository.escalations_of(session, complaint_ids=[row.id])
    return shown(row, found.get(row.id, ()))


def shown(row: Complaint, escalations: Sequence[Escalation]) -> ComplaintOut:
    fields = {name: getattr(row, name) for name in ComplaintOut.model_fields if name != "escalations"}
    told = [EscalationOut(**{name: getattr(one, name) for name in EscalationOut.model_fields}) for one in escalations]
    return ComplaintOut(escalations=told, **fields)


def shown_feedback(row: Feedback, *, now: datetime) -> FeedbackOut:
    fields = {name: getattr(row, name) for name in FeedbackOut.model_fields if name != "on_time"}
    return FeedbackOut(on_time=on_time(row.answered_at, row.answer_by, now), **fields)
