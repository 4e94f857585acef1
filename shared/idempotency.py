"""A POST sent again with its key has its effect once and is answered the same."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import orjson
from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from shared.clock import system_now
from shared.db.mechanisms import idempotency_key
from shared.errors import Problem, Words

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
MAX_KEY_LENGTH = 200
KEPT_HEADERS = ("content-type", "etag", "location", "mainstay-seen", "link")


class IdempotencyKeyMissing(Problem):
    status = 400
    code = "idempotency_key_missing"
    title: ClassVar[Words] = {"en": "This request needs an Idempotency-Key", "zh": "此请求须带 Idempotency-Key"}


class IdempotencyKeyReused(Problem):
    status = 422
    code = "idempotency_key_reused"
    title: ClassVar[Words] = {
        "en": "The Idempotency-Key was used for another request",
        "zh": "该 Idempotency-Key 已用于其他请求",
    }


class IdempotencyKeyInFlight(Problem):
    status = 409
    code = "idempotency_key_in_flight"
    title: ClassVar[Words] = {"en": "The same request is still being worked on", "zh": "相同请求正在处理中"}


class Replay(Exception):
    """Not an error: the stored answer takes the place of a second effect."""

    def __init__(self, response: Response) -> None:
        super().__init__("answered before")
        self.response = response


@dataclass(frozen=True, slots=True)
class Claim:
    """A principal's key with the request it stands for."""

    principal: str
    key: str
    request_hash: bytes


def request_hash(*, method: str, path: str, body: bytes) -> bytes:
    """What a key stands for: method, path with its query, and the bytes of the body."""
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).digest()


async def claim_key(session: AsyncSession, claim: Claim) -> None:
    """Take the key for this transaction; raises Replay, IdempotencyKeyInFlight or IdempotencyKeyReused."""
    # The lock comes before the row: another transaction's uncommitted row can't be seen, its lock can.
    lock = func.hashtextextended(f"{claim.principal}\n{claim.key}", 0)
    if not await session.scalar(select(func.pg_try_advisory_xact_lock(lock))):
        raise IdempotencyKeyInFlight(headers={"Retry-After": "1"})
    known = idempotency_key.c
    found = await session.execute(
        select(idempotency_key).where(known.principal == claim.principal, known.key == claim.key)
    )
    row = found.one_or_none()
    if row is None:
        return
    if row.request_hash != claim.request_hash:
        raise IdempotencyKeyReused
    raise Replay(Response(row.body, row.status, headers={**row.headers, REPLAYED: "true"}))


async def keep_answer(
    session: AsyncSession, claim: Claim, response: Response, *, leave_out: Sequence[str] = ()
) -> None:
    """Store the answer in the transaction of the effect; `leave_out` names JSON fields that are shown only once."""
    body = bytes(response.body)
    if leave_out:
        body = orjson.dumps({**orjson.loads(body), **dict.fromkeys(leave_out)})
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    await session.execute(
        insert(idempotency_key).values(
            principal=claim.principal,
            key=claim.key,
            request_hash=claim.request_hash,
            status=response.status_code,
            headers=headers,
            body=body,
        )
    )


async def forget_old_answers(session: AsyncSession, *, days: int = 7) -> int:
    """Remove keys older than `days` of the system's clock; returns how many."""
    cutoff = system_now() - timedelta(days=days)
    gone = await session.execute(
        delete(idempotency_key).where(idempotency_key.c.created_at < cutoff).returning(idempotency_key.c.key)
    )
    return len(gone.all())
