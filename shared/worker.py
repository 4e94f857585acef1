"""The frame of a worker process: its consumers, relay and jobs, its signals, its probes and its exit code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Job:
    """Work repeated every `every_s` seconds, one transaction a run; `now` is the service's clock."""

    name: str
    every_s: float
    run: Callable[[AsyncSession, datetime], Awaitable[None]]
