"""Queries over the contact log; reach is part of each that answers a person."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.contacts.domain import ContactKind, Managing, Visited
from services.accounts.contacts.models import Contact
from services.accounts.database import one_of
from services.accounts.dossiers.domain import TeamDuty
from services.accounts.dossiers.models import Account, TeamRow
from services.accounts.dossiers.repository import seen_by, team_known
from services.accounts.merges.repository import heirs_of
from services.accounts.programmes.models import ListMember
from shared.auth.principal import Reach
from shared.errors import NotFound

MANAGERS = (TeamDuty.key_account_manager, TeamDuty.branch_manager)


def contacts_within(reach: Reach) -> Select[Contact]:
    return select(Contact).join(Account, Account.id == Contact.account_id).where(seen_by(reach))


async def locked_contact(session: AsyncSession, *, contact_id: str, reach: Reach) -> Contact:
    query = contacts_within(reach).where(Contact.id == contact_id).with_for_update(of=Contact)
    found: Contact | None = await session.scalar(query)
    if found is None:
        raise NotFound({"en": f"There is no contact {contact_id}.", "zh": f"没有联系记录{contact_id}。"})
    return found


async def contact_days_of(session: AsyncSession, *, account_ids: Collection[str]) -> dict[str, list[date]]:
    """The days of every contact by account: what a rating counts as activity (A2)."""
    found: dict[str, list[date]] = {}
    query = select(Contact.account_id, Contact.on_day).where(Contact.account_id.in_(account_ids))
    for account_id, day in await session.execute(query):
        found.setdefault(account_id, []).append(day)
    return found


async def listed_accounts(session: AsyncSession, *, on: date) -> Sequence[Row[str, str]]:
    """`(id, branch)` of every account on a key-account list of the day, by id; of a merged one who goes on (A4, I2)."""
    named = select(ListMember.account_id).where(ListMember.valid_from <= on, ListMember.valid_until > on)
    merged = select(Account.id).where(Account.id.in_(named), Account.merged_into.is_not(None))
    heirs = (await heirs_of(session, account_ids=set(await session.scalars(merged)))).last
    query = select(Account.id, Account.branch).where(
        Account.merged_into.is_(None), or_(Account.id.in_(named), one_of(Account.id, heirs))
    )
    return (await session.execute(query.order_by(Account.id))).all()


async def visits_of(
    session: AsyncSession, *, account_ids: Collection[str], first: date, until: date
) -> dict[str, list[Visited]]:
    """The visits on the days `[first, until)` by account."""
    query = select(Contact).where(
        Contact.account_id.in_(account_ids),
        Contact.kind == ContactKind.visit,
        Contact.on_day >= first,
        Contact.on_day < until,
    )
    found: dict[str, list[Visited]] = {}
    for row in await session.scalars(query):
        visit = Visited(row.id, row.made_by, row.on_day, row.form_hash is not None)
        found.setdefault(row.account_id, []).append(visit)
    return found


async def managers_of(session: AsyncSession, *, account_ids: Collection[str]) -> dict[str, list[Managing]]:
    """Who manages each account, and when."""
    query = select(TeamRow).where(TeamRow.account_id.in_(account_ids), TeamRow.duty.in_(MANAGERS), team_known())
    found: dict[str, list[Managing]] = {}
    for row in await session.scalars(query):
        found.setdefault(row.account_id, []).append(Managing(row.user_id, row.valid_from, row.valid_until))
    return found
