"""Who holds which role on a day, from the people this service knows."""

from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.routing.domain import Holding, Wanted, holders
from shared.db.mechanisms import person, role_holding


async def people_for(session: AsyncSession, sought: Iterable[Wanted], *, on: date) -> dict[Wanted, frozenset[str]]:
    """For each turn's wish the active people who fill it on a local day."""
    wishes = set(sought)
    held = role_holding.c
    working = and_(
        person.c.user_id == held.user_id, person.c.active, or_(person.c.left_on.is_(None), person.c.left_on > on)
    )
    rows = await session.execute(
        select(held.user_id, held.role, held.branch, held.department, held.valid_from, held.valid_until)
        .join(person, working)
        .where(held.role.in_({wish.role for wish in wishes}))
    )
    holdings = [Holding(*row) for row in rows]
    return {wish: holders(wish, holdings, on=on) for wish in wishes}


async def roles_held(session: AsyncSession, user_id: str, *, on: date) -> frozenset[str]:
    """Every role a person holds on a local day."""
    held = role_holding.c
    rows = await session.scalars(
        select(held.role).where(
            held.user_id == user_id, held.valid_from <= on, or_(held.valid_until.is_(None), held.valid_until > on)
        )
    )
    return frozenset(rows)


async def names_of(session: AsyncSession, user_ids: Iterable[str]) -> Mapping[str, str]:
    """Names by user id; a user not known here goes by his id."""
    ids = set(user_ids)
    rows = await session.execute(select(person.c.user_id, person.c.name).where(person.c.user_id.in_(ids)))
    known = {row.user_id: row.name for row in rows}
    return {user_id: known.get(user_id, user_id) for user_id in ids}


async def works_here(session: AsyncSession, user_id: str, *, on: date) -> bool:
    """Whether a person is active here on a local day."""
    here = (person.c.user_id == user_id, person.c.active, or_(person.c.left_on.is_(None), person.c.left_on > on))
    return (await session.scalar(select(person.c.user_id).where(*here))) is not None


async def holdings_of(session: AsyncSession, user_ids: Iterable[str], *, on: date) -> list[Holding]:
    """What active people hold on a local day."""
    held = role_holding.c
    here = (person.c.active, or_(person.c.left_on.is_(None), person.c.left_on > on))
    rows = await session.execute(
        select(held.user_id, held.role, held.branch, held.department, held.valid_from, held.valid_until)
        .join(person, person.c.user_id == held.user_id)
        .where(held.user_id.in_(set(user_ids)), *here)
        .where(held.valid_from <= on, or_(held.valid_until.is_(None), held.valid_until > on))
    )
    return [Holding(*row) for row in rows]
