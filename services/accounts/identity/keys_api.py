"""Routes of the keys machines prove themselves with, and of those that sign."""

from typing import Annotated

from fastapi import Path, Query, Request
from sqlalchemy import select

from services.accounts.edge import settings_of
from services.accounts.identity import service
from services.accounts.identity.domain import NewApiKey
from services.accounts.identity.models import ApiKey
from services.accounts.identity.schemas import ApiKeyIssued, ApiKeyShown, ApiKeyWithSecret, SigningKeyRotated
from services.accounts.identity.service import Act
from shared.auth.principal import Principal
from shared.http.dependencies import Now, Session, allowed
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.routes import Router, shown_once

router = Router(tags=["identity"])


@router.post("/api-keys", status_code=201)
@shown_once("secret")
async def issue_api_key(
    wanted: ApiKeyIssued, session: Session, now: Now, caller: Annotated[Principal, allowed("api_keys.write")]
) -> ApiKeyWithSecret:
    """Issue a key for a machine; its secret is shown this once."""
    new = NewApiKey(wanted.name, frozenset(wanted.scopes), wanted.expires_at)
    act = Act(caller.user_id, now)
    key, secret = await service.issue_api_key(session, user_id=wanted.user_id, wanted=new, act=act)
    return ApiKeyWithSecret(**_api_key(key).model_dump(), secret=secret)


@router.get("/api-keys", dependencies=[allowed("api_keys.read")])
async def list_api_keys(
    session: Session,
    page: PageQuery,
    user_id: Annotated[str | None, Query(max_length=100, description="only this machine's keys")] = None,
) -> Page[ApiKeyShown]:
    """Keys, newest first, without their secrets."""
    query = select(ApiKey)
    if user_id is not None:
        query = query.where(ApiKey.user_id == user_id)
    return await read_page(session, query, asked=page, by=newest_first(ApiKey.created_at, ApiKey.key_id), show=_api_key)


@router.post("/signing-keys/rotate", status_code=201)
async def rotate_signing_key(
    request: Request, session: Session, now: Now, caller: Annotated[Principal, allowed("signing_keys.rotate")]
) -> SigningKeyRotated:
    """Sign with a fresh key from now on; what the old one signed stays good until it expires."""
    kid = await service.rotate_signing_key(session, settings=settings_of(request), act=Act(caller.user_id, now))
    return SigningKeyRotated(kid=kid)


@router.delete("/api-keys/{key_id}", status_code=204)
async def revoke_api_key(
    key_id: Annotated[str, Path(description="the key's id", max_length=100)],
    session: Session,
    now: Now,
    caller: Annotated[Principal, allowed("api_keys.write")],
) -> None:
    """Revoke a key: no further token is made for it."""
    await service.revoke_api_key(session, key_id=key_id, act=Act(caller.user_id, now))


def _api_key(key: ApiKey) -> ApiKeyShown:
    return ApiKeyShown.model_validate(key, from_attributes=True)
