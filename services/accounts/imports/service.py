"""Bring accounts in by the thousand: set-based writes, an answer per row, nothing half-applied of a row."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.banking.sealing import Keyring
from services.accounts.branches import branches_by_name
from services.accounts.database import one_of
from services.accounts.dossiers.models import Account
from services.accounts.dossiers.service import Whereabouts
from services.accounts.duplicates.service import look_for_duplicates
from services.accounts.elections.models import ElectionRow
from services.accounts.elections.repository import elections_of, touches_settled
from services.accounts.elections.schemas import NewElection
from services.accounts.elections.service import Circumstances, make_election
from services.accounts.imports.classes_held import may_hold, take_over_classes
from services.accounts.imports.faults import Fault, Rejected
from services.accounts.imports.models import AccountImport
from services.accounts.imports.opening import NewDossier, new_dossier, open_dossiers
from services.accounts.imports.rows import AccountRow, Readable
from services.accounts.merges.repository import heirs_of
from services.accounts.programmes.service import name_on_lists
from services.accounts.staff import NOT_STAFF, staff_of
from shared.auth.principal import Reach
from shared.branches import unknown_branch
from shared.calendar import period
from shared.errors import Problem, Words
from shared.events.accounts import ElectionMade
from shared.ids import new_id
from shared.outbox import record_many
from shared.policy.rulebook import Rulebook

IMPORTED = "imported"
MOST_SHOWN = 1_000  # rejections kept with their reasons; all are counted
Elected = tuple[ElectionRow, ElectionMade]


@dataclass(frozen=True, slots=True)
class Under:
    """What an import goes by: the rules in force, the keys that seal, who imports, and whose classes he brings in."""

    rules: Rulebook
    keys: Keyring
    who: Whereabouts
    classes: Reach


async def import_accounts(
    session: AsyncSession, *, readable: Sequence[Readable], rejected: Sequence[Rejected], under: Under
) -> AccountImport:
    """New accounts are opened, known ones keep their dossier; lists and elections are added where they are new.

    Everything that can refuse a row is asked before anything of it is written.
    """
    who = under.who
    good, unknown = in_branches(readable, branches_by_name(under.rules.plans))
    good, refused = within_reach(good, who)
    good, strange = await developed_by_staff(session, good)
    good, not_held = may_hold(good, rules=under.rules, reach=under.classes)
    known = await account_ids(session, numbers=[row.account.number for row in good], who=who)
    fresh = {row.row: new_dossier(row.account, keys=under.keys, who=who) for row in good if not _known(row, known)}
    ids = known | {one.account.number: one.account.id for one in fresh.values()}
    await wait_for_others_elections(
        session, account_ids=[known[row.account.number] for row in good if _elects(row, known)]
    )
    elected, not_elected = await elect_all(session, rows=good, ids=ids, under=under)
    bad = {one.row for one in not_elected}
    good = [row for row in good if row.row not in bad]
    opened = await _write(session, [fresh[row.row] for row in good if row.row in fresh], who=who)
    good, taken = still_free(good, fresh, {one.account.id for one in opened})
    elected = [one for one in elected if one[0].account_id not in {fresh[row.row].account.id for row in taken}]
    held = [(ids[row.account.number], row.account.class_held) for row in good if row.row in fresh]
    await take_over_classes(session, held=[(one, known_as) for one, known_as in held if known_as], who=who)
    named = [(key, ids[row.account.number]) for row in good for key in row.account.lists]
    listed = await name_on_lists(session, named=named, reason=IMPORTED, now=who.now)
    session.add_all(election for election, _ in elected)
    record_many(session, (told for _, told in elected))
    changed = len(opened) + listed + len(elected)
    rejections = [*rejected, *unknown, *refused, *strange, *not_held, *not_elected, *taken]
    return await _noted(session, good, rejections, unchanged=0 if changed else len(known), who=who)


def _known(row: Readable, known: Mapping[str, str]) -> bool:
    return row.account.number in known


def _elects(row: Readable, known: Mapping[str, str]) -> bool:
    return row.account.election is not None and _known(row, known)


async def wait_for_others_elections(session: AsyncSession, *, account_ids: Collection[str]) -> None:
    """Whoever else elects for one of these accounts comes before or after, so that each sees what stands (A12)."""
    if account_ids:
        mine = select(Account.id).where(one_of(Account.id, account_ids)).order_by(Account.id)
        await session.execute(mine.with_for_update())


async def _write(session: AsyncSession, dossiers: Sequence[NewDossier], *, who: Whereabouts) -> Sequence[NewDossier]:
    opened = await open_dossiers(session, dossiers=dossiers, who=who)
    if opened:
        await look_for_duplicates(session, account_ids=[one.account.id for one in opened], now=who.now)
    return opened


def still_free(
    rows: Sequence[Readable], fresh: Mapping[int, NewDossier], opened: Collection[str]
) -> tuple[list[Readable], list[Rejected]]:
    """Rows whose number nobody else opened while they were read; the others are refused, and may be sent again."""
    good, taken = [], []
    for row in rows:
        if row.row not in fresh or fresh[row.row].account.id in opened:
            good.append(row)
        else:
            number = row.account.number
            said: Words = {
                "en": f"Somebody else opened {number} at the same time; send the row again.",
                "zh": f"他人同时开立了客户{number}，请重新发送该行。",
            }
            taken.append(row.rejected(Fault("/number", "number_just_opened", said)))
    return good, taken


async def _noted(
    session: AsyncSession, good: Sequence[Readable], rejected: Sequence[Rejected], *, unchanged: int, who: Whereabouts
) -> AccountImport:
    imported = AccountImport(
        id=str(new_id()),
        imported_by=who.user_id,
        imported_at=who.now,
        rows=len(good) + len(rejected),
        accepted=len(good),
        unchanged=unchanged,
        rejected=[row.to_plain() for row in sorted(rejected, key=lambda one: one.row)[:MOST_SHOWN]],
    )
    session.add(imported)
    await session.flush()
    return imported


def in_branches(rows: Sequence[Readable], branches: Mapping[str, str]) -> tuple[list[Readable], list[Rejected]]:
    """Rows with their branch's id, by whichever of its names; rows of branches the house doesn't have are refused."""
    good, refused = [], []
    for row in rows:
        branch = branches.get(row.account.branch)
        if branch is None:
            refused.append(row.rejected(Fault.of(unknown_branch(row.account.branch))))
        else:
            account = row.account if branch == row.account.branch else row.account.model_copy(update={"branch": branch})
            good.append(Readable(row.row, account, row.places))
    return good, refused


def within_reach(rows: Sequence[Readable], who: Whereabouts) -> tuple[list[Readable], list[Rejected]]:
    """Rows of branches the caller does not reach are refused."""
    good, refused = [], []
    for row in rows:
        if who.reach.covers(branch=row.account.branch):
            good.append(row)
        else:
            branch = row.account.branch
            said: Words = {"en": f"You do not act for {branch}.", "zh": f"您无权代表分公司{branch}。"}
            refused.append(row.rejected(Fault("/branch", "branch_out_of_reach", said)))
    return good, refused


async def developed_by_staff(session: AsyncSession, rows: Sequence[Readable]) -> tuple[list[Readable], list[Rejected]]:
    """Rows whose developer, where they name one, is of the house; the others are refused (R3)."""
    named = {row.account.developer for row in rows if row.account.developer is not None}
    staff = await staff_of(session, user_ids=named)
    fault = Fault("/developer", "unknown_user", NOT_STAFF)
    good = [row for row in rows if row.account.developer is None or row.account.developer in staff]
    known = {row.row for row in good}
    return good, [row.rejected(fault) for row in rows if row.row not in known]


async def account_ids(session: AsyncSession, *, numbers: Collection[str], who: Whereabouts) -> dict[str, str]:
    """Those known, by number; a merged account's number stands for the one that goes on for it (S-I2)."""
    rows = await session.execute(
        select(Account.number, Account.id, Account.merged_into).where(one_of(Account.number, numbers))
    )
    found = {row.number: row for row in rows}
    heirs = await heirs_of(session, account_ids=[row.id for row in found.values() if row.merged_into])
    return {number: heirs.of(row.id, who.now) for number, row in found.items()}


