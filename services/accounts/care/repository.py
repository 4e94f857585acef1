"""Queries over care; a caller's branches are part of the query."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.care.models import CareEvent, Invitation
from services.accounts.contacts.repository import listed_accounts
from services.accounts.database import one_of
from services.accounts.dossiers.domain import PersonRole
from services.accounts.dossiers.models import Account, AccountPerson
from services.accounts.dossiers.repository import seen_by
from shared.auth.principal import Reach
from shared.auth.scope import within
from shared.errors import NotFound


def events_within(reach: Reach) -> Select[CareEvent]:
    return select(CareEvent).where(within(reach, branch=CareEvent.branch))


async def care_event(session: AsyncSession, *, event_id: str, reach: Reach) -> CareEvent:
    found: CareEvent | None = await session.scalar(events_within(reach).where(CareEvent.id == event_id))
    if found is None:
        raise NotFound({"en": f"There is no care event {event_id}.", "zh": f"没有关怀活动{event_id}。"})
    return found


async def invitations(session: AsyncSession, *, event_id: str, reach: Reach) -> Sequence[Invitation]:
    """The invitations of an event to accounts the caller may see."""
    query = select(Invitation).join(Account, Account.id == Invitation.account_id)
    query = query.where(Invitation.event_id == event_id, seen_by(reach)).order_by(Invitation.id)
    return (await session.scalars(query)).all()


async def is_invited(session: AsyncSession, *, event_id: str, person_id: str) -> bool:
    query = select(Invitation.id).where(Invitation.event_id == event_id, Invitation.person_id == person_id)
    return await session.scalar(query) is not None


async def locked_invitation(session: AsyncSession, *, invitation_id: str, reach: Reach) -> Invitation:
    query = select(Invitation).join(Account, Account.id == Invitation.account_id)
    query = query.where(Invitation.id == invitation_id, seen_by(reach)).with_for_update(of=Invitation)
    found: Invitation | None = await session.scalar(query)
    if found is None:
        raise NotFound({"en": f"There is no invitation {invitation_id}.", "zh": f"没有邀请{invitation_id}。"})
    return found


async def main_contacts(session: AsyncSession, *, on: date) -> Sequence[tuple[str, str, date]]:
    """`(person_id, account_id, birth_date)` of the main contacts of the day's listed accounts, where it is known."""
    listed = [row.id for row in await listed_accounts(session, on=on)]
    query = select(AccountPerson.id, AccountPerson.account_id, AccountPerson.birth_date).where(
        one_of(AccountPerson.account_id, listed),
        AccountPerson.role == PersonRole.main_contact,
        AccountPerson.birth_date.is_not(None),
        or_(AccountPerson.left_on.is_(None), AccountPerson.left_on > on),
    )
    rows = await session.execute(query.order_by(AccountPerson.id))
    return [(row.id, row.account_id, row.birth_date) for row in rows if row.birth_date is not None]
