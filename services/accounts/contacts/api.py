"""The contact log over HTTP (A10)."""

from typing import Annotated

from fastapi import Path, Query

from services.accounts.contacts import repository, service
from services.accounts.contacts.domain import ContactKind
from services.accounts.contacts.models import Contact
from services.accounts.contacts.schemas import ContactOut, NewAccountContact, NewContact, RecordForm
from services.accounts.dossiers import repository as dossiers
from services.accounts.dossiers.api import AccountId
from services.accounts.edge import Here
from services.accounts.evidence import require_file
from services.accounts.staff import require_staff
from shared.auth.principal import Principal
from shared.files_api import Files
from shared.http.dependencies import Session, allowed
from shared.http.moments import Day
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.routes import Router

router = Router(tags=["work"])
ContactId = Annotated[str, Path(description="the contact's id")]
Writer = Annotated[Principal, allowed("contacts.write")]


@router.post("/contacts", status_code=201)
async def log_contact(
    body: NewAccountContact, session: Session, here: Here, files: Files, caller: Writer
) -> ContactOut:
    """Log a call, a mail, a visit or a meeting; the number of them is the account's activity (A10, A2)."""
    who = here.by(caller, "contacts.write")
    account = await dossiers.account_going_on(session, account_id=body.account_id, reach=who.reach)
    if body.made_by is not None:
        await require_staff(session, named={"/made_by": body.made_by}, working={})
    if body.form_hash is not None:
        require_file(files, body.form_hash, pointer="/form_hash")
    return shown(await service.log_contact(session, account_id=account.id, request=body, who=who))


@router.post("/accounts/{account_id}/contacts", status_code=201)
async def log_contact_of_account(
    account_id: AccountId, body: NewContact, session: Session, here: Here, files: Files, caller: Writer
) -> ContactOut:
    """The same, under the account's own address."""
    return await log_contact(
        NewAccountContact(account_id=account_id, **body.model_dump()), session, here, files, caller
    )


@router.put("/contacts/{contact_id}/form")
async def file_record_form(
    contact_id: ContactId, body: RecordForm, session: Session, files: Files, caller: Writer
) -> ContactOut:
    """File the record form of a visit (A10); a form once filed stays."""
    contact = await repository.locked_contact(session, contact_id=contact_id, reach=caller.reach("contacts.write"))
    require_file(files, body.file_hash, pointer="/file_hash")
    return shown(await service.file_form(session, contact=contact, file_hash=body.file_hash))


@router.get("/contacts")
async def list_contacts(
    session: Session,
    asked: PageQuery,
    caller: Annotated[Principal, allowed("contacts.read")],
    account_id: Annotated[str | None, Query(description="with this account")] = None,
    kind: Annotated[ContactKind | None, Query(description="of this kind")] = None,
    made_by: Annotated[str | None, Query(description="made by this user")] = None,
    first: Annotated[Day | None, Query(description="on this local day or later")] = None,
    until: Annotated[Day | None, Query(description="before this local day")] = None,
) -> Page[ContactOut]:
    """The contacts of the accounts the caller may see, newest first."""
    query = repository.contacts_within(caller.reach("contacts.read"))
    for column, wanted in ((Contact.account_id, account_id), (Contact.kind, kind), (Contact.made_by, made_by)):
        query = query if wanted is None else query.where(column == wanted)
    if first is not None:
        query = query.where(Contact.on_day >= first)
    if until is not None:
        query = query.where(Contact.on_day < until)
    return await read_page(session, query, asked=asked, by=newest_first(Contact.on_day, Contact.id), show=shown)


def shown(row: Contact) -> ContactOut:
    return ContactOut(**{name: getattr(row, name) for name in ContactOut.model_fields})
