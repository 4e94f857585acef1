"""S-G9: a job that runs and only fails is alive and not well, so that a worker whose escalation is dead says so."""

import asyncio
import time
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from shared.clock import LiveClock
from shared.db.session import Sessions
from shared.jobs import JOB_FAILED, LONGEST_RUN_S, Job, Repetition


async def ran_once(sessions: Sessions, *, fails: bool) -> Repetition:
    """A job that has ended well last a quarter of an hour ago, and runs once now."""
    stopping = asyncio.Event()

    async def run(session: AsyncSession, now: datetime) -> None:
        stopping.set()
        if fails:
            raise LookupError("no calendar")

    long_ago = time.monotonic() - 1.5 * LONGEST_RUN_S
    repetition = Repetition(Job("escalate", 30, run), sessions, LiveClock(), _beat=long_ago, _well=long_ago)
    assert (repetition.is_alive, repetition.is_well) == (False, False)
    with capture_logs():
        await repetition.run(stopping)
    return repetition


async def test_a_run_that_ends_well_makes_a_job_well(sessions: Sessions) -> None:
    repetition = await ran_once(sessions, fails=False)
    assert (repetition.is_alive, repetition.is_well) == (True, True)


async def test_a_run_that_fails_leaves_a_job_alive_and_unwell_and_is_counted(sessions: Sessions) -> None:
    counted = JOB_FAILED.labels("escalate")._value.get()
    repetition = await ran_once(sessions, fails=True)
    assert (repetition.is_alive, repetition.is_well) == (True, False)
    assert JOB_FAILED.labels("escalate")._value.get() == counted + 1
