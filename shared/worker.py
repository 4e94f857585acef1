"""The frame of a worker process: its relay, consumers and jobs, its signals, its probes and its exit code."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import AsyncExitStack
from enum import IntEnum
from http import HTTPStatus
from typing import Any, NoReturn

import structlog
import uvloop
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.clock import Clock, running_clock
from shared.consumer import Consumer
from shared.cycles import collect_seldom
from shared.db.engine import make_engine
from shared.db.revisions import heads_reached
from shared.db.session import Sessions, make_sessions
from shared.housekeeping import HOUSEKEEPING
from shared.jobs import Job, Repetition
from shared.kafka import Broker
from shared.kafka_reader import KafkaReader
from shared.notifier import running_notifier
from shared.pipe_metrics import measure_pipe, pipe_not_measured
from shared.probe_server import Answer, passed, serving_probes
from shared.relay import Relay, RelayMustRestart
from shared.retention import forgets_old_events
from shared.settings import ServiceSettings
from shared.telemetry import safe_text, start_logging

__all__ = ["Exit", "Job", "Worker", "run_worker"]

FINISH_WITHIN_S = 10.0
LOOK_AGAIN_S = 0.5

log = structlog.get_logger(__name__)


class Exit(IntEnum):
    """What a supervisor is told: only 0 means that somebody asked the process to stop."""

    STOPPED = 0
    CRASHED = 70
    START_ME_AGAIN = 75


def run_worker(settings: ServiceSettings, *, consumers: Sequence[Consumer] = (), jobs: Sequence[Job] = ()) -> NoReturn:
    """Work until SIGTERM or SIGINT, then finish in order; exits with one of `Exit`."""
    start_logging(service=settings.service, level=settings.log_level)
    collect_seldom()
    every_worker = (*HOUSEKEEPING, forgets_old_events(kept_days=settings.events_kept_days))
    sys.exit(uvloop.run(Worker(settings, consumers=consumers, jobs=(*every_worker, *jobs)).run()))


class Worker:
    """One process of a service: the relay (one leads among the replicas), a reader a consumer, the jobs."""

    def __init__(self, settings: ServiceSettings, *, consumers: Sequence[Consumer], jobs: Sequence[Job]) -> None:
        self._settings = settings
        self._consumers = consumers
        self._jobs = jobs
        self._engine: AsyncEngine = make_engine(settings)
        self._relay = Relay(database_url=settings.database_url, broker=Broker.of(settings))
        self._repetitions: list[Repetition] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self._relay_stopping, self._others_stopping = asyncio.Event(), asyncio.Event()

    async def run(self) -> Exit:
        """Returns why it ended."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self.stop)
        probes = {"/livez": self._livez, "/readyz": self._readyz, "/metrics": self._metrics}
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._engine.dispose)
            await stack.enter_async_context(
                serving_probes(host=self._settings.host, port=self._settings.probe_port, probes=probes)
            )
            return await self._work(stack) if await self._migrated_in_time() else Exit.STOPPED

    def stop(self) -> None:
        """Unready from now on; what is in hand is finished."""
        self._stopping.set()
        longest = 3 * FINISH_WITHIN_S  # a thread or driver that hangs must not keep the process
        asyncio.get_running_loop().call_later(longest, os._exit, Exit.CRASHED)

    async def _migrated_in_time(self) -> bool:
        """Wait for the database and its newest revision; False when told to stop before that."""
        while not self._stopping.is_set():
            if await self._is_migrated():
                return True
            await asyncio.sleep(LOOK_AGAIN_S)
        return False

    async def _work(self, stack: AsyncExitStack) -> Exit:
        settings = self._settings
        clock = await stack.enter_async_context(
            running_clock(profile=settings.clock_profile, story_start=settings.story_clock_start, engine=self._engine)
        )
        notifier = await stack.enter_async_context(running_notifier(settings.database_url))
        sessions = make_sessions(self._engine, service=settings.service, wake=notifier.wake)
        relaying = [_task("relay", self._relay.run(self._relay_stopping))]
        others = self._start_others(sessions, clock)
        self._tasks = [*relaying, *others]
        log.info("worker_started", pid=os.getpid(), port=settings.probe_port)
        stop = _task("stop", self._stop_asked())
        await asyncio.wait([stop, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        await self._finish_in_order(relaying, others)
        return _why_ended([stop, *self._tasks])

    def _start_others(self, sessions: Sessions, clock: Clock) -> list[asyncio.Task[None]]:
        broker, replica = Broker.of(self._settings), self._settings.replica
        readers = [
            KafkaReader(consumer, sessions=sessions, clock=clock, broker=broker, replica=replica)
            for consumer in self._consumers
        ]
        self._repetitions = [Repetition(job, sessions, clock) for job in self._jobs]
        return [
            *(_task("reader", reader.run(self._others_stopping)) for reader in readers),
            *(_task(one.job.name, one.run(self._others_stopping)) for one in self._repetitions),
        ]

    async def _stop_asked(self) -> None:
        await self._stopping.wait()

    async def _finish_in_order(
        self, relaying: Sequence[asyncio.Task[None]], others: Sequence[asyncio.Task[None]]
    ) -> None:
        """The relay finishes its batch, then readers and jobs theirs; the pools close after them."""
        self.stop()
        self._relay_stopping.set()
        self._relay.wake()
        await _finish(relaying)
        self._others_stopping.set()
        await _finish(others)

    async def _livez(self) -> Answer:
        tasks_run = self._stopping.is_set() or not any(task.done() for task in self._tasks)
        return passed(tasks_run and all(one.is_alive for one in self._repetitions), "alive")

    async def _readyz(self) -> Answer:
        """Database, migrations at head, at work, every job well. Kafka is not asked: what is committed waits for it."""
        working = bool(self._tasks) and not self._stopping.is_set() and all(one.is_well for one in self._repetitions)
        return passed(working and await self._is_migrated(), "ready")

    async def _metrics(self) -> Answer:
        try:
            async with self._engine.connect() as connection:
                await measure_pipe(connection)
        except (SQLAlchemyError, OSError):
            pipe_not_measured()
        return Answer(HTTPStatus.OK, generate_latest(), CONTENT_TYPE_LATEST)

    async def _is_migrated(self) -> bool:
        try:
            return await heads_reached(self._engine, self._settings.service)
        except (SQLAlchemyError, OSError):
            return False


def _task(name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.create_task(work, name=name)


async def _finish(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for them, but not for ever."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=FINISH_WITHIN_S)
    for task in late:
        log.warning("part_did_not_finish", job=task.get_name())
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)


def _why_ended(tasks: Iterable[asyncio.Task[None]]) -> Exit:
    errors = [error for task in tasks if task.done() and not task.cancelled() and (error := task.exception())]
    for error in errors:
        log.error("part_ended", error=safe_text(error), exc_info=error)
    if any(isinstance(error, RelayMustRestart) for error in errors):
        return Exit.START_ME_AGAIN
    return Exit.CRASHED if errors else Exit.STOPPED
