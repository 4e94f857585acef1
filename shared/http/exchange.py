"""What one process holds for all requests (`Runtime`) and what one request gathers on its way (`Exchange`)."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.requests import HTTPConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from shared.auth.principal import Principal
from shared.auth.tokens import Identity, LoadKeys, TokenVerifier
from shared.clock import Clock
from shared.db.session import Sessions
from shared.errors import Problem
from shared.http.rates import RateLimiter
from shared.settings import ServiceSettings

if TYPE_CHECKING:
    from shared.idempotency import Claim


@dataclass(frozen=True)
class ServiceDescription:
    """What makes one service: its name, its slices' routers, the topics its consumer reads, what runs beside it.

    `conflicts`: what two who write the same at once are told, by the constraint that lets only one of them.
    """

    name: str
    title: str
    description: str
    settings: ServiceSettings
    routers: tuple[APIRouter, ...] = ()
    topics_read: frozenset[str] = frozenset()
    beside: "tuple[Callable[[Runtime], AbstractAsyncContextManager[None]], ...]" = ()
    load_keys: "Callable[[Runtime], LoadKeys] | None" = None
    conflicts: Mapping[str, type[Problem]] = field(default_factory=dict)


@dataclass
class Runtime:
    """Made once at start-up; `shelf` is where parts that run beside leave what their dependencies fetch."""

    service: ServiceDescription
    settings: ServiceSettings
    engine: AsyncEngine
    sessions: Sessions
    clock: Clock
    verifier: TokenVerifier = field(init=False)
    limiter: RateLimiter = field(init=False)
    shelf: dict[str, Any] = field(default_factory=dict)

    def today(self, now: datetime) -> date:
        """The local day of `now` in the zone of the installation."""
        return now.astimezone(ZoneInfo(self.settings.zone)).date()


@dataclass
class Exchange:
    """The proved identity, the open session, who is calling and the idempotency claim of one request."""

    identity: Identity | None = None
    session: AsyncSession | None = None
    caller: Principal | None = None
    claim: "Claim | None" = None


def runtime_of(connection: HTTPConnection) -> Runtime:
    runtime: Runtime = connection.app.state.mainstay
    return runtime


def exchange_of(connection: HTTPConnection) -> Exchange:
    exchange: Exchange | None = connection.scope.get("mainstay.exchange")
    if exchange is None:
        exchange = connection.scope["mainstay.exchange"] = Exchange()
    return exchange
