"""A service's whole application in this process, with callers who can prove themselves."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from time import time
from typing import Any
from uuid import uuid4

import httpx2
import orjson
import structlog
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db.mechanisms import person, role_holding

# The default draws tracebacks in colour, which takes seconds each.
structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])


@dataclass
class Issuer:
    """Signs what a test wants to be signed; services verify against `jwks` given as JWKS_URL."""

    issuer: str = "mainstay"
    audience: str = "mainstay"
    key: ECKey = field(
        default_factory=lambda: ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    )

    @property
    def jwks(self) -> str:
        return orjson.dumps({"keys": [self.key.as_dict(private=False)]}).decode()

    def claims(self, user_id: str, **other: Any) -> dict[str, Any]:
        now = int(time())
        return {"iss": self.issuer, "aud": self.audience, "sub": user_id, "iat": now, "exp": now + 300, **other}

    def token(self, user_id: str, **claims: Any) -> str:
        header = {"alg": "ES256", "kid": self.key.kid}
        return jwt.encode(header, self.claims(user_id, **claims), self.key, algorithms=["ES256"])


@dataclass
class Caller:
    """One user's view of a service: each call carries his token, each POST a fresh key unless one is given."""

    client: httpx2.AsyncClient
    token: str

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        return await self.call("GET", path, **options)

    async def post(self, path: str, json: Any = None, *, key: str | None = None, **options: Any) -> httpx2.Response:
        headers = {"Idempotency-Key": key or str(uuid4()), **options.pop("headers", {})}
        return await self.call("POST", path, json=json, headers=headers, **options)

    async def put(self, path: str, json: Any, **options: Any) -> httpx2.Response:
        return await self.call("PUT", path, json=json, **options)

    async def patch(self, path: str, json: Any, **options: Any) -> httpx2.Response:
        return await self.call("PATCH", path, json=json, **options)

    async def call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> httpx2.Response:
        proof = {"Authorization": f"Bearer {self.token}"}
        return await self.client.request(method, path, headers={**proof, **(headers or {})}, **options)


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """`app` with its lifespan, asked without a socket; what it did not catch is answered as a server would."""
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
            yield client


async def employ(
    session: AsyncSession, user_id: str, *roles: tuple[str, str | None] | str, account_id: str | None = None
) -> None:
    """Put an active user with roles since 2000 into the read model: `"finance"`, or `("account_rep", "kinshasa")`."""
    await session.execute(
        insert(person).values(user_id=user_id, name=user_id, kind="person", active=True, account_id=account_id)
    )
    for role in roles:
        name, branch = role if isinstance(role, tuple) else (role, None)
        await session.execute(
            insert(role_holding).values(
                holding_id=str(uuid4()), user_id=user_id, role=name, branch=branch, valid_from=date(2000, 1, 1)
            )
        )
