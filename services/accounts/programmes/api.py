"""Nominations and key-account lists over HTTP (A4)."""

from collections.abc import Iterable, Mapping
from typing import Annotated

from fastapi import Path, Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers import repository as dossiers
from services.accounts.edge import Here
from services.accounts.explanations import Explained, explained
from services.accounts.programmes import repository, service
from services.accounts.programmes.domain import ListState, half_year
from services.accounts.programmes.models import KeyAccountList, Nomination
from services.accounts.programmes.schemas import (
    DepartmentOut,
    KeyAccountListOut,
    ListDifference,
    ListedAccount,
    NewNomination,
    NominationOut,
    Proposal,
)
from shared.auth.principal import Principal
from shared.http.dependencies import Session, allowed
from shared.http.pages import Page, PageQuery, oldest_first, read_page
from shared.http.routes import Router
from shared.policy.api import Policies
from shared.policy.rulebook import Rulebook

router = Router(tags=["programmes"])
HalfYearKey = Annotated[str, Path(description="the half year the list is of", examples=["2021-H1"])]
NominationId = Annotated[str, Path(description="the nomination's id")]


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
    account = await dossiers.account_going_on(session, account_id=body.account_id, reach=who.reach)
    nomination = await service.nominate(
        session, account=account, request=body, caller=caller, rules=Rulebook(policies.in_force(who.today)), who=who
    )
    return shown_nomination(nomination)


@router.get("/nominations")
async def list_nominations(
    session: Session,
    asked: PageQuery,
    caller: Annotated[Principal, allowed("nominations.read")],
    key: Annotated[str | None, Query(alias="half_year", description="of one half year's list")] = None,
    account_id: Annotated[str | None, Query(description="of one account")] = None,
    department: Annotated[str | None, Query(description="by one department")] = None,
) -> Page[NominationOut]:
    """Who was nominated, by whom and why, oldest first (A4)."""
    reach = caller.reach("nominations.read")
    query = repository.nominations_seen(reach, half_year=key, account_id=account_id, department=department)
    return await read_page(session, query, asked=asked, by=oldest_first(Nomination.id), show=shown_nomination)


@router.get("/nominations/{nomination_id}/explanation")
async def explain_nomination(
    nomination_id: NominationId,
    session: Session,
    here: Here,
    caller: Annotated[Principal, allowed("nominations.read")],
) -> Explained:
    """Which of the five criteria held, and what shows it, in words (A4)."""
    found = await repository.nomination(session, nomination_id=nomination_id, reach=caller.reach("nominations.read"))
    return explained(found.decision, here)


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
    return await shown_list(session, key=key, current=current, caller=caller)


@router.post("/key-account-lists/{key}/publish", status_code=201)
async def publish_list(
    key: HalfYearKey,
    body: Proposal,
    session: Session,
    here: Here,
    caller: Annotated[Principal, allowed("key_account_lists.write")],
) -> KeyAccountListOut:
    """Announce the list on which every department agreed; it is in force since it was agreed (A4)."""
    current = await service.publish_list(session, key=key, who=here.by(caller, "key_account_lists.write"))
    return await shown_list(session, key=key, current=current, caller=caller)


@router.get("/key-account-lists/{key}")
async def read_list(
    key: HalfYearKey,
    session: Session,
    caller: Annotated[Principal, allowed("key_account_lists.read")],
) -> KeyAccountListOut:
    """A half year's list: who is nominated, who agreed to it, and who is on it (A4)."""
    current = await repository.key_list(session, half_year=key)
    return await shown_list(session, key=key, current=current, caller=caller)


@router.get("/key-account-lists/{key}/difference")
async def compare_list(
    key: HalfYearKey,
    session: Session,
    caller: Annotated[Principal, allowed("key_account_lists.read")],
) -> ListDifference:
    """Who joined, stayed and left against the last half year that has a list (A4)."""
    reach = caller.reach("key_account_lists.read")
    against, change = await service.change_since_last(session, key=key, reach=reach)
    names = await repository.named_accounts(session, account_ids=[*change.joined, *change.stayed, *change.left])
    return ListDifference(
        half_year=key,
        against=against,
        joined=shown_accounts(change.joined, names),
        stayed=shown_accounts(change.stayed, names),
        left=shown_accounts(change.left, names),
    )


async def shown_list(
    session: AsyncSession, *, key: str, current: KeyAccountList | None, caller: Principal
) -> KeyAccountListOut:
    """A list nobody proposed may still name accounts: those brought in by import."""
    span = half_year(key)
    members = await repository.members(session, half_year=key, reach=caller.reach("key_account_lists.read"))
    nominations = await repository.nominations(session, half_year=key, reach=caller.reach("nominations.read"))
    return KeyAccountListOut(
        half_year=key,
        state=ListState(current.state) if current else ListState.agreed if members else ListState.draft,
        valid_from=span.first,
        valid_until=span.until,
        accounts=[member.account_id for member in members],
        agreed_at=current.agreed_at if current else None,
        published_at=current.published_at if current else None,
        published_by=current.published_by if current else None,
        departments=[shown_department(one) for one in current.asked] if current else [],
        nominations=[shown_nomination(nomination) for nomination in nominations],
    )


def shown_nomination(row: Nomination) -> NominationOut:
    return NominationOut(**{name: getattr(row, name) for name in NominationOut.model_fields})


def shown_department(asked: Mapping[str, str | None]) -> DepartmentOut:
    return DepartmentOut.model_validate({name: asked[name] for name in DepartmentOut.model_fields})


def shown_accounts(ids: Iterable[str], names: Mapping[str, tuple[str, str]]) -> list[ListedAccount]:
    shown = [ListedAccount(account_id=one, number=names[one][0], legal_name=names[one][1]) for one in ids]
    return sorted(shown, key=lambda account: account.number)
