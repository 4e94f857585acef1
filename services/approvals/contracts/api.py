"""Contracts over HTTP: drafted, changed, submitted, signed and set to work."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response, status
from sqlalchemy import select

from services.approvals.contracts import repository, service
from services.approvals.contracts.composing import changed_content, new_content
from services.approvals.contracts.domain import State
from services.approvals.contracts.models import ContractRow
from services.approvals.contracts.schemas import (
    ActivationGiven,
    ContractDrafted,
    ContractFields,
    ContractShown,
    HistoryShown,
    SignatureGiven,
)
from services.approvals.contracts.service import Doing
from services.approvals.contracts.views import show_contract, show_history
from services.approvals.edge import At
from services.approvals.requests.proofs import evidence_of
from shared.auth.principal import Principal
from shared.files_api import Files
from shared.http.conditional import IfMatch, show_version
from shared.http.dependencies import Session, allowed
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.routes import Router

router = Router(tags=["contracts"])

Reader = Annotated[Principal, allowed("contracts.read")]
Writer = Annotated[Principal, allowed("contracts.write")]
Signer = Annotated[Principal, allowed("contracts.sign")]


@router.post("/contracts", status_code=status.HTTP_201_CREATED)
async def draft_contract(
    session: Session, caller: Writer, response: Response, at: At, drafted: ContractDrafted
) -> ContractShown:
    """A new draft, from an accepted quote (its lines with their frozen floor and cost) or from free lines."""
    content = await new_content(session, drafted, at=at)
    doing = Doing(caller, caller.reach("contracts.write"), at)
    row = await service.draft_contract(session, account_id=drafted.account_id, content=content, doing=doing)
    response.headers["Location"] = f"/v1/contracts/{row.id}"
    return _shown(row, response, at)


def _shown(row: ContractRow, response: Response, at: At) -> ContractShown:
    show_version(response, row.version)
    return show_contract(row, at=at)


@router.get("/contracts")
async def list_contracts(
    session: Session,
    caller: Reader,
    page: PageQuery,
    at: At,
    account_id: Annotated[str | None, Query(max_length=100)] = None,
    state: Annotated[State | None, Query()] = None,
) -> Page[ContractShown]:
    """The contracts within reach, newest first."""
    query = select(ContractRow).where(repository.reached(caller.reach("contracts.read")))
    given = {"account_id": account_id, "state": state}
    query = query.filter_by(**{name: value for name, value in given.items() if value is not None})
    by = newest_first(ContractRow.id)
    return await read_page(session, query, asked=page, by=by, show=lambda row: show_contract(row, at=at))


@router.get("/contracts/{contract_id}")
async def get_contract(
    session: Session, caller: Reader, response: Response, at: At, contract_id: UUID
) -> ContractShown:
    """One contract with its present revision."""
    reach = caller.reach("contracts.read")
    return _shown(await repository.contract_to_read(session, str(contract_id), reach=reach), response, at)


@router.get("/contracts/{contract_id}/history")
async def get_contract_history(session: Session, caller: Reader, contract_id: UUID) -> HistoryShown:
    """Every move of a contract, and what each revision says."""
    row = await repository.contract_to_read(session, str(contract_id), reach=caller.reach("contracts.read"))
    return show_history(row, await repository.history(session, row.id))


@router.patch("/contracts/{contract_id}")
async def edit_contract(
    session: Session,
    caller: Writer,
    response: Response,
    at: At,
    version: IfMatch,
    contract_id: UUID,
    given: ContractFields,
) -> ContractShown:
    """Change a draft; while its request is pending this withdraws the request and makes a new revision (S-G1)."""
    doing = Doing(caller, caller.reach("contracts.write"), at)
    seen = await repository.contract_to_read(session, str(contract_id), reach=doing.reach)
    content = await changed_content(
        session, repository.contract_of(seen).content, given, account_id=seen.account_id, at=at
    )
    row = await service.edit_contract(session, str(contract_id), content, expected_version=version, doing=doing)
    return _shown(row, response, at)


@router.post("/contracts/{contract_id}/submit")
async def submit_contract(
    session: Session, caller: Writer, response: Response, at: At, contract_id: UUID
) -> ContractShown:
    """Send a draft to its approvers: papers and payment terms are asked, the route is frozen with its reasons."""
    doing = Doing(caller, caller.reach("contracts.write"), at)
    return _shown(await service.submit_contract(session, str(contract_id), doing=doing), response, at)


@router.post("/contracts/{contract_id}/sign")
async def sign_contract(
    session: Session,
    caller: Signer,
    response: Response,
    at: At,
    contract_id: UUID,
    files: Files,
    given: SignatureGiven,
) -> ContractShown:
    """Record the signature, after papers, approval, account and floors were asked again (S-G10)."""
    evidence = evidence_of(given.evidence, files)
    doing = Doing(caller, caller.reach("contracts.sign"), at)
    row = await service.sign_contract(
        session, str(contract_id), signed_on=given.signed_on, evidence=evidence, doing=doing
    )
    return _shown(row, response, at)


@router.post("/contracts/{contract_id}/activate")
async def activate_contract(
    session: Session, caller: Signer, response: Response, at: At, contract_id: UUID, given: ActivationGiven
) -> ContractShown:
    """Set a signed contract to work, from a day that has come."""
    doing = Doing(caller, caller.reach("contracts.sign"), at)
    row = await service.activate_contract(session, str(contract_id), active_on=given.active_on, doing=doing)
    return _shown(row, response, at)
