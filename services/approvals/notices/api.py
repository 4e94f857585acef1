"""Addresses for mails, kept by their owners or the administrator, and what became of each mail (C10)."""

from typing import Annotated

from fastapi import Path, Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.edge import At
from services.approvals.notices import repository
from services.approvals.notices.models import MailAddress, Notice
from services.approvals.notices.schemas import AddressGiven, AddressShown, NoticeShown
from shared import audit
from shared.auth.principal import Principal
from shared.errors import NotFound
from shared.http.dependencies import Session, allowed
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.routes import Router
from shared.mailing import MailState

router = Router(tags=["notices"])

UserId = Annotated[str, Path(max_length=100, description="whose address")]
Reader = Annotated[Principal, allowed("mail_addresses.read")]
Writer = Annotated[Principal, allowed("mail_addresses.write")]


@router.get("/mail-addresses/{user_id}")
async def read_mail_address(user_id: UserId, session: Session, caller: Reader) -> AddressShown:
    """Where somebody is written to about requests: one's own, or for the administrator anybody's."""
    return shown(await kept_address(session, user_id, caller, "mail_addresses.read"))


@router.put("/mail-addresses/{user_id}")
async def set_mail_address(
    user_id: UserId, body: AddressGiven, session: Session, caller: Writer, at: At
) -> AddressShown:
    """Name the address, and the language, in which somebody of the house is told of requests."""
    within_reach = caller.reach("mail_addresses.write").covers(user_id=user_id)
    if not within_reach or not await repository.works_here(session, user_id):
        raise NotFound
    kept = await repository.address_of(session, user_id) or MailAddress(user_id=user_id)
    kept.address, kept.language, kept.changed_at = body.address, body.language, at.now
    session.add(kept)
    await note(session, caller, "mail_address.set", user_id, at)
    return shown(kept)


@router.delete("/mail-addresses/{user_id}", status_code=204)
async def forget_mail_address(user_id: UserId, session: Session, caller: Writer, at: At) -> None:
    """No mail goes there any more; what waits is given up."""
    await session.delete(await kept_address(session, user_id, caller, "mail_addresses.write"))
    await note(session, caller, "mail_address.forgotten", user_id, at)


@router.get("/notices")
async def list_notices(
    session: Session,
    asked: PageQuery,
    caller: Annotated[Principal, allowed("notices.read")],
    user_id: Annotated[str | None, Query(max_length=100, description="to this person")] = None,
    mail_state: Annotated[MailState | None, Query(description="given_up: what never reached anybody")] = None,
) -> Page[NoticeShown]:
    """What people were told by mail and what became of it, newest first."""
    query = repository.notices_within(caller.reach("notices.read"))
    given = {"user_id": user_id, "mail_state": mail_state}
    query = query.filter_by(**{name: value for name, value in given.items() if value is not None})
    return await read_page(
        session,
        query,
        asked=asked,
        by=newest_first(Notice.id),
        show=lambda row: NoticeShown.model_validate(row, from_attributes=True),
    )


async def kept_address(session: AsyncSession, user_id: str, caller: Principal, permission: str) -> MailAddress:
    """Raises NotFound also outside the caller's reach: whether there is an address is nobody else's business."""
    kept = await repository.address_of(session, user_id) if caller.reach(permission).covers(user_id=user_id) else None
    if kept is None:
        raise NotFound
    return kept


async def note(session: AsyncSession, caller: Principal, action: str, user_id: str, at: At) -> None:
    """Who did it for whom; never the address."""
    await session.flush()
    await audit.append(session, audit.Entry(at.now, caller.user_id, action, f"user/{user_id}"))


def shown(kept: MailAddress) -> AddressShown:
    return AddressShown.model_validate(kept, from_attributes=True)
