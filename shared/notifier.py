"""After a commit the relay is woken, at most once per 15 ms and never from inside a business transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg

from shared.db.engine import plain_url

CHANNEL = "outbox"
DEBOUNCE_S = 0.015  # NOTIFY takes an instance-wide lock at commit: one for many commits costs nothing
GIVE_UP_S = 1.0


class Notifier:
    """Sends hints only: whatever is lost, the relay finds by its own poll."""

    def __init__(self, database_url: str) -> None:
        self._database_url = plain_url(database_url)
        self._woken = asyncio.Event()
        self._connection: asyncpg.Connection | None = None

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled: turn any number of wakes into one notification."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                async with asyncio.timeout(GIVE_UP_S):
                    await self._notify()
            await asyncio.sleep(DEBOUNCE_S)

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.terminate()

    async def _notify(self) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._database_url)
        await self._connection.execute(f"NOTIFY {CHANNEL}")


@asynccontextmanager
async def running_notifier(database_url: str) -> AsyncIterator[Notifier]:
    """A notifier at work; give its `wake` to `make_sessions`."""
    notifier = Notifier(database_url)
    task = asyncio.create_task(notifier.run(), name="notifier")
    try:
        yield notifier
    finally:
        task.cancel()
        await notifier.close()
