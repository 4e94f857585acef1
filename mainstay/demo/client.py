"""What a front end does: signs in, sends, remembers what it has written, and waits until others have seen it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

import httpx2

SERVICES = ("accounts", "pricing", "approvals", "rewards")
TOKEN_LIFE_S = 240
SEEN_KEPT = 24
TRIES, PAUSE_S = 25, 0.2
T = TypeVar("T")


class Unexpected(Exception):
    """An answer with another status than the story expects; says what was asked and what came."""

    def __init__(self, asked: str, expected: int, answer: httpx2.Response) -> None:
        super().__init__(f"{asked}: expected {expected}, got {answer.status_code}: {answer.text[:1500]}")
        self.answer = answer


class NeverHappened(Exception):
    """What the story waited for did not come in time."""


@dataclass(slots=True)
class World:
    """The four services as one front end sees them; `seen` is what its writes answered, newest last."""

    urls: dict[str, str]
    http: httpx2.AsyncClient
    seen: dict[str, int] = field(default_factory=dict)

    def remember(self, header: str | None) -> None:
        for item in filter(None, (part.strip() for part in (header or "").split(","))):
            aggregate, _, sequence = item.rpartition("@")
            self.seen.pop(aggregate, None)
            self.seen[aggregate] = int(sequence)

    @property
    def after(self) -> str:
        return ", ".join(f"{aggregate}@{sequence}" for aggregate, sequence in list(self.seen.items())[-SEEN_KEPT:])


@dataclass(slots=True)
class Person:
    """Somebody who is signed in; every call is his."""

    world: World
    name: str
    username: str
    password: str
    user_id: str = ""
    is_machine: bool = False
    token: str = ""
    signed_in_at: float = -TOKEN_LIFE_S

    async def sign_in(self) -> None:
        answer = await self._send("POST", f"{self.world.urls['accounts']}/v1/token", json=self._proof())
        if answer.status_code != 200:
            raise Unexpected(f"sign-in of {self.username}", 200, answer)
        self.token, self.signed_in_at = answer.json()["access_token"], time.monotonic()

    def _proof(self) -> dict[str, str]:
        if self.is_machine:
            return {"grant_type": "client_credentials", "client_id": self.username, "client_secret": self.password}
        return {"grant_type": "password", "username": self.username, "password": self.password}

    async def ask(
        self, method: str, service: str, path: str, *, expect: int | None = None, **options: Any
    ) -> httpx2.Response:
        """Sends one request; raises `Unexpected` where `expect` is given and another status comes."""
        if time.monotonic() - self.signed_in_at > TOKEN_LIFE_S:
            await self.sign_in()
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        if self.world.after:
            headers.setdefault("Mainstay-After", self.world.after)
        if method != "GET":
            headers.setdefault("Idempotency-Key", str(uuid4()))
        answer = await self._send(method, f"{self.world.urls[service]}/v1{path}", headers=headers, **options)
        if expect is not None and answer.status_code != expect:
            raise Unexpected(f"{self.name}: {method} {service} {path}", expect, answer)
        self.world.remember(answer.headers.get("Mainstay-Seen"))
        return answer

    async def _send(self, method: str, url: str, **options: Any) -> httpx2.Response:
        """A service that is busy, or behind what was written, says so; a front end waits and asks again."""
        for _ in range(TRIES):
            answer = await self.world.http.request(method, url, **options)
            if answer.status_code != 503:
                return answer
            await asyncio.sleep(PAUSE_S)
        return answer

    async def get(self, service: str, path: str, **options: Any) -> Any:
        return (await self.ask("GET", service, path, expect=200, **options)).json()

    async def post(self, service: str, path: str, body: Any = None, *, expect: int = 201, **options: Any) -> Any:
        return (await self.ask("POST", service, path, expect=expect, json=body, **options)).json()


async def until(what: str, look: Callable[[], Awaitable[T | None]], *, timeout_s: float = 30) -> T:
    """Looks again and again until something is there; what is asynchronous between services is seen this way."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        found = await look()
        if found:
            return found
        await asyncio.sleep(0.05)
    raise NeverHappened(f"{what} did not happen within {timeout_s:g} s")
