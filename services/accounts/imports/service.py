"""Bring accounts in by the thousand: set-based writes, an answer per row, nothing half-applied of a row."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.branches import branches_of, unknown_branch
from services.accounts.dossiers.models import Account
from services.accounts.dossiers.service import Whereabouts, profile
from services.accounts.elections.models import ElectionRow
from services.accounts.elections.repository import elections_of, touches_settled
from services.accounts.elections.schemas import NewElection
from services.accounts.elections.service import Circumstances, make_election
from services.accounts.imports.models import AccountImport
from services.accounts.imports.rows import AccountRow, Readable, Rejected
from services.accounts.programmes.service import name_on_lists
from shared.calendar import period
from shared.errors import Problem
from shared.events.accounts import AccountOpened
from shared.ids import new_id
from shared.outbox import record_many
from shared.policy.rulebook import Rulebook

IMPORTED = "imported"


@dataclass(slots=True)
class Outcome:
    """What came of the rows so far."""

    accepted: int = 0
    unchanged: int = 0


async def import_accounts(
    session: AsyncSession, *, readable: Sequence[Readable], rejected: list[Rejected], rules: Rulebook, who: Whereabouts
) -> AccountImport:
    """New accounts are opened, known ones keep their dossier; lists and elections are added where they are new."""
    readable, unknown = in_branches(readable, branches_of(rules.plans))
    readable, refused = within_reach(readable, who)
    rejected = rejected + unknown + refused
    ids = await account_ids(session, numbers=[row.account.number for row in readable])
    known = set(ids)
    opened = await open_accounts(session, rows=[r for r in readable if r.account.number not in ids], who=who)
    ids |= {account.number: account.id for account in opened}
    named = [(key, ids[row.account.number]) for row in readable for key in row.account.lists]
    listed = await name_on_lists(session, named=named, reason=IMPORTED, now=who.now)
    elected, not_elected = await elect_all(session, rows=readable, ids=ids, rules=rules, who=who)
    rejected = rejected + not_elected
    changed = len(opened) + listed + elected
    imported = AccountImport(
        id=str(new_id()),
        imported_by=who.user_id,
        imported_at=who.now,
        rows=len(readable) + len(rejected) - len(not_elected),
        accepted=len(readable) - len(not_elected),
        unchanged=len(known) if not changed else 0,
        rejected=[row.to_plain() for row in rejected],
    )
    session.add(imported)
    await session.flush()
    return imported


def in_branches(rows: Sequence[Readable], branches: Collection[str]) -> tuple[list[Readable], list[Rejected]]:
    """Rows of branches that the house doesn't have are refused."""
    strange = [row for row in rows if row.account.branch not in branches]
    errors = [(row.row, unknown_branch(row.account.branch)) for row in strange]
    refused = [Rejected(row, error.pointer, error.code, error.detail["en"]) for row, error in errors]
    return [row for row in rows if row.account.branch in branches], refused


def within_reach(rows: Sequence[Readable], who: Whereabouts) -> tuple[list[Readable], list[Rejected]]:
    """Rows of branches the caller does not reach are refused."""
    good = [row for row in rows if who.reach.covers(branch=row.account.branch)]
    refused = [
        Rejected(row.row, "/branch", "branch_out_of_reach", f"You do not act for {row.account.branch}.")
        for row in rows
        if not who.reach.covers(branch=row.account.branch)
    ]
    return good, refused


async def account_ids(session: AsyncSession, *, numbers: Collection[str]) -> dict[str, str]:
    rows = await session.execute(select(Account.number, Account.id).where(Account.number.in_(numbers)))
    return {row.number: row.id for row in rows}


async def open_accounts(session: AsyncSession, *, rows: Sequence[Readable], who: Whereabouts) -> list[Account]:
    accounts = [new_account(row.account, who=who) for row in rows]
    columns = [column.key for column in Account.__table__.columns]
    if accounts:
        values = [{name: getattr(account, name) for name in columns} for account in accounts]
        await session.execute(insert(Account), values)
    record_many(session, (AccountOpened(occurred_at=who.now, **profile(a, licence=None)) for a in accounts))
    return accounts


def new_account(row: AccountRow, *, who: Whereabouts) -> Account:
    return Account(
        id=str(new_id()),
        version=1,
        number=row.number,
        filed_on=who.today,
        legal_name=row.legal_name,
        address=row.country,
        branch=row.branch,
        channel=row.channel,
        sales_class=row.sales_class,
        industry=row.industry,
        industrial=row.industrial,
        frozen=False,
        opened_at=who.now,
    )


async def elect_all(
    session: AsyncSession, *, rows: Sequence[Readable], ids: dict[str, str], rules: Rulebook, who: Whereabouts
) -> tuple[int, list[Rejected]]:
    """Elections of the rows, each asked as one made by hand would be; an equal one standing is left as it is."""
    choosing = [row for row in rows if row.account.election]
    standing = await elections_of(session, account_ids=[ids[row.account.number] for row in choosing])
    settled = await settled_spans(session, rows=choosing)
    made, refused = [], []
    for row in choosing:
        request, first = requested(row.account, ids[row.account.number])
        before = standing.setdefault(request.account_id, [])
        if any(same_choice(election, request) for election in before):
            continue
        circumstances = Circumstances(first, on_a_list(row.account, first), settled[first, request.valid_until])
        try:
            elected = make_election(request, before, circumstances, rules=rules, who=who)
        except Problem as problem:
            refused.append(Rejected(row.row, "/election", problem.code, str(problem)))
        else:
            made.append(elected)
            before.append(elected[0])
    session.add_all(election for election, _ in made)
    record_many(session, (told for _, told in made))
    return len(made), refused


def requested(row: AccountRow, account_id: str) -> tuple[NewElection, date]:
    """The row's election and its first day."""
    if row.election is None:
        raise ValueError(f"{row.number} elected nothing")
    chosen: dict[str, Any] = row.election.model_dump() | {"elected_by": row.election.elected_by or row.legal_name}
    return NewElection(account_id=account_id, programme="p4", **chosen), row.election.valid_from


def same_choice(election: ElectionRow, request: NewElection) -> bool:
    return (election.choice, election.valid_from, election.valid_until) == (
        request.choice,
        request.valid_from,
        request.valid_until,
    )


def on_a_list(row: AccountRow, on: date) -> bool:
    return any(period(key).holds(on) for key in row.lists)


async def settled_spans(session: AsyncSession, *, rows: Sequence[Readable]) -> dict[tuple[date, date], bool]:
    spans = {(r.account.election.valid_from, r.account.election.valid_until) for r in rows if r.account.election}
    return {(first, until): await touches_settled(session, first=first, until=until) for first, until in spans}
