"""Suspected duplicates over HTTP (A1)."""

from typing import Annotated

from fastapi import Path, Query

from services.accounts.dossiers.schemas import Reason
from services.accounts.duplicates import repository, service
from services.accounts.duplicates.models import Suspicion
from services.accounts.duplicates.schemas import SuspicionOut
from services.accounts.edge import Here
from shared.auth.principal import Principal
from shared.http.dependencies import Session, allowed
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.routes import Router

router = Router(tags=["accounts"])
SuspicionId = Annotated[str, Path(description="the suspicion's id")]


@router.get("/duplicate-suspicions")
async def list_suspicions(
    session: Session,
    asked: PageQuery,
    caller: Annotated[Principal, allowed("merges.read")],
    account_id: Annotated[str | None, Query(description="with this account in the pair")] = None,
    dismissed: Annotated[bool, Query(description="those dismissed instead of those open")] = False,
) -> Page[SuspicionOut]:
    """Pairs of accounts that may be one customer, the newest first; only where the caller may see both."""
    query = repository.suspicions_seen(caller.reach("merges.read"), account_id=account_id, dismissed=dismissed)
    return await read_page(session, query, asked=asked, by=newest_first(Suspicion.id), show=shown_suspicion)


@router.post("/duplicate-suspicions/{suspicion_id}/dismiss", status_code=200)
async def dismiss_suspicion(
    suspicion_id: SuspicionId,
    body: Reason,
    session: Session,
    here: Here,
    caller: Annotated[Principal, allowed("accounts.merge")],
) -> SuspicionOut:
    """Say that they are two customers; the pair comes back only for a reason that is new."""
    reach = caller.reach("accounts.merge")
    suspicion = await repository.suspicion(session, suspicion_id=suspicion_id, reach=reach)
    await service.dismiss_suspicion(
        session, suspicion=suspicion, reason=body.reason, user_id=caller.user_id, now=here.now
    )
    return shown_suspicion(suspicion)


def shown_suspicion(suspicion: Suspicion) -> SuspicionOut:
    return SuspicionOut(
        id=suspicion.id,
        account_ids=(suspicion.first_id, suspicion.second_id),
        reasons=suspicion.reasons,
        found_at=suspicion.found_at,
        dismissed_because=suspicion.dismissed_because,
        dismissed_by=suspicion.dismissed_by,
        dismissed_at=suspicion.dismissed_at,
    )
