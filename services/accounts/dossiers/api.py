"""Dossiers over HTTP (A1)."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Annotated, Any

from fastapi import Path, Query, Response
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.banking.domain import MASK
from services.accounts.banking.models import BankAccount
from services.accounts.branches import branches_of
from services.accounts.dossiers import repository, service
from services.accounts.dossiers.checklist import checklist_of
from services.accounts.dossiers.domain import Channel, Paper, SalesClass
from services.accounts.dossiers.finding import Wanted, found_by
from services.accounts.dossiers.models import Account, AccountPaper, AccountPerson, TeamRow
from services.accounts.dossiers.schemas import (
    AccountChange,
    AccountOut,
    BankAccountOut,
    DocumentOut,
    Dossier,
    FamilyNotes,
    Member,
    MissingField,
    MoneyText,
    NewAccount,
    NewDocument,
    NewPerson,
    PersonChange,
    PersonOut,
    Purpose,
    Reason,
    Team,
    TeamOut,
    Title,
)
from services.accounts.edge import Here
from services.accounts.evidence import require_file
from shared.auth.principal import Principal
from shared.files_api import Files
from shared.http.conditional import IfMatch, IfMatchOnceThere, PreconditionRequired, require_version, show_version
from shared.http.dependencies import Session, Today, allowed
from shared.http.moments import Day, Moment
from shared.http.pages import Page, PageQuery, oldest_first, read_page, say_page
from shared.http.routes import Router, without_idempotency_key
from shared.money import Money
from shared.policy.api import Policies

router = Router(tags=["accounts"])
CAPITAL = ("registered_capital_minor", "registered_capital_currency")
LISTED = [getattr(Account, name) for name in (*(set(AccountOut.model_fields) - {"registered_capital"}), *CAPITAL)]
AccountId = Annotated[str, Path(description="the account's id", examples=["0192f5a0-0000-7000-8000-000000000001"])]
PersonId = Annotated[str, Path(description="the person's id")]


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


@router.post("/accounts/{account_id}/people", status_code=201)
async def add_person(
    account_id: AccountId,
    body: NewPerson,
    session: Session,
    here: Here,
    caller: Annotated[Principal, allowed("accounts.write")],
) -> PersonOut:
    """Add a person of the customer: legal representative, principal or main contact."""
    who = here.by(caller, "accounts.write")
    account = await repository.locked_account(session, account_id=account_id, reach=who.reach)
    return shown_person(await service.add_person(session, account=account, request=body, today=who.today))


@router.patch("/accounts/{account_id}/people/{person_id}")
async def change_person(
    account_id: AccountId,
    person_id: PersonId,
    body: PersonChange,
    session: Session,
    here: Here,
    caller: Annotated[Principal, allowed("accounts.write")],
) -> PersonOut:
    """Change the fields that are sent; whoever has left stays on file with `left_on`."""
    who = here.by(caller, "accounts.write")
    account = await repository.locked_account(session, account_id=account_id, reach=who.reach)
    person = await repository.person(session, account_id=account.id, person_id=person_id)
    await service.change_person(session, person=person, request=body, today=who.today)
    return shown_person(person)


@router.post("/accounts/{account_id}/people/{person_id}/reveal")
@without_idempotency_key
async def reveal_family_notes(
    account_id: AccountId,
    person_id: PersonId,
    body: Purpose,
    session: Session,
    here: Here,
    response: Response,
    caller: Annotated[Principal, allowed("family_notes.read")],
) -> FamilyNotes:
    """The family notes in clear, for the purpose given; each call is an entry of the audit trail."""
    who = here.by(caller, "family_notes.read")
    account = await repository.account(session, account_id=account_id, reach=who.reach)
    person = await repository.person(session, account_id=account.id, person_id=person_id)
    notes = await service.reveal_family_notes(session, person=person, purpose=body.purpose, who=who)
    response.headers["Cache-Control"] = "no-store"
    return FamilyNotes(id=person.id, family_notes=notes)


@router.post("/accounts/{account_id}/documents", status_code=201)
async def add_document(
    account_id: AccountId,
    body: NewDocument,
    session: Session,
    here: Here,
    files: Files,
    caller: Annotated[Principal, allowed("accounts.write")],
) -> DocumentOut:
    """File a document with its expiry; contracts ask for a `business_licence` in force (C1)."""
    who = here.by(caller, "accounts.write")
    account = await repository.locked_account(session, account_id=account_id, reach=who.reach)
    if body.file_hash is not None:
        require_file(files, body.file_hash, pointer="/file_hash")
    return shown_document(await service.add_paper(session, account=account, request=body, who=who), on=who.today)


@router.get("/accounts/{account_id}/people")
async def list_people(
    account_id: AccountId,
    session: Session,
    asked: PageQuery,
    caller: Annotated[Principal, allowed("accounts.read")],
) -> Page[PersonOut]:
    """The people of the customer, those who have left included; family notes are shown masked."""
    account = await repository.account(session, account_id=account_id, reach=caller.reach("accounts.read"))
    query = repository.people_within(account_id=account.id)
    return await read_page(session, query, asked=asked, by=oldest_first(AccountPerson.id), show=shown_person)


@router.get("/accounts/{account_id}/documents")
async def list_documents(
    account_id: AccountId,
    session: Session,
    asked: PageQuery,
    here: Here,
    caller: Annotated[Principal, allowed("accounts.read")],
) -> Page[DocumentOut]:
    """The documents on file, those that have expired included and so marked."""
    who = here.by(caller, "accounts.read")
    account = await repository.account(session, account_id=account_id, reach=who.reach)
    query = repository.papers_within(account_id=account.id)

    def show(paper: AccountPaper) -> DocumentOut:
        return shown_document(paper, on=who.today)

    return await read_page(session, query, asked=asked, by=oldest_first(AccountPaper.id), show=show)


@router.get("/accounts/{account_id}/team")
async def read_team(
    account_id: AccountId,
    session: Session,
    response: Response,
    caller: Annotated[Principal, allowed("accounts.read")],
    on: Annotated[
        Day | None, Query(description="who works for the account on this local day; every day's left out")
    ] = None,
    known_at: Annotated[
        Moment | None, Query(description="as it was recorded by then; as it is now where left out")
    ] = None,
) -> TeamOut:
    """Who works for the account, by day; its ETag is the version that the next change names (I1)."""
    account = await repository.account(session, account_id=account_id, reach=caller.reach("accounts.read"))
    rows = await repository.team(session, account_id=account.id, on=on, known_at=known_at)
    show_version(response, account.version)
    return shown_team(account, rows)


@router.put("/accounts/{account_id}/team")
async def set_team(
    account_id: AccountId,
    body: Team,
    session: Session,
    here: Here,
    response: Response,
    expected: IfMatchOnceThere,
    caller: Annotated[Principal, allowed("teams.write")],
) -> TeamOut:
    """The account's team, past and present days included; credit follows it by the order's day (S-I1).

    The first team needs no If-Match; whoever changes one names the version he has seen.
    """
    who = here.by(caller, "teams.write")
    account = await repository.locked_account(session, account_id=account_id, reach=who.reach)
    if expected is not None:
        require_version(account.version - 1, expected=expected)
    elif await repository.team(session, account_id=account.id):
        raise PreconditionRequired
    rows = await service.set_team(session, account=account, request=body, who=who)
    show_version(response, account.version)
    return shown_team(account, rows)


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


def shown(account: Account) -> AccountOut:
    fields = {name: getattr(account, name) for name in AccountOut.model_fields if name != "registered_capital"}
    return AccountOut(registered_capital=shown_capital(account), **fields)


def listed(row: Row[Any]) -> dict[str, Any]:
    """A row of the list as it is sent: of the same shape as `shown`, without the steps that fifty rows would take."""
    said = dict(row._mapping)
    capital = shown_capital(row)
    del said["registered_capital_minor"], said["registered_capital_currency"]
    return said | {"registered_capital": None if capital is None else capital.model_dump()}


def shown_capital(account: Account | Row[Any]) -> MoneyText | None:
    if account.registered_capital_minor is None or account.registered_capital_currency is None:
        return None
    capital = Money(account.registered_capital_minor, account.registered_capital_currency)
    return MoneyText(amount=str(capital), currency=capital.currency)


def shown_person(person: AccountPerson) -> PersonOut:
    """Family notes are personal: they are shown masked."""
    fields = {name: getattr(person, name) for name in PersonOut.model_fields if name != "family_notes"}
    return PersonOut(family_notes=MASK if person.family_notes else None, **fields)


def shown_document(paper: AccountPaper, *, on: date) -> DocumentOut:
    fields = {name: getattr(paper, name) for name in DocumentOut.model_fields if name != "expired"}
    return DocumentOut(expired=Paper(paper.type, paper.expires_on).expired(on), **fields)


def shown_bank_account(row: BankAccount) -> BankAccountOut:
    return BankAccountOut(
        id=row.id,
        bank=row.bank,
        currency=row.currency,
        number=row.shown,
        in_use=row.ended_at is None,
        recorded_at=row.recorded_at,
    )


def shown_member(row: TeamRow) -> Member:
    return Member(**{name: getattr(row, name) for name in Member.model_fields})


def shown_team(account: Account, rows: Sequence[TeamRow]) -> TeamOut:
    return TeamOut(members=[shown_member(row) for row in rows], developer=account.developer)


def shown_dossier(dossier: service.WholeDossier, *, on: date) -> Dossier:
    """Completeness is cut to four digits, so that only a complete dossier shows 1.0000."""
    share = dossier.completeness.share.quantize(Decimal("0.0001"), ROUND_DOWN)
    return Dossier(
        account=shown(dossier.account),
        people=[shown_person(person) for person in dossier.people],
        documents=[shown_document(paper, on=on) for paper in dossier.papers],
        bank_accounts=[shown_bank_account(row) for row in dossier.banking],
        team=[shown_member(row) for row in dossier.team],
        completeness=str(share),
        missing=[
            MissingField(field=row.field, group=row.group, title=Title(**row.title))
            for row in dossier.completeness.missing
        ],
    )