async def elect_all(
    session: AsyncSession, *, rows: Sequence[Readable], ids: Mapping[str, str], under: Under
) -> tuple[list[Elected], list[Rejected]]:
    """Elections of the rows, each asked as one made by hand would be; an equal one standing is left as it is."""
    choosing = [row for row in rows if row.account.election]
    standing = await elections_of(session, account_ids=[ids[row.account.number] for row in choosing])
    settled = await settled_spans(session, rows=choosing)
    made: list[Elected] = []
    refused = []
    for row in choosing:
        request, first = requested(row.account, ids[row.account.number])
        before = standing.setdefault(request.account_id, [])
        if any(same_choice(election, request) for election in before):
            continue
        circumstances = Circumstances(first, on_a_list(row.account, first), settled[first, request.valid_until])
        try:
            elected = make_election(request, before, circumstances, rules=under.rules, who=under.who)
        except Problem as problem:
            refused.append(row.rejected(Fault("/election", problem.code, problem.detail or problem.title)))
        else:
            made.append(elected)
            before.append(elected[0])
    return made, refused


def requested(row: AccountRow, account_id: str) -> tuple[NewElection, date]:
    """The row's election and its first day."""
    if row.election is None:
        raise ValueError(f"{row.number} elected nothing")
    return NewElection(account_id=account_id, programme="p4", **row.election.model_dump()), row.election.valid_from


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
