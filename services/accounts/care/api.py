"""Care events, invitations and priority service over HTTP (A14); what is due stands among the flags."""

from typing import Annotated

from fastapi import Path, Query, Response

from services.accounts.branches import branches_of
from services.accounts.care import repository, service
from services.accounts.care.facts import CaredFor
from services.accounts.care.models import CareEvent, Invitation
from services.accounts.care.schemas import (
    CareEventOut,
    CareEventWhole,
    InvitationAnswer,
    InvitationOut,
    NewCareEvent,
    NewInvitation,
    PriorityOut,
)
from services.accounts.dossiers import repository as dossiers
from services.accounts.dossiers.api import AccountId
from services.accounts.edge import Here
from services.accounts.programmes.repository import is_key_account
from services.accounts.support.belonging import in_support_programme
from shared.auth.principal import Principal
from shared.http.dependencies import Session, allowed
from shared.http.moments import Day
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.routes import Router
from shared.policy.api import Policies
from shared.policy.explain import explain
from shared.policy.rulebook import Rulebook

router = Router(tags=["work"])
EventId = Annotated[str, Path(description="the care event's id")]
Reader = Annotated[Principal, allowed("care.read")]
Writer = Annotated[Principal, allowed("care.write")]


@router.post("/care-events", status_code=201)
async def plan_care_event(
    body: NewCareEvent, caller: Writer, session: Session, here: Here, policies: Policies, response: Response
) -> CareEventWhole:
    """Plan an event for a branch's accounts (A14)."""
    who = here.by(caller, "care.write")
    branches = branches_of(policies.in_force(who.today))
    row = await service.plan_event(session, request=body, branches=branches, who=who)
    response.headers["Location"] = f"/v1/care-events/{row.id}"
    return CareEventWhole(invitations=[], **shown(row).model_dump())


@router.get("/care-events")
async def list_care_events(
    caller: Reader,
    session: Session,
    asked: PageQuery,
    branch: Annotated[str | None, Query(description="of this branch", examples=["kinshasa"])] = None,
    first: Annotated[Day | None, Query(description="on this local day or later")] = None,
) -> Page[CareEventOut]:
    """The events of the caller's branches, newest first."""
    query = repository.events_within(caller.reach("care.read"))
    if branch is not None:
        query = query.where(CareEvent.branch == branch)
    if first is not None:
        query = query.where(CareEvent.on_day >= first)
    return await read_page(session, query, asked=asked, by=newest_first(CareEvent.id), show=shown)


@router.get("/care-events/{event_id}")
async def read_care_event(event_id: EventId, caller: Reader, session: Session) -> CareEventWhole:
    """One event and whom it invites."""
    reach = caller.reach("care.read")
    row = await repository.care_event(session, event_id=event_id, reach=reach)
    found = await repository.invitations(session, event_id=row.id, reach=reach)
    return CareEventWhole(invitations=[shown_invitation(one) for one in found], **shown(row).model_dump())


@router.post("/care-events/{event_id}/invitations", status_code=201)
async def invite(event_id: EventId, body: NewInvitation, caller: Writer, session: Session, here: Here) -> InvitationOut:
    """Invite a person of an account, once for an event (A14)."""
    who = here.by(caller, "care.write")
    event = await repository.care_event(session, event_id=event_id, reach=who.reach)
    await dossiers.locked_account(session, account_id=body.account_id, reach=who.reach)
    return shown_invitation(await service.invite(session, event=event, request=body, who=who))


@router.post("/invitations/{invitation_id}/answer")
async def answer_invitation(
    invitation_id: Annotated[str, Path(description="the invitation's id")],
    body: InvitationAnswer,
    caller: Writer,
    session: Session,
    here: Here,
) -> InvitationOut:
    """Note what the guest answered, and after the event whether he was there."""
    who = here.by(caller, "care.write")
    row = await repository.locked_invitation(session, invitation_id=invitation_id, reach=who.reach)
    return shown_invitation(await service.move_invitation(session, invitation=row, move=body.move, who=who))


@router.get("/accounts/{account_id}/priority-service")
async def read_priority_service(
    account_id: AccountId, caller: Reader, session: Session, here: Here, policies: Policies
) -> PriorityOut:
    """Whether the account is served first today, and why (A14, P9)."""
    who = here.by(caller, "care.read")
    account = await dossiers.account(session, account_id=account_id, reach=who.reach)
    listed = await is_key_account(session, account_id=account.id, on=who.today)
    belongs = await in_support_programme(session, account_ids=[account.id], on=who.today)
    cared = CaredFor(listed, in_programme=belongs[account.id])
    rules = Rulebook(policies.in_force(who.today))
    found = tuple(service.priority_of(rules, account_id=account.id, cared=cared, as_of=who.now, zone=who.zone))
    return PriorityOut(
        account_id=account.id,
        priority=any(decision.outcome.action == "flag" for decision in found),
        policies=[decision.policy for decision in found],
        lines=[line for decision in found for line in explain(decision, here.language)],
    )


def shown(row: CareEvent) -> CareEventOut:
    return CareEventOut(**{name: getattr(row, name) for name in CareEventOut.model_fields})


def shown_invitation(row: Invitation) -> InvitationOut:
    return InvitationOut(**{name: getattr(row, name) for name in InvitationOut.model_fields})
