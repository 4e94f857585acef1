"""Nominations, key-account lists (A4) and elections (A12) over HTTP."""

from typing import Annotated

from fastapi import Path, Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers import repository as dossiers
from services.accounts.edge import Here
from services.accounts.programmes import repository, service
from services.accounts.programmes.domain import ListState, half_year
from services.accounts.programmes.models import ElectionRow, KeyAccountList, Nomination
from services.accounts.programmes.schemas import (
    ElectionOut,
    Elections,
    KeyAccountListOut,
    NewElection,
    NewNomination,
    NominationOut,
    Proposal,
)
from shared.auth.principal import Principal
from shared.http.dependencies import Session, allowed
from shared.http.routes import Router
from shared.policy.api import Policies
from shared.policy.rulebook import Rulebook

router = Router(tags=["programmes"])
HalfYearKey = Annotated[str, Path(description="the half year the list is of", examples=["2021-H1"])]


@router.post("/nominations", status_code=201)
async def nominate(
    body: NewNomination,
    session: Session,
    here: Here,
    policies: Policies,
    caller: Annotated[Principal, allowed("nominations.write")],
) -> NominationOut:
    """A department's head names an account for a half year's list; one of the five criteria must hold (A4)."""
    who = here.by(caller, "nominations.write")
    account = await dossiers.account(session, account_id=body.account_id, reach=who.reach)
    nomination = await service.nominate(
        session, account=account, request=body, caller=caller, rules=Rulebook(policies.in_force(who.today)), who=who
    )
    return shown_nomination(nomination)


@router.post("/key-account-lists/{key}/propose", status_code=201)
async def propose_list(
    key: HalfYearKey,
    body: Proposal,
    session: Session,
    here: Here,
    policies: Policies,
    caller: Annotated[Principal, allowed("key_account_lists.write")],
) -> KeyAccountListOut:
    """Ask every department to agree on the accounts nominated for the half year (A4)."""
    who = here.by(caller, "key_account_lists.write")
    current = await service.propose_list(
        session, key=key, caller=caller, rules=Rulebook(policies.in_force(who.today)), who=who
    )
    return await shown_list(session, key=key, current=current)


@router.get("/key-account-lists/{key}")
async def read_list(
    key: HalfYearKey,
    session: Session,
    caller: Annotated[Principal, allowed("key_account_lists.read")],
) -> KeyAccountListOut:
    """A half year's list: who is nominated, and who is on it."""
    return await shown_list(session, key=key, current=await repository.key_list(session, half_year=key))


@router.post("/elections", status_code=201)
async def elect(
    body: NewElection,
    session: Session,
    here: Here,
    policies: Policies,
    caller: Annotated[Principal, allowed("elections.make")],
) -> ElectionOut:
    """What an account chooses of a programme, subsidy or discount, by a named person, for some days (A12, P4)."""
    who = here.by(caller, "elections.make")
    await dossiers.locked_account(session, account_id=body.account_id, reach=who.reach)
    return shown_election(
        await service.elect(session, request=body, rules=Rulebook(policies.in_force(who.today)), who=who)
    )


@router.get("/elections")
async def list_elections(
    session: Session,
    caller: Annotated[Principal, allowed("elections.read")],
    account_id: Annotated[str, Query(description="the account whose elections are asked for")],
) -> Elections:
    """Every election of an account, in the order in which they were made; a later one does not erase an earlier one."""
    await dossiers.account(session, account_id=account_id, reach=caller.reach("elections.read"))
    rows = await repository.elections(session, account_id=account_id)
    return Elections(items=[shown_election(row) for row in rows])


async def shown_list(session: AsyncSession, *, key: str, current: KeyAccountList | None) -> KeyAccountListOut:
    """A list nobody proposed may still name accounts: those brought in by import."""
    span = half_year(key)
    members = await repository.members(session, half_year=key)
    nominations = await repository.nominations(session, half_year=key)
    return KeyAccountListOut(
        half_year=key,
        state=ListState(current.state) if current else ListState.agreed if members else ListState.draft,
        valid_from=span.first,
        valid_until=span.until,
        accounts=[member.account_id for member in members],
        agreed_at=current.agreed_at if current else None,
        nominations=[shown_nomination(nomination) for nomination in nominations],
    )


def shown_nomination(row: Nomination) -> NominationOut:
    return NominationOut(**{name: getattr(row, name) for name in NominationOut.model_fields})


def shown_election(row: ElectionRow) -> ElectionOut:
    return ElectionOut(**{name: getattr(row, name) for name in ElectionOut.model_fields})
