"""Business time has one source: the system's clock, or in stories a stored one that only moves forward and runs on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Protocol

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.mechanisms import story_clock
from shared.errors import Problem, Words

REREAD_EVERY_S = 0.2


class Clock(Protocol):
    """What an edge asks for business time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    async def read(self) -> datetime:
        """The same, not even a moment behind another process of the service that has moved it."""
        ...


def system_now() -> datetime:
    """The machine's time, for tokens, leases, back-off, signatures and retention, which no story may move."""
    return datetime.now(UTC)


class LiveClock:
    """Business time is the system's time."""

    def now(self) -> datetime:
        return system_now()

    async def read(self) -> datetime:
        return system_now()


class ClockMovesForwardOnly(Problem):
    status = 409
    code = "clock_moves_forward_only"
    title: ClassVar[Words] = {"en": "The clock only moves forward", "zh": "时钟只能向前调整"}


class StoryClock:
    """Business time as stored in the service's database, so that its API and its worker agree."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        return system_now() + self._ahead

    async def read(self) -> datetime:
        await self.reread()
        return self.now()

    async def reread(self) -> None:
        """Take over what another process of this service may have set."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(select(story_clock.c.story_at, story_clock.c.set_at))).one_or_none()
        if row is not None:
            self._ahead = row.story_at - row.set_at

    async def start_at(self, story_start: datetime) -> None:
        """Set the first value; a clock that already runs keeps its time."""
        first = insert(story_clock).values(id=True, story_at=story_start, set_at=func.clock_timestamp())
        async with self._engine.begin() as connection:
            await connection.execute(first.on_conflict_do_nothing())
        await self.reread()

    async def move_to(self, story_at: datetime) -> None:
        """Move business time forward to `story_at`; raises ClockMovesForwardOnly for a moment already passed."""
        reached = story_clock.c.story_at + (func.clock_timestamp() - story_clock.c.set_at)
        move = update(story_clock).where(reached <= story_at).values(story_at=story_at, set_at=func.clock_timestamp())
        async with self._engine.begin() as connection:
            moved = (await connection.execute(move)).rowcount
        await self.reread()
        if not moved:
            raise ClockMovesForwardOnly(
                {"en": f"It is already {self.now().isoformat()}.", "zh": f"当前时间已是 {self.now().isoformat()}。"}
            )


async def keep_rereading(clock: StoryClock) -> None:
    """Follow the stored value within a fifth of a second; a database away for a moment only delays it."""
    while True:
        await asyncio.sleep(REREAD_EVERY_S)
        with suppress(DBAPIError, OSError):
            await clock.reread()


@asynccontextmanager
async def running_clock(*, profile: str, story_start: datetime | None, engine: AsyncEngine) -> AsyncIterator[Clock]:
    """The clock of one process: `profile` is "live" or "story"."""
    if profile == "live":
        yield LiveClock()
        return
    clock = StoryClock(engine)
    await clock.start_at(story_start or system_now())
    following = asyncio.create_task(keep_rereading(clock), name="story clock")
    try:
        yield clock
    finally:
        following.cancel()
