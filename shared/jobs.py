"""Work that is repeated: one transaction a run, one replica at a time, and it is seen when it no longer runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import REREAD_EVERY_S, Clock, StoryClock
from shared.db.session import Sessions, commit

LONGEST_RUN_S = 600.0

JOB_RAN = Gauge("mainstay_job_last_success_timestamp_seconds", "When the job last ended well", ["job"])
JOB_FAILED = Counter("mainstay_job_failures", "Runs that failed; the next one comes in its turn", ["job"])

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Repeated every `every_s` seconds of system time; `now` is the service's clock. What it records is committed.

    With `follows_clock` it also runs at once where a story moves that clock on by more than `every_s`.
    """

    name: str
    every_s: float
    run: Callable[[AsyncSession, datetime], Awaitable[None]]
    follows_clock: bool = False


@dataclass
class Repetition:
    """One job at work in this process."""

    job: Job
    sessions: Sessions
    clock: Clock
    _beat: float = field(default_factory=time.monotonic)
    _well: float = field(default_factory=time.monotonic)

    @property
    def is_alive(self) -> bool:
        """Whether a run has ended lately, well or badly."""
        return time.monotonic() - self._beat < self.job.every_s + LONGEST_RUN_S

    @property
    def is_well(self) -> bool:
        """Whether a run has ended well lately: work that only fails is as good as none."""
        return time.monotonic() - self._well < self.job.every_s + LONGEST_RUN_S

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set; a run that fails is told and tried again in its turn."""
        while not stopping.is_set():
            looked_at = self.clock.now()
            await self._run_once(looked_at)
            self._beat = time.monotonic()
            if self.job.follows_clock and isinstance(self.clock, StoryClock):
                await self._wait_for_clock(stopping, since=looked_at)
            else:
                await _wait(stopping, self.job.every_s)

    async def _wait_for_clock(self, stopping: asyncio.Event, *, since: datetime) -> None:
        """Business time passes at least as fast as system time, so that this never waits longer than `every_s`."""
        until = since + timedelta(seconds=self.job.every_s)
        while not stopping.is_set() and (left := (until - self.clock.now()).total_seconds()) > 0:
            await _wait(stopping, min(left, REREAD_EVERY_S))

    async def _run_once(self, now: datetime) -> None:
        try:
            async with self.sessions() as session:
                if await session.scalar(_TAKE_TURN, {"job": f"job/{self.job.name}"}):
                    await self.job.run(session, now)
                    await commit(session)
        except Exception:
            JOB_FAILED.labels(self.job.name).inc()
            log.exception("job_failed", job=self.job.name)
        else:
            self._well = time.monotonic()
            JOB_RAN.labels(self.job.name).set_to_current_time()


async def _wait(stopping: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)


_TAKE_TURN = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:job, 0))")
