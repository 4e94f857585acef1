"""Tests wait for something to be reached, never for a length of time."""

import asyncio
import time
from collections.abc import Awaitable, Callable


class NotReached(AssertionError):
    """It did not happen in time."""


async def until(reached: Callable[[], Awaitable[object]], *, within_s: float = 120) -> None:
    """Return as soon as `reached` answers something true; raises NotReached."""
    late = time.monotonic() + within_s
    while True:
        if await reached():
            return
        if time.monotonic() > late:
            raise NotReached(f"{reached.__name__} was not reached in {within_s} s")
        await asyncio.sleep(0.02)
