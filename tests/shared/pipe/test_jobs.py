"""S-G9: a job that runs and only fails is alive and not well, so that a worker whose escalation is dead says so."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from structlog.testing import capture_logs

from shared.clock import REREAD_EVERY_S, LiveClock, StoryClock
from shared.db.engine import async_url
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


@pytest.mark.parametrize(
    ("follows", "looks"),
    [
        pytest.param(True, 2, id="runs at once where it follows the clock"),
        pytest.param(False, 1, id="waits for its turn where it does not"),
    ],
)
async def test_a_story_that_moves_the_clock_on(
    sessions: Sessions, database_url: str, follows: bool, looks: int
) -> None:
    """A half year's rating begins when its end has come, not within the minute after."""
    engine, stopping, seen = create_async_engine(async_url(database_url)), asyncio.Event(), list[datetime]()
    clock, looked = StoryClock(engine), asyncio.Event()
    await clock.start_at(datetime(2009, 11, 30, tzinfo=UTC))

    async def look(session: AsyncSession, now: datetime) -> None:
        seen.append(now)
        looked.set()

    working = asyncio.create_task(Repetition(Job("rate", 30, look, follows), sessions, clock).run(stopping))
    await looked.wait()
    await clock.move_to(seen[0] + timedelta(days=31))
    await asyncio.sleep(3 * REREAD_EVERY_S)
    stopping.set()
    await working
    await engine.dispose()
    assert len(seen) == looks
    assert seen[-1] - seen[0] >= timedelta(days=31 * (looks - 1))
