"""Queries over the key-account list and elections."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.programmes.models import ElectionRow, KeyAccountList, ListMember, Nomination
from shared.errors import NotFound


async def locked_list(session: AsyncSession, *, half_year: str) -> KeyAccountList | None:
    """The list, locked until the transaction ends; None where nobody proposed one yet."""
    return await session.scalar(select(KeyAccountList).where(KeyAccountList.half_year == half_year).with_for_update())


async def key_list(session: AsyncSession, *, half_year: str) -> KeyAccountList | None:
    return await session.get(KeyAccountList, half_year)


async def nominations(session: AsyncSession, *, half_year: str) -> Sequence[Nomination]:
    query = select(Nomination).where(Nomination.half_year == half_year).order_by(Nomination.id)
    return (await session.scalars(query)).all()


async def is_nominated(session: AsyncSession, *, half_year: str, account_id: str, department: str) -> bool:
    same = exists().where(
        Nomination.half_year == half_year, Nomination.account_id == account_id, Nomination.department == department
    )
    return bool(await session.scalar(select(same)))


async def members(session: AsyncSession, *, half_year: str) -> Sequence[ListMember]:
    query = select(ListMember).where(ListMember.half_year == half_year).order_by(ListMember.account_id)
    return (await session.scalars(query)).all()


async def is_key_account(session: AsyncSession, *, account_id: str, on: date) -> bool:
    """A4: an agreed list, or an entry made by import, names the account on that day."""
    named = exists().where(
        ListMember.account_id == account_id, ListMember.valid_from <= on, ListMember.valid_until > on
    )
    return bool(await session.scalar(select(named)))


async def elections(session: AsyncSession, *, account_id: str, programme: str | None = None) -> Sequence[ElectionRow]:
    query = select(ElectionRow).where(ElectionRow.account_id == account_id).order_by(ElectionRow.recorded_at)
    if programme is not None:
        query = query.where(ElectionRow.programme == programme)
    return (await session.scalars(query)).all()


async def put_members(
    session: AsyncSession, *, rows: Collection[Mapping[str, Any]], recorded_at: datetime
) -> set[tuple[str, str]]:
    """Name accounts on lists in one statement; returns the (half_year, account_id) that were not named before."""
    if not rows:
        return set()
    statement = text("""
        INSERT INTO key_account (half_year, account_id, valid_from, valid_until, reason, recorded_at)
        SELECT unnest(CAST(:half_years AS text[])), unnest(CAST(:accounts AS text[])),
               unnest(CAST(:firsts AS date[])), unnest(CAST(:untils AS date[])),
               unnest(CAST(:reasons AS text[])), :recorded_at
        ON CONFLICT DO NOTHING RETURNING half_year, account_id
    """)
    columns = {
        "half_years": [row["half_year"] for row in rows],
        "accounts": [row["account_id"] for row in rows],
        "firsts": [row["valid_from"] for row in rows],
        "untils": [row["valid_until"] for row in rows],
        "reasons": [row["reason"] for row in rows],
    }
    result = await session.execute(statement, columns | {"recorded_at": recorded_at})
    return {(half_year, account_id) for half_year, account_id in result}


async def found_list(session: AsyncSession, *, half_year: str) -> KeyAccountList:
    found = await key_list(session, half_year=half_year)
    if found is None:
        raise NotFound({"en": f"There is no list {half_year}.", "zh": f"没有{half_year}的名单。"})
    return found
