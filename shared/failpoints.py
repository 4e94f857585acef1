"""Named places where a test may kill or pause a process; inert unless FAILPOINT is set outside production."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass

PLACES = frozenset(
    {
        "before_send",
        "after_send_before_ack",
        "after_ack_before_mark",
        "before_db_commit",
        "after_db_commit_before_offset_commit",
    }
)


class UnknownFailpoint(ValueError):
    """FAILPOINT names a place that no code passes."""


@dataclass
class _Armed:
    """`FAILPOINT=place[@n][:pause_ms=milliseconds]`: at the n-th pass (the first if not said) kill, or stand still."""

    place: str
    passes_left: int
    pause_ms: int | None

    def pass_by(self) -> None:
        self.passes_left -= 1
        if self.passes_left != 0:
            return
        if self.pause_ms is None:
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            time.sleep(self.pause_ms / 1000)


def read_failpoint(setting: str | None, *, environment: str) -> _Armed | None:
    """What `setting` arms. Raises UnknownFailpoint rather than letting a test prove nothing."""
    if not setting or environment == "production":
        return None
    where, _, how = setting.partition(":pause_ms=")
    place, _, nth = where.partition("@")
    if place not in PLACES:
        raise UnknownFailpoint(f"FAILPOINT={setting}: known are {', '.join(sorted(PLACES))}")
    return _Armed(place, int(nth or 1), int(how) if how else None)


_armed = read_failpoint(os.environ.get("FAILPOINT"), environment=os.environ.get("ENVIRONMENT", "development"))


def failpoint(place: str) -> None:
    """The process passes `place`."""
    if _armed is not None and _armed.place == place:
        _armed.pass_by()
