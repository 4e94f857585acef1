"""Queries over surveys; a person's reach is part of the query, a link is its own."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.models import Account, AccountPerson
from services.accounts.dossiers.repository import seen_by
from services.accounts.surveys.domain import Marks
from services.accounts.surveys.models import Survey
from shared.auth.principal import Reach


def surveys_within(reach: Reach) -> Select[Survey]:
    return select(Survey).join(Account, Account.id == Survey.account_id).where(seen_by(reach))


async def survey(session: AsyncSession, *, survey_id: str, lock: bool = False) -> Survey | None:
    query = select(Survey).where(Survey.id == survey_id)
    found: Survey | None = await session.scalar(query.with_for_update() if lock else query)
    return found


async def address_for(session: AsyncSession, *, account_id: str, person_id: str | None, on: date) -> str | None:
    """Where a survey goes on a local day: to the person named, while with the account, else to the account itself."""
    if person_id is None:
        return await session.scalar(select(Account.email).where(Account.id == account_id))
    here = or_(AccountPerson.left_on.is_(None), AccountPerson.left_on > on)
    return await session.scalar(select(AccountPerson.email).where(AccountPerson.id == person_id, here))


async def is_person_of(session: AsyncSession, *, person_id: str, account_id: str, on: date) -> bool:
    """Whether the person is with that customer on the day: who has left gets no survey and no invitation."""
    query = select(AccountPerson.id).where(
        AccountPerson.id == person_id,
        AccountPerson.account_id == account_id,
        or_(AccountPerson.left_on.is_(None), AccountPerson.left_on > on),
    )
    return await session.scalar(query) is not None


async def marks_of(
    session: AsyncSession, *, account_ids: Collection[str], first: date, until: date
) -> dict[str, list[Marks]]:
    """What was answered on the days `[first, until)`, by account."""
    query = select(Survey).where(
        Survey.account_id.in_(account_ids), Survey.answered_on >= first, Survey.answered_on < until
    )
    found: dict[str, list[Marks]] = {}
    for row in await session.scalars(query.order_by(Survey.id)):
        if row.answers is not None and row.answered_on is not None:
            marks = Marks(row.id, row.answered_on, tuple(row.answers.values()))
            found.setdefault(row.account_id, []).append(marks)
    return found
