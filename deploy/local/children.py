"""Starts a program with its output in a file, and ends it for certain, even when its starter was killed."""

import ctypes
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path
    ends_by: signal.Signals = signal.SIGTERM

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def last_line(self) -> str:
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1].strip()[:300] if lines else ""


def start(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str],
    cwd: Path,
    user: tuple[int, int] | None = None,
    ends_by: signal.Signals = signal.SIGTERM,
) -> Child:
    """Start `command` in its own session, so that Ctrl-C reaches only the starter, which then stops it in order.

    `user` is (uid, gid) to become, where the starter is root; `ends_by` is the signal that asks it to end in order.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    uid, gid = user or (None, None)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=cwd,
            start_new_session=True,
            preexec_fn=_die_with_parent(ends_by),  # noqa: PLW1509 - one prctl call, no lock is taken in the child
            user=uid,
            group=gid,
            extra_groups=[] if user else None,
        )
    return Child(name, process, log, ends_by)


def stop(*children: Child, grace_s: float = 20.0) -> None:
    """Ask all to end, wait for each, kill what is still there after `grace_s` seconds."""
    for child in children:
        if child.is_alive:
            child.process.send_signal(child.ends_by)
    for child in children:
        try:
            child.process.wait(timeout=grace_s)
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


def _die_with_parent(ends_by: signal.Signals) -> Callable[[], None] | None:
    """On Linux the kernel ends a child whose starter was killed; elsewhere the next start finds its port taken."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask_the_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, ends_by)

    return ask_the_kernel
