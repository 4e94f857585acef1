"""`/v1/dead-letters`: what could not be applied, and letting a key's events flow again once the cause is mended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row, select

from shared import audit
from shared.auth.principal import Principal
from shared.clock import system_now
from shared.consumer import Consumer
from shared.db.mechanisms import dead_letter
from shared.dead_letters import Replay, replay_key_of
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
        await _audit(session, caller, event_id, replay)
        return ReplayView(
            partition_key=replay.key,
            applied=replay.applied,
            waiting=replay.waiting,
            failed=replay.failed,
            error=replay.error,
        )

    return router


async def _audit(session: Session, caller: Principal, event_id: UUID, replay: Replay) -> None:
    outcome = {"applied": replay.applied, "waiting": replay.waiting, "failed": str(replay.failed or "")}
    await audit.append(
        session,
        audit.Entry(
            at=system_now(),
            actor=caller.user_id,
            action="dead_letter.replayed",
            subject=f"dead_letter/{event_id}",
            detail={"partition_key": replay.key, **outcome},
        ),
    )


def _view(row: Row[tuple[object, ...]]) -> DeadLetterView:
    letter = row._mapping
    return DeadLetterView(
        type=letter["headers"].get("ce_type", "Unreadable"),
        aggregate_id=letter["aggregateid"],
        sequence=letter["aggregate_seq"],
        **{name: letter[name] for name in DeadLetterView.model_fields if name in letter},
    )
