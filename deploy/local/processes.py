"""Keeps the eight processes of Mainstay up: starts them, restarts one that ends, stops them in order."""

import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local import children
from deploy.local.instance import Role
from deploy.local.refusals import DidNotStart
from deploy.local.settings import PROJECT

READY_TIMEOUT_S = 180.0
STARTS_BEFORE_GIVING_UP = 3
LONGEST_PAUSE_S = 10.0


@dataclass
class Processes:
    """`environments` says for each role what it is told; logs are `<logs>/<role>.log`."""

    roles: tuple[Role, ...]
    environments: Mapping[str, Mapping[str, str]]
    logs: Path
    cwd: Path = PROJECT
    _running: dict[str, children.Child] = field(default_factory=dict)
    _starts: dict[str, int] = field(default_factory=dict)
    _not_before: dict[str, float] = field(default_factory=dict)

    def start(self) -> None:
        """Start each. Raises PortInUse before any is: a stranger on its port would answer that it is ready."""
        for role in self.roles:
            role.with_claimed_port()
        for role in self.roles:
            self._start(role)

    def wait_until_ready(self) -> None:
        """Return when each answers 200 on /readyz; raise `DidNotStart` for one that keeps ending or stays unready."""
        until = time.monotonic() + READY_TIMEOUT_S
        waiting = list(self.roles)
        while waiting:
            self.restart_ended()
            waiting = [role for role in waiting if not answers_ready(role.probe)]
            for role in waiting:
                if self._keeps_ending(role) or time.monotonic() > until:
                    raise self._why_not(role)
            time.sleep(0.2)

    def restart_ended(self) -> None:
        """A worker ends on purpose when its producer or its leadership is gone: it comes back, ever more slowly."""
        for role in self.roles:
            if not self._running[role.name].is_alive and time.monotonic() >= self._not_before[role.name]:
                self._start(role)

    def stop(self) -> None:
        children.stop(*self._running.values())

    def _keeps_ending(self, role: Role) -> bool:
        return self._starts[role.name] >= STARTS_BEFORE_GIVING_UP and not self._running[role.name].is_alive

    def _why_not(self, role: Role) -> DidNotStart:
        child = self._running[role.name]
        words = probe_words(role.probe) if child.is_alive else child.last_line()
        return DidNotStart(f"The process {role.name}", log=child.log, last_line=words)

    def _start(self, role: Role) -> None:
        self._starts[role.name] = self._starts.get(role.name, 0) + 1
        pause_s = min(LONGEST_PAUSE_S, 0.5 * 2 ** self._starts[role.name])
        self._not_before[role.name] = time.monotonic() + pause_s
        self._running[role.name] = children.start(
            role.name,
            [sys.executable, "-m", role.module],
            log=self.logs / f"{role.name}.log",
            environment=os.environ | self.environments[role.name],
            cwd=self.cwd,
        )


def answers_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own http address
            return bool(answer.status == 200)
    except OSError:
        return False


def probe_words(url: str) -> str:
    """What a probe that is not content says, in its first 300 characters."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own http address
            return str(answer.read(300), "utf-8", "replace")
    except urllib.error.HTTPError as unready:
        return str(unready.read(300), "utf-8", "replace")
    except OSError as silent:
        return str(silent)
