"""Accounts and contracts as their owners' events told them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.accounts.domain import (
    Account,
    Contract,
    ContractState,
    ContractTerms,
    Election,
    Grade,
    Listing,
    Member,
    Merge,
    Tier,
)
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
        tiers=tuple(Tier(entry["tier"], date.fromisoformat(entry["valid_from"])) for entry in cells["tiers"]),
        merged=_merge_of(cells["merged"]),
        channel=cells["channel"],
        sales_class=cells["sales_class"],
    )


def _merge_of(cell: Mapping[str, str] | None) -> Merge | None:
    return Merge(UUID(cell["into"]), cell["number"], datetime.fromisoformat(cell["at"])) if cell else None


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
    """Those known of a file's customer numbers, and those that go on for them."""
    asked = one_of(AccountRow.number, numbers)
    known: dict[str, Account] = {}
    while found := (await session.execute(select(*COLUMNS).where(asked))).all():
        known |= {row.number: account_of(row) for row in found}
        heirs = {one.merged.into for one in known.values() if one.merged} - {one.id for one in known.values()}
        if not heirs:
            break
        asked = one_of(AccountRow.id, heirs)
    return known


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
    INSERT INTO known_account (id, number, branch, industrial, frozen, team, elections, classes, listings, tiers,
                               merged, channel, sales_class)
    SELECT id, number, branch, industrial, frozen, team, elections, classes, listings, tiers, nullif(merged, 'null'),
           channel, sales_class
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS entry (
        id uuid, number text, branch text, industrial boolean, frozen boolean,
        team jsonb, elections jsonb, classes jsonb, listings jsonb, tiers jsonb, merged jsonb,
        channel text, sales_class text)
    ON CONFLICT (id) DO UPDATE SET
        number = excluded.number, branch = excluded.branch, industrial = excluded.industrial,
        frozen = excluded.frozen, team = excluded.team, elections = excluded.elections,
        classes = excluded.classes, listings = excluded.listings, tiers = excluded.tiers,
        merged = excluded.merged, channel = excluded.channel, sales_class = excluded.sales_class
    """
)


async def contract_by_id(session: AsyncSession, contract_id: UUID, *, lock: bool = False) -> Contract | None:
    """`lock` keeps others from drawing on it, and an amendment from coming in, until the commit."""
    query = select(ContractRow).where(ContractRow.id == contract_id)
    row = await session.scalar(query.with_for_update() if lock else query)
    return contract_of(row) if row else None


async def contracts_for_change(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, Contract]:
    """Locked in the order of their ids, as accounts are."""
    wanted = select(ContractRow).where(one_of(ContractRow.id, ids)).order_by(ContractRow.id).with_for_update()
    return {row.id: contract_of(row) for row in await session.scalars(wanted)}


def contract_of(row: ContractRow) -> Contract:
    terms = None
    if row.currency is not None and row.quantities is not None and row.amounts is not None:
        terms = ContractTerms(row.currency, row.quantities, row.amounts, row.valid_from, row.valid_until)
    return Contract(row.id, row.account_id, row.quote_id, ContractState(row.state), row.revision, terms)


async def save_contracts(session: AsyncSession, contracts: Sequence[Contract]) -> None:
    """All of a batch in one statement."""
    if contracts:
        values = insert(ContractRow).values([_contract_cells(one) for one in sorted(contracts, key=lambda one: one.id)])
        changed = {column.name: column for column in values.excluded if column.name != "id"}
        await session.execute(values.on_conflict_do_update(index_elements=[ContractRow.id], set_=changed))


def _contract_cells(contract: Contract) -> dict[str, Any]:
    terms = contract.terms
    return {
        "id": contract.id,
        "account_id": contract.account_id,
        "quote_id": contract.quote_id,
        "state": contract.state.value,
        "revision": contract.revision,
        "currency": terms and terms.currency,
        "valid_from": terms and terms.valid_from,
        "valid_until": terms and terms.valid_until,
        "quantities": terms and dict(terms.quantities),
        "amounts": terms and dict(terms.amounts),
    }
