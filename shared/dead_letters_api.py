"""`/v1/dead-letters`: what could not be applied, and letting a key's events flow again once the cause is mended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Row, select

from shared import audit
from shared.auth.principal import Principal
from shared.clock import system_now
from shared.consumer import Consumer
from shared.db.mechanisms import dead_letter
from shared.dead_letters import replay_key_of, set_aside
from shared.errors import NotFound
from shared.http.dependencies import Now, Session, allowed
from shared.http.pages import Page, PageQuery, oldest_first, read_page
from shared.http.routes import Router


class DeadLetterView(BaseModel):
    """An event that was not applied; its body is not shown, it may hold figures of any kind."""

    model_config = ConfigDict(extra="forbid")

    event_id: UUID
    consumer: str = Field(description="who could not apply it")
    topic: str
    type: str
    partition_key: str = Field(description="later events of this key wait behind it")
    aggregate_id: str
    sequence: int = Field(description="its number among the events of its aggregate; 0 where it has none")
    reason: Literal["poison", "parked", "other_body"] = Field(
        description="poison: it failed; parked: it waits behind one that failed; other_body: its id was known already"
    )
    error: str
    attempts: int
    parked_at: datetime
    resolved_at: datetime | None = None
    resolved_by: str | None = None


class ReplayView(BaseModel):
    """What became of the key's waiting events."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"partition_key": "account-1", "applied": 3, "waiting": 0}]}
    )

    partition_key: str
    applied: int = Field(description="events applied now, in their order")
    waiting: int = Field(description="events of the key that still wait")
    failed: UUID | None = Field(None, description="the event that failed again; those behind it were not tried")
    error: str | None = None


class SetAside(BaseModel):
    """Why nobody will ever apply it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "sent by a test system by mistake"}]}
    )

    reason: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        min_length=1, max_length=1000, description="kept in the audit trail"
    )


def dead_letters_router(consumers: Sequence[Consumer]) -> Router:
    """The routes of one service, replaying through the handlers of its own `consumers`."""
    router = Router(tags=["dead letters"])

    @router.get("/dead-letters", dependencies=[allowed("dead_letters.read")])
    async def list_dead_letters(
        session: Session,
        page: PageQuery,
        partition_key: Annotated[str | None, Query(description="only those of this key")] = None,
        resolved: Annotated[bool, Query(description="those already replayed instead of those waiting")] = False,
    ) -> Page[DeadLetterView]:
        """Events waiting for a person, oldest first."""
        letters = dead_letter.c
        query = select(dead_letter).where(
            letters.resolved_at.is_not(None) if resolved else letters.resolved_at.is_(None)
        )
        if partition_key is not None:
            query = query.where(letters.partition_key == partition_key)
        return await read_page(session, query, asked=page, by=oldest_first(letters.arrival), show=_view)

    @router.post("/dead-letters/{event_id}/replay")
    async def replay_dead_letter(
        event_id: UUID, session: Session, now: Now, caller: Annotated[Principal, allowed("dead_letters.replay")]
    ) -> ReplayView:
        """Apply the waiting events of this event's key in order, until one fails again."""
        replay = await replay_key_of(session, consumers, event_id=event_id, by=caller.user_id, now=now)
        outcome: dict[str, str | int] = {
            "partition_key": replay.key,
            "applied": replay.applied,
            "waiting": replay.waiting,
        }
        await _audit(session, caller, "dead_letter.replayed", event_id, outcome | {"failed": str(replay.failed or "")})
        return ReplayView(
            partition_key=replay.key,
            applied=replay.applied,
            waiting=replay.waiting,
            failed=replay.failed,
            error=replay.error,
        )

    @router.post("/dead-letters/{event_id}/set-aside", status_code=204)
    async def set_dead_letter_aside(
        event_id: UUID,
        given: SetAside,
        session: Session,
        caller: Annotated[Principal, allowed("dead_letters.replay")],
    ) -> None:
        """Give one event up for good: it is never applied, and those behind it can be replayed without it."""
        if not await set_aside(session, event_id=event_id, by=caller.user_id):
            raise NotFound
        await _audit(session, caller, "dead_letter.set_aside", event_id, {"reason": given.reason})

    return router


async def _audit(
    session: Session, caller: Principal, action: str, event_id: UUID, detail: Mapping[str, str | int]
) -> None:
    subject = f"dead_letter/{event_id}"
    entry = audit.Entry(at=system_now(), actor=caller.user_id, action=action, subject=subject, detail=detail)
    await audit.append(session, entry)


def _view(row: Row[tuple[object, ...]]) -> DeadLetterView:
    letter = row._mapping
    return DeadLetterView(
        type=letter["headers"].get("ce_type", "Unreadable"),
        aggregate_id=letter["aggregateid"],
        sequence=letter["aggregate_seq"],
        **{name: letter[name] for name in DeadLetterView.model_fields if name in letter},
    )
