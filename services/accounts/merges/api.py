"""Merges of accounts over HTTP, and their undoing."""

from typing import Annotated

from fastapi import Path, Query

from services.accounts.dossiers.schemas import Reason
from services.accounts.edge import Here
from services.accounts.merges import repository, service
from services.accounts.merges.models import AccountMerge
from services.accounts.merges.schemas import MergeOut, NewMerge
from shared.auth.principal import Principal
from shared.http.dependencies import Session, allowed
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.routes import Router

router = Router(tags=["accounts"])
MergeId = Annotated[str, Path(description="the merge's id")]


@router.post("/merges", status_code=201)
async def merge_accounts(
    body: NewMerge, session: Session, here: Here, caller: Annotated[Principal, allowed("accounts.merge")]
) -> MergeOut:
    """Let one account go on for two; orders, elections and changes of the other are refused or taken as the first's.

    Both keep what they had: orders, classes, elections and rewards of before stay with their own account.
    """
    who = here.by(caller, "accounts.merge")
    return shown_merge(await service.merge_accounts(session, request=body, who=who))


@router.get("/merges")
async def list_merges(
    session: Session,
    asked: PageQuery,
    caller: Annotated[Principal, allowed("merges.read")],
    account_id: Annotated[str | None, Query(description="with this account on either side")] = None,
) -> Page[MergeOut]:
    """Merges, undone ones included, the newest first; only where the caller may see both accounts."""
    query = repository.merges_seen(caller.reach("merges.read"), account_id=account_id)
    return await read_page(session, query, asked=asked, by=newest_first(AccountMerge.id), show=shown_merge)


@router.post("/merges/{merge_id}/undo", status_code=200)
async def undo_merge(
    merge_id: MergeId,
    body: Reason,
    session: Session,
    here: Here,
    caller: Annotated[Principal, allowed("accounts.merge")],
) -> MergeOut:
    """Let each account go on for itself again; what came in between stays with the one it was booked on."""
    who = here.by(caller, "accounts.merge")
    merge = await repository.merge(session, merge_id=merge_id, reach=who.reach)
    await service.part_accounts(session, merge=merge, reason=body.reason, who=who)
    return shown_merge(merge)


def shown_merge(merge: AccountMerge) -> MergeOut:
    return MergeOut(
        id=merge.id,
        absorbed_account_id=merge.absorbed_id,
        into_account_id=merge.into_id,
        reason=merge.reason,
        merged_by=merge.merged_by,
        merged_at=merge.merged_at,
        stands=merge.undone_at is None,
        undone_because=merge.undone_because,
        undone_by=merge.undone_by,
        undone_at=merge.undone_at,
    )
