"""`/v1/audit`: who did what, and proof that nobody changed it since."""

from typing import Annotated, Any

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Row, select

from shared import audit
from shared.db.mechanisms import audit_entry
from shared.http.dependencies import Session, allowed
from shared.http.pages import Page, PageQuery, newest_first, read_page
from shared.http.routes import Router, without_idempotency_key

router = Router(tags=["audit"])

DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class AuditEntryShown(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "position": 12,
                    "at": "2021-03-02T08:00:00Z",
                    "actor": "0192f3a0-5c1e-7c3e-8a55-0d5f5c1d2e3f",
                    "action": "role.assigned",
                    "subject": "user/0192f3a0-5c1e-7c3e-8a55-0d5f5c1d2e40",
                    "detail": {"role": "finance"},
                }
            ]
        }
    )

    position: int
    at: AwareDatetime
    actor: str = Field(description="user id, or the part of the system that acted")
    action: str
    subject: str
    detail: dict[str, Any]


class AuditHead(BaseModel):
    """The newest sealed block; keep it elsewhere to prove later that nothing before it was changed or cut."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"number": 3, "last_position": 2817, "digest": DIGEST}]}
    )

    number: int = Field(ge=0, description="0 before the first block")
    last_position: int = Field(ge=0)
    digest: str = Field(pattern="^[0-9a-f]{64}$")


class AuditVerified(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"intact": True, "wrong": [], "unsealed": 2}]})

    intact: bool
    wrong: list[str] = Field(description="which blocks are not as they were sealed")
    unsealed: int = Field(description="entries that wait for the next seal")


@router.get("/audit", dependencies=[allowed("audit.read")])
async def list_audit_entries(
    session: Session,
    page: PageQuery,
    subject: Annotated[str | None, Query(max_length=200, description="only about this, as `user/<id>`")] = None,
    actor: Annotated[str | None, Query(max_length=200, description="only what this user did")] = None,
) -> Page[AuditEntryShown]:
    """What was done here, newest first."""
    query = select(audit_entry)
    if subject is not None:
        query = query.where(audit_entry.c.subject == subject)
    if actor is not None:
        query = query.where(audit_entry.c.actor == actor)
    return await read_page(session, query, asked=page, by=newest_first(audit_entry.c.pos), show=_shown)


@router.get("/audit/head", dependencies=[allowed("audit.read")])
async def read_audit_head(session: Session) -> AuditHead:
    """The newest sealed block of the chain."""
    head = await audit.head(session) or audit.Head(0, 0, audit.GENESIS)
    return AuditHead(number=head.number, last_position=head.last_pos, digest=head.digest.hex())


@router.post("/audit/verify", dependencies=[allowed("audit.verify")])
@without_idempotency_key
async def verify_audit(session: Session, published: AuditHead | None = None) -> AuditVerified:
    """Recompute the whole chain; send a head you kept to prove that nothing before it was cut."""
    kept = None
    if published is not None:
        kept = audit.Head(published.number, published.last_position, bytes.fromhex(published.digest))
    wrong = await audit.verify(session, published=kept)
    return AuditVerified(intact=not wrong, wrong=list(wrong), unsealed=await audit.count_unsealed(session))


def _shown(row: Row[Any]) -> AuditEntryShown:
    return AuditEntryShown(
        position=row.pos, at=row.at, actor=row.actor, action=row.action, subject=row.subject, detail=row.detail
    )
