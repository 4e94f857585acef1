"""Delegations over HTTP: one's own given, received and taken back."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from services.approvals.delegations import repository, service
from services.approvals.delegations.models import DelegationRow
from services.approvals.edge import At
from shared.auth.principal import Principal
from shared.http.dependencies import Session, allowed
from shared.http.moments import Day
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.routes import Router

router = Router(tags=["delegations"])

Reader = Annotated[Principal, allowed("delegations.read")]
Delegator = Annotated[Principal, allowed("delegations.write")]


class DelegationWanted(BaseModel):
    """Half-open local days: `valid_until` is the first day no longer covered."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "to_user": "0198a5b2-7c11-7000-8000-000000000001",
                    "role": "finance_director",
                    "valid_from": "2021-03-08",
                    "valid_until": "2021-03-22",
                    "reason": "annual leave",
                }
            ]
        },
    )

    to_user: str = Field(min_length=1, max_length=100)
    role: str | None = Field(None, max_length=100, description="only in this role; in all of one's roles without it")
    valid_from: Day
    valid_until: Day
    reason: str = Field("", max_length=500)


class DelegationShown(BaseModel):
    id: UUID
    by_user: str
    to_user: str
    role: str | None
    valid_from: date
    valid_until: date
    ends_at: datetime = Field(description="the first moment it no longer holds; earlier than its days when revoked")
    reason: str
    revoked_at: datetime | None


def show(row: DelegationRow) -> DelegationShown:
    return DelegationShown.model_validate(row, from_attributes=True)


@router.post("/delegations", status_code=201)
async def make_delegation(session: Session, caller: Delegator, at: At, wanted: DelegationWanted) -> DelegationShown:
    """Let a colleague decide in one's place for some days, within the limits of the house (C10)."""
    wish = service.Wish(wanted.to_user, wanted.role, wanted.valid_from, wanted.valid_until, wanted.reason)
    return show(await service.make_delegation(session, wish, by=caller.user_id, at=at))


@router.get("/delegations")
async def list_delegations(
    session: Session,
    caller: Reader,
    at: At,
    page: PageQuery,
    open_only: Annotated[bool, Query(description="only what holds now or later")] = False,
) -> Page[DelegationShown]:
    """One's own, given and received, newest first; auditors see everybody's."""
    reach = caller.reach("delegations.read")
    query = select(DelegationRow).where(repository.seen_by(reach, sees_all="auditor" in caller.roles))
    if open_only:
        query = query.where(DelegationRow.ends_at > at.now)
    return await read_page(session, query, asked=page, by=newest_first(DelegationRow.id), show=show)


@router.post("/delegations/{delegation_id}/revoke")
async def revoke_delegation(session: Session, caller: Delegator, at: At, delegation_id: UUID) -> DelegationShown:
    """End one's own delegation now; what was decided under it stands (S-G5)."""
    return show(await service.revoke_delegation(session, str(delegation_id), by=caller.user_id, at=at))
