"""What one run of Mainstay is called and where it listens: names of databases, topics and groups, ports, clock."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from deploy.local.databases import SERVICES
from deploy.local.ports import HOST, claim
from deploy.local.settings import LocalSettings

Kind = Literal["api", "worker"]
KINDS: tuple[Kind, ...] = ("api", "worker")


@dataclass(frozen=True)
class Role:
    """One of the eight processes."""

    service: str
    kind: Kind
    port: int

    @property
    def name(self) -> str:
        return f"{self.service}-{self.kind}"

    @property
    def module(self) -> str:
        return f"services.{self.service}.{'app' if self.kind == 'api' else 'worker'}"

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def probe(self) -> str:
        return f"{self.url}/readyz"

    @property
    def port_setting(self) -> str:
        return f"{self.service.upper()}_{'PORT' if self.kind == 'api' else 'PROBE_PORT'}"

    def with_claimed_port(self) -> "Role":
        """On its port, or on a free one for 0. Raises PortInUse."""
        listener = "API" if self.kind == "api" else "worker's probes"
        return replace(self, port=claim(self.port, what=f"the {self.service} {listener}", setting=self.port_setting))


@dataclass(frozen=True)
class Instance:
    """`name` begins every database; `topic_prefix` every topic and group. A `passing` one removes them at its end."""

    name: str
    topic_prefix: str
    group_prefix: str
    clock: Literal["live", "story"]
    story_clock_start: str | None = None
    passing: bool = False
    roles: tuple[Role, ...] = field(default_factory=lambda: tuple(_claimed_roles()))

    @property
    def database_prefix(self) -> str:
        return f"{self.name}_"

    def api(self, service: str) -> Role:
        return next(role for role in self.roles if role.service == service and role.kind == "api")


def live_instance() -> Instance:
    """The one of `make run`: its data stay."""
    said = LocalSettings()
    return Instance("mainstay", topic_prefix=said.topic_prefix, group_prefix=said.group_prefix, clock="live")


def story_instance(*, story_clock_start: str, keep: bool) -> Instance:
    """A fresh one with names of its own, so that stories never meet each other nor anybody's data."""
    name = f"demo_{datetime.now(UTC):%m%d_%H%M}_{secrets.token_hex(2)}"
    prefix = f"{name}."
    return Instance(
        name,
        topic_prefix=prefix,
        group_prefix=prefix,
        clock="story",
        story_clock_start=story_clock_start,
        passing=not keep,
    )


def _claimed_roles() -> Iterator[Role]:
    """Every port is looked at before anything is started."""
    said = LocalSettings()
    for service in SERVICES:
        for kind in KINDS:
            wanted = Role(service, kind, 0)
            yield replace(wanted, port=said.port_of(wanted.port_setting)).with_claimed_port()
