"""Queries over nominations and the key-account list; another branch's accounts are not there."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, exists, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.models import Account
from services.accounts.dossiers.repository import seen_by
from services.accounts.merges.repository import families_of, heirs_of
from services.accounts.programmes.domain import ListState
from services.accounts.programmes.facts import RunningContract, Said
from services.accounts.programmes.models import ContractSpan, KeyAccountList, ListMember, Nomination
from shared.auth.principal import Reach
from shared.errors import NotFound


async def locked_list(session: AsyncSession, *, half_year: str) -> KeyAccountList | None:
    """The list, locked until the transaction ends; None where nobody proposed one yet."""
    query = select(KeyAccountList).where(KeyAccountList.half_year == half_year)
    return await session.scalar(query.with_for_update().execution_options(populate_existing=True))


async def begin_list(session: AsyncSession, *, half_year: str) -> None:
    """A draft of the list where there is none; of two at once the second finds the first's."""
    draft = {"half_year": half_year, "state": ListState.draft, "revision": 0, "proposed": [], "asked": []}
    await session.execute(insert(KeyAccountList).values(draft).on_conflict_do_nothing())


async def key_list(session: AsyncSession, *, half_year: str) -> KeyAccountList | None:
    return await session.get(KeyAccountList, half_year)


def nominations_seen(
    reach: Reach, *, half_year: str | None = None, account_id: str | None = None, department: str | None = None
) -> Select[Nomination]:
    """The nominations of accounts a caller may see, by their obvious fields."""
    query = select(Nomination).join(Account, Account.id == Nomination.account_id).where(seen_by(reach))
    given = {
        Nomination.half_year: half_year,
        Nomination.account_id: account_id,
        Nomination.department: department,
    }
    return query.where(*(column == value for column, value in given.items() if value is not None))


async def nominations(session: AsyncSession, *, half_year: str, reach: Reach) -> Sequence[Nomination]:
    return (await session.scalars(nominations_seen(reach, half_year=half_year).order_by(Nomination.id))).all()


async def nomination(session: AsyncSession, *, nomination_id: str, reach: Reach) -> Nomination:
    found = await session.scalar(nominations_seen(reach).where(Nomination.id == nomination_id))
    if found is None:
        raise NotFound({"en": f"There is no nomination {nomination_id}.", "zh": f"没有提名{nomination_id}。"})
    return found


async def nominated_accounts(session: AsyncSession, *, half_year: str) -> list[str]:
    """Every account nominated for the half year, each once, in order; of a merged one who goes on for it (I2)."""
    query = select(Nomination.account_id).where(Nomination.half_year == half_year).distinct()
    nominated = set(await session.scalars(query))
    heirs = await heirs_of(session, account_ids=nominated)
    return sorted(nominated - heirs.merges.keys() | heirs.last)


async def said_of(session: AsyncSession, *, half_year: str, account_id: str) -> tuple[Said, ...]:
    """What departments have said of an account for this half year."""
    rows = await session.scalars(
        select(Nomination).where(Nomination.half_year == half_year, Nomination.account_id == account_id)
    )
    return tuple(Said(reason["fact"], reason["value"], row.id) for row in rows for reason in row.reasons)


async def contracts_of(session: AsyncSession, *, account_id: str) -> tuple[RunningContract, ...]:
    rows = await session.scalars(select(ContractSpan).where(ContractSpan.account_id == account_id))
    return tuple(RunningContract(row.contract_id, row.valid_from, row.valid_until) for row in rows)


async def keep_contract(session: AsyncSession, *, contract_id: str, **fields: Any) -> None:
    """The contract's days as they now are."""
    statement = insert(ContractSpan).values(contract_id=contract_id, **fields)
    await session.execute(statement.on_conflict_do_update(index_elements=["contract_id"], set_=fields))


async def is_nominated(session: AsyncSession, *, half_year: str, account_id: str, department: str) -> bool:
    same = exists().where(
        Nomination.half_year == half_year, Nomination.account_id == account_id, Nomination.department == department
    )
    return bool(await session.scalar(select(same)))


async def members(session: AsyncSession, *, half_year: str, reach: Reach) -> Sequence[ListMember]:
    """The accounts on the list that a caller may see."""
    query = select(ListMember).join(Account, Account.id == ListMember.account_id)
    query = query.where(ListMember.half_year == half_year, seen_by(reach)).order_by(ListMember.account_id)
    return (await session.scalars(query)).all()


async def list_before(session: AsyncSession, *, half_year: str) -> str | None:
    """The last half year before this one that has a list."""
    return await session.scalar(select(func.max(ListMember.half_year)).where(ListMember.half_year < half_year))


async def named_accounts(session: AsyncSession, *, account_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """`(number, legal name)` by account id."""
    query = select(Account.id, Account.number, Account.legal_name).where(Account.id.in_(account_ids))
    return {row.id: (row.number, row.legal_name) for row in await session.execute(query)}


async def is_key_account(session: AsyncSession, *, account_id: str, on: date) -> bool:
    """A4: an agreed list, or an entry made by import, names the account, or one it goes on for, on that day."""
    [family] = (await families_of(session, account_ids=[account_id])).values()
    named = exists().where(ListMember.account_id.in_(family), ListMember.valid_from <= on, ListMember.valid_until > on)
    return bool(await session.scalar(select(named)))


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
