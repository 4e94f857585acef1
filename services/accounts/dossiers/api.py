"""Accounts and their dossiers over HTTP (A1)."""

from typing import Annotated

from fastapi import Path, Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.branches import branches_of
from services.accounts.dossiers import repository, service
from services.accounts.dossiers.checklist import checklist_of
from services.accounts.dossiers.domain import Channel, SalesClass
from services.accounts.dossiers.finding import Wanted, found_by
from services.accounts.dossiers.models import Account
from services.accounts.dossiers.schemas import AccountChange, AccountOut, Dossier, NewAccount, Reason
from services.accounts.dossiers.shown import listed, shown, shown_dossier
from services.accounts.edge import Here
from shared.auth.principal import Principal
from shared.http.conditional import IfMatch, require_version, show_version
from shared.http.dependencies import Session, Today, allowed
from shared.http.pages import Page, PageQuery, oldest_first, read_page, say_page
from shared.http.routes import Router
from shared.policy.api import Policies

router = Router(tags=["accounts"])
CAPITAL = ("registered_capital_minor", "registered_capital_currency")
LISTED = [getattr(Account, name) for name in (*(set(AccountOut.model_fields) - {"registered_capital"}), *CAPITAL)]
AccountId = Annotated[str, Path(description="the account's id", examples=["0192f5a0-0000-7000-8000-000000000001"])]


@router.post("/accounts", status_code=201)
async def open_account(
    body: NewAccount,
    session: Session,
    here: Here,
    policies: Policies,
    response: Response,
    caller: Annotated[Principal, allowed("accounts.write")],
) -> AccountOut:
    """Open the dossier of a customer (A1) in a branch of the table `branches`; the dossier says what is missing."""
    who = here.by(caller, "accounts.write")
    branches = branches_of(policies.in_force(who.today))
    account = await service.open_account(session, request=body, branches=branches, who=who)
    response.headers["Location"] = f"/v1/accounts/{account.id}"
    show_version(response, account.version)
    return shown(account)


@router.get("/accounts", response_model=Page[AccountOut])
async def list_accounts(
    session: Session,
    asked: PageQuery,
    today: Today,
    caller: Annotated[Principal, allowed("accounts.read")],
    number: Annotated[str | None, Query(description="exactly this account number")] = None,
    branch: Annotated[str | None, Query(description="of this branch", examples=["kinshasa"])] = None,
    channel: Annotated[Channel | None, Query(description="of this channel")] = None,
    sales_class: Annotated[SalesClass | None, Query(description="of this sales-policy class")] = None,
    frozen: Annotated[bool | None, Query(description="only frozen ones, or only those that are not")] = None,
    name: Annotated[
        str | None, Query(max_length=500, description="whose legal name begins so, whatever the case")
    ] = None,
    grade: Annotated[str | None, Query(alias="class", description="whose class today it is", examples=["A"])] = None,
    tier: Annotated[str | None, Query(description="whose membership tier today it is", examples=["gold"])] = None,
    half_year: Annotated[
        str | None, Query(alias="list", description="on this key-account list", examples=["2026-H1"])
    ] = None,
) -> Response:
    """The accounts the caller may see, by id."""
    wanted = (
        (Account.number, number),
        (Account.branch, branch),
        (Account.channel, channel),
        (Account.sales_class, sales_class),
        (Account.frozen, frozen),
    )
    query = select(*LISTED).where(repository.seen_by(caller.reach("accounts.read")))
    query = query.where(*(column == value for column, value in wanted if value is not None))
    query = query.where(*found_by(Wanted(name, grade, tier, half_year), on=today))
    page = await read_page(session, query, asked=asked, by=oldest_first(Account.id), show=listed)
    return say_page(page, asked)


@router.get("/accounts/{account_id}")
async def read_account(
    account_id: AccountId,
    session: Session,
    response: Response,
    caller: Annotated[Principal, allowed("accounts.read")],
) -> AccountOut:
    """One account; its ETag is the version a change names."""
    account = await repository.account(session, account_id=account_id, reach=caller.reach("accounts.read"))
    show_version(response, account.version)
    return shown(account)


@router.patch("/accounts/{account_id}")
async def change_account(
    account_id: AccountId,
    body: AccountChange,
    session: Session,
    here: Here,
    response: Response,
    expected: IfMatch,
    caller: Annotated[Principal, allowed("accounts.write")],
) -> AccountOut:
    """Change the fields that are sent, on the version in If-Match."""
    who = here.by(caller, "accounts.write")
    account = await repository.locked_account(session, account_id=account_id, reach=who.reach)
    require_version(account.version - 1, expected=expected)
    await service.change_account(session, account=account, request=body, who=who)
    show_version(response, account.version)
    return shown(account)


@router.get("/accounts/{account_id}/dossier")
async def read_dossier(
    account_id: AccountId,
    session: Session,
    here: Here,
    policies: Policies,
    caller: Annotated[Principal, allowed("accounts.read")],
) -> Dossier:
    """The whole file, how complete it is and what is missing by the table `dossier-checklist` (A1)."""
    who = here.by(caller, "accounts.read")
    account = await repository.account(session, account_id=account_id, reach=who.reach)
    checklist = checklist_of(policies.in_force(who.today))
    dossier = await service.read_dossier(session, account=account, checklist=checklist, on=who.today)
    return shown_dossier(dossier, on=who.today)


FREEZE = "accounts.freeze"
Freezer = Annotated[Principal, allowed(FREEZE)]


@router.post("/accounts/{account_id}/freeze", status_code=200)
async def freeze_account(
    account_id: AccountId, body: Reason, session: Session, here: Here, caller: Freezer
) -> AccountOut:
    """Freeze the account: it places no orders and redeems nothing until unfrozen (S-I3)."""
    return await _set_frozen(session, account_id, frozen=True, reason=body.reason, who=here.by(caller, FREEZE))


@router.post("/accounts/{account_id}/unfreeze", status_code=200)
async def unfreeze_account(
    account_id: AccountId, body: Reason, session: Session, here: Here, caller: Freezer
) -> AccountOut:
    """End the freeze."""
    return await _set_frozen(session, account_id, frozen=False, reason=body.reason, who=here.by(caller, FREEZE))


async def _set_frozen(
    session: AsyncSession, account_id: str, *, frozen: bool, reason: str, who: service.Whereabouts
) -> AccountOut:
    account = await repository.locked_account(session, account_id=account_id, reach=who.reach)
    await service.set_frozen(session, account=account, frozen=frozen, reason=reason, who=who)
    return shown(account)
