"""The documents of an account over HTTP (A1)."""

from typing import Annotated

from services.accounts.dossiers import repository, service
from services.accounts.dossiers.api import AccountId
from services.accounts.dossiers.models import AccountPaper
from services.accounts.dossiers.schemas import DocumentOut, NewDocument
from services.accounts.dossiers.shown import shown_document
from services.accounts.edge import Here
from services.accounts.evidence import require_file
from shared.auth.principal import Principal
from shared.files_api import Files
from shared.http.dependencies import Session, allowed
from shared.http.pages import Page, PageQuery, oldest_first, read_page
from shared.http.routes import Router

router = Router(tags=["accounts"])


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
