"""Queries over dossiers; a caller's reach is part of the query, so that another branch's account is not there."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.database import one_of
from services.accounts.dossiers.domain import AccountMerged
from services.accounts.dossiers.models import Account, AccountPaper, AccountPerson, TeamRow
from shared.auth.principal import Reach
from shared.auth.scope import within
from shared.errors import NotFound

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:number, 0))")


def seen_by(reach: Reach) -> ColumnElement[bool]:
    """The accounts a caller may see: of his branches, or his own."""
    return within(reach, branch=Account.branch, account=Account.id)


async def account(session: AsyncSession, *, account_id: str, reach: Reach) -> Account:
    """One account the caller may see; raises NotFound."""
    found = await session.scalar(select(Account).where(Account.id == account_id, seen_by(reach)))
    if found is None:
        raise NotFound({"en": f"There is no account {account_id}.", "zh": f"没有客户{account_id}。"})
    return found


async def account_going_on(session: AsyncSession, *, account_id: str, reach: Reach) -> Account:
    """The same, for what begins something new: raises AccountMerged where another account goes on for it."""
    found = await account(session, account_id=account_id, reach=reach)
    if found.merged_into is not None:
        raise AccountMerged(account_id, found.merged_into)
    return found


async def locked_account(session: AsyncSession, *, account_id: str, reach: Reach) -> Account:
    """The account with its version moved: whoever else changes it waits, or meets the new version.

    Raises NotFound, or AccountMerged where another account goes on for it.
    """
    bump = (
        update(Account)
        .where(Account.id == account_id, seen_by(reach))
        .values(version=Account.version + 1)
        .returning(Account)
        .execution_options(populate_existing=True)
    )
    found = await session.scalar(bump)
    if found is None:
        raise NotFound({"en": f"There is no account {account_id}.", "zh": f"没有客户{account_id}。"})
    if found.merged_into is not None:
        raise AccountMerged(account_id, found.merged_into)
    return found


async def next_number(session: AsyncSession) -> str:
    number = await session.scalar(text("SELECT nextval('account_number')"))
    return f"KA-{number:06d}"


async def people_of(session: AsyncSession, *, account_ids: Collection[str]) -> Sequence[AccountPerson]:
    query = select(AccountPerson).where(one_of(AccountPerson.account_id, account_ids)).order_by(AccountPerson.id)
    return (await session.scalars(query)).all()


async def person(session: AsyncSession, *, account_id: str, person_id: str) -> AccountPerson:
    """Raises NotFound."""
    query = select(AccountPerson).where(AccountPerson.account_id == account_id, AccountPerson.id == person_id)
    found = await session.scalar(query)
    if found is None:
        raise NotFound({"en": f"There is no person {person_id} here.", "zh": f"此处没有人员{person_id}。"})
    return found


async def papers_of(session: AsyncSession, *, account_ids: Collection[str]) -> Sequence[AccountPaper]:
    query = select(AccountPaper).where(one_of(AccountPaper.account_id, account_ids)).order_by(AccountPaper.id)
    return (await session.scalars(query)).all()


def people_within(*, account_id: str) -> Select[AccountPerson]:
    return select(AccountPerson).where(AccountPerson.account_id == account_id)


def papers_within(*, account_id: str) -> Select[AccountPaper]:
    return select(AccountPaper).where(AccountPaper.account_id == account_id)


def team_known(at: datetime | None = None) -> ColumnElement[bool]:
    """The rows of teams that stand, or that stood at a moment: every query over teams says which it means (S-D1)."""
    if at is None:
        return TeamRow.superseded_at.is_(None)
    return and_(TeamRow.recorded_at <= at, or_(TeamRow.superseded_at.is_(None), TeamRow.superseded_at > at))


async def team(
    session: AsyncSession, *, account_id: str, on: date | None = None, known_at: datetime | None = None
) -> Sequence[TeamRow]:
    """The team of all days, or of one; as it is known, or was at a moment."""
    query = select(TeamRow).where(TeamRow.account_id == account_id, team_known(known_at))
    if on is not None:
        query = query.where(TeamRow.valid_from <= on, or_(TeamRow.valid_until.is_(None), TeamRow.valid_until > on))
    return (await session.scalars(query.order_by(TeamRow.valid_from, TeamRow.id))).all()


async def number_taken(session: AsyncSession, *, number: str) -> bool:
    """Whether an account has the number; until the transaction ends nobody else finds it free."""
    await session.execute(_ONE_AT_A_TIME, {"number": f"account_number/{number}"})
    return await session.scalar(select(Account.id).where(Account.number == number)) is not None
