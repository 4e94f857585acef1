"""Whole dossiers written by the thousand: one statement a table, one event an account."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.banking.models import BankAccount
from services.accounts.banking.sealing import Keyring
from services.accounts.banking.service import sealed_row
from services.accounts.database import Base
from services.accounts.dossiers.models import Account, AccountPaper, AccountPerson
from services.accounts.dossiers.schemas import DossierFields
from services.accounts.dossiers.service import Whereabouts, own_columns, profile
from services.accounts.imports.rows import AccountRow
from shared.audit import Entry, append_many
from shared.events.accounts import AccountOpened
from shared.ids import new_id
from shared.outbox import record_many


@dataclass(frozen=True, slots=True)
class NewDossier:
    """An account with what belongs to it, not written yet."""

    account: Account
    people: Sequence[AccountPerson]
    licence: AccountPaper | None
    bank_account: BankAccount | None


def new_dossier(row: AccountRow, *, keys: Keyring, who: Whereabouts) -> NewDossier:
    """The row as it will be kept, its bank details sealed."""
    account = _new_account(row, who=who)
    people = [AccountPerson(id=str(new_id()), account_id=account.id, **person.model_dump()) for person in row.people]
    paper = bank = None
    if row.licence:
        paper = AccountPaper(id=str(new_id()), account_id=account.id, **row.licence.model_dump())
    if row.bank_account:
        bank = sealed_row(account, row.bank_account, keys=keys, who=who)
    return NewDossier(account, people, paper, bank)


def _new_account(row: AccountRow, *, who: Whereabouts) -> Account:
    own: dict[str, Any] = own_columns(row, row.model_dump(include=set(DossierFields.model_fields)))
    return Account(
        id=str(new_id()),
        version=1,
        number=row.number,
        filed_on=row.filed_on or who.today,
        legal_name=row.legal_name,
        branch=row.branch,
        channel=row.channel,
        sales_class=row.sales_class,
        industrial=row.industrial,
        frozen=False,
        opened_at=who.now,
        **own | {"address": row.address or row.country},
    )


async def open_dossiers(
    session: AsyncSession, *, dossiers: Sequence[NewDossier], who: Whereabouts
) -> Sequence[NewDossier]:
    """Write them and tell of each; returns those written: somebody else may have opened a number just now."""
    written = await _first_of_their_number(session, [one.account for one in dossiers])
    opened = [one for one in dossiers if one.account.id in written]
    await _write_what_belongs(session, opened, who=who)
    return opened


async def _first_of_their_number(session: AsyncSession, accounts: Sequence[Account]) -> set[str]:
    """The ids that were written; by number, so that two imports never wait for each other crosswise."""
    if not accounts:
        return set()
    rows = [_columns(one) for one in sorted(accounts, key=lambda one: one.number)]
    statement = insert(Account).on_conflict_do_nothing(index_elements=["number"]).returning(Account.id)
    return set(await session.scalars(statement, rows))


async def _write_what_belongs(session: AsyncSession, dossiers: Sequence[NewDossier], *, who: Whereabouts) -> None:
    await _insert(session, [person for one in dossiers for person in one.people])
    await _insert(session, [one.licence for one in dossiers if one.licence])
    banking = [one.bank_account for one in dossiers if one.bank_account]
    await _insert(session, banking)
    await append_many(session, [_recorded(row, who=who) for row in banking])
    opened = (AccountOpened(occurred_at=who.now, **profile(one.account, licence=one.licence)) for one in dossiers)
    record_many(session, opened)


def _recorded(row: BankAccount, *, who: Whereabouts) -> Entry:
    detail = {"bank_account_id": row.id, "import": True}
    return Entry(who.now, who.user_id, "bank_account.recorded", f"account/{row.account_id}", detail)


async def _insert(session: AsyncSession, rows: Sequence[Base]) -> None:
    if rows:
        await session.execute(insert(type(rows[0])), [_columns(row) for row in rows])


def _columns(row: Base) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in type(row).__table__.columns}
