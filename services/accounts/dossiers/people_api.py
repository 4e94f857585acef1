"""The people of an account over HTTP; family notes are shown in clear to whoever says why (A1)."""

from typing import Annotated

from fastapi import Path, Response

from services.accounts.dossiers import repository, service
from services.accounts.dossiers.api import AccountId
from services.accounts.dossiers.models import AccountPerson
from services.accounts.dossiers.schemas import FamilyNotes, NewPerson, PersonChange, PersonOut, Purpose
from services.accounts.dossiers.shown import shown_person
from services.accounts.edge import Here
from shared.auth.principal import Principal
from shared.http.dependencies import Session, allowed
from shared.http.pages import Page, PageQuery, oldest_first, read_page
from shared.http.routes import Router, without_idempotency_key

router = Router(tags=["accounts"])

PersonId = Annotated[str, Path(description="the person's id")]


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
