"""`/v1/clock`: the story's clock may be read and moved forward; where time is live the route does not exist."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from shared import audit
from shared.auth.principal import Principal
from shared.clock import Clock, StoryClock
from shared.http.dependencies import Now, Session, allowed
from shared.http.exchange import runtime_of
from shared.http.moments import Moment
from shared.http.routes import Router

router = Router(tags=["clock"])


class ClockReading(BaseModel):
    """Business time."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"now": "2021-03-02T08:00:00Z"}]})

    now: Moment = Field(description="business time, RFC 3339")


async def _story_clock(request: Request) -> Clock:
    return runtime_of(request).clock


@router.get("/clock", dependencies=[allowed("clock.read")])
async def read_clock(now: Now) -> ClockReading:
    """Business time of this service."""
    return ClockReading(now=now)


@router.put("/clock")
async def move_clock(
    reading: ClockReading,
    clock: Annotated[StoryClock, Depends(_story_clock)],
    session: Session,
    caller: Annotated[Principal, allowed("clock.set")],
) -> ClockReading:
    """Move business time forward; it runs on from there, for this service's API and worker."""
    moved_from = clock.now()
    await clock.move_to(reading.now)
    moved: dict[str, datetime] = {"from": moved_from, "to": reading.now.astimezone(UTC)}
    await audit.append(
        session,
        audit.Entry(
            at=reading.now,
            actor=caller.user_id,
            action="clock.moved",
            subject="clock",
            detail={name: moment.isoformat() for name, moment in moved.items()},
        ),
    )
    return ClockReading(now=clock.now())
