"""Accounts and contracts as their owners' events told them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.accounts.domain import Account, Election, Grade, Listing, Member
from services.pricing.accounts.models import AccountRow, ContractRow
from services.pricing.database import one_of

COLUMNS = list(AccountRow.__table__.columns)


def account_of(row: Row[Any] | Mapping[str, Any]) -> Account:
    """From a row with the columns of `known_account`."""
    cells: Any = row if isinstance(row, Mapping) else row._mapping
    return Account(
        id=cells["id"],
        number=cells["number"],
        branch=cells["branch"],
        industrial=cells["industrial"],
        frozen=cells["frozen"],
        team=tuple(Member(**_with_days(entry)) for entry in cells["team"]),
        elections=tuple(Election(**_with_days(entry)) for entry in cells["elections"]),
        classes=tuple(Grade(**_with_days(entry)) for entry in cells["classes"]),
        listings=tuple(Listing(**_with_days(entry)) for entry in cells["listings"]),
    )


def _with_days(entry: Mapping[str, Any]) -> dict[str, Any]:
    until = entry.get("valid_until")
    return {
        **entry,
        "valid_from": date.fromisoformat(entry["valid_from"]),
        "valid_until": date.fromisoformat(until) if until else None,
    }


async def account_by_id(session: AsyncSession, account_id: UUID) -> Account | None:
    found = (await session.execute(select(*COLUMNS).where(AccountRow.id == account_id))).one_or_none()
    return account_of(found) if found else None


async def accounts_by_number(session: AsyncSession, numbers: Iterable[str]) -> dict[str, Account]:
    """Those known of a file's customer numbers, in one query."""
    found = await session.execute(select(*COLUMNS).where(one_of(AccountRow.number, numbers)))
    return {row.number: account_of(row) for row in found}


async def accounts_for_change(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, Account]:
    """Locked in the order of their ids, so that two batches never wait for each other in a circle."""
    wanted = select(*COLUMNS).where(one_of(AccountRow.id, ids)).order_by(AccountRow.id).with_for_update()
    return {row.id: account_of(row) for row in await session.execute(wanted)}


async def save_accounts(session: AsyncSession, accounts: Sequence[Account]) -> None:
    """All of a batch in one statement."""
    if accounts:
        rows = [
            {**_plain(account), "id": str(account.id)} for account in sorted(accounts, key=lambda account: account.id)
        ]
        await session.execute(_UPSERT, {"rows": orjson.dumps(rows).decode()})


def _plain(account: Account) -> dict[str, Any]:
    return asdict(account)


_UPSERT = text(
    """
    INSERT INTO known_account (id, number, branch, industrial, frozen, team, elections, classes, listings)
    SELECT id, number, branch, industrial, frozen, team, elections, classes, listings
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS entry (
        id uuid, number text, branch text, industrial boolean, frozen boolean,
        team jsonb, elections jsonb, classes jsonb, listings jsonb)
    ON CONFLICT (id) DO UPDATE SET
        number = excluded.number, branch = excluded.branch, industrial = excluded.industrial,
        frozen = excluded.frozen, team = excluded.team, elections = excluded.elections,
        classes = excluded.classes, listings = excluded.listings
    """
)


async def contract_by_id(session: AsyncSession, contract_id: UUID) -> ContractRow | None:
    return await session.get(ContractRow, contract_id)


async def save_contract(session: AsyncSession, *, row: Mapping[str, Any]) -> None:
    """The contract as its latest event told it."""
    values = insert(ContractRow).values(**row)
    await session.execute(values.on_conflict_do_update(index_elements=[ContractRow.id], set_=dict(row)))
