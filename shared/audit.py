"""Who did what to whom, written with the effect, sealed into a chain that shows any later change."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Row, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db.mechanisms import audit_block, audit_entry

GENESIS = bytes(32)
BLOCK_LIMIT = 1000
SEALING = 0x41554449  # advisory lock: appends share it, a seal takes it alone, so no position appears below a seal


@dataclass(frozen=True, slots=True)
class Entry:
    """One act; `detail` holds JSON and never a secret or a bank detail."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest sealed block; who keeps it elsewhere can later prove that nothing before it was cut."""

    number: int
    last_pos: int
    digest: bytes


async def append(session: AsyncSession, entry: Entry) -> None:
    """Record the act in the transaction of its effect."""
    await append_many(session, [entry])


async def append_many(session: AsyncSession, entries: Sequence[Entry]) -> None:
    """Record many acts of one transaction, in their order."""
    if not entries:
        return
    await session.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": SEALING})
    rows = [
        {"at": one.at, "actor": one.actor, "action": one.action, "subject": one.subject, "detail": dict(one.detail)}
        for one in entries
    ]
    await session.execute(insert(audit_entry), rows)


async def seal(session: AsyncSession) -> Head | None:
    """Chain the entries not sealed yet into the next block; None when there were none, or somebody is still writing.

    It never waits: behind a waiting seal every writer would wait too.
    """
    if not await session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": SEALING}):
        return None
    before = await head(session)
    entries = await _entries(session, after=before.last_pos if before else 0, limit=BLOCK_LIMIT)
    if not entries:
        return None
    previous = before.digest if before else GENESIS
    made = Head(before.number + 1 if before else 1, entries[-1].pos, _digest(previous, entries))
    await session.execute(
        insert(audit_block).values(
            number=made.number,
            first_pos=entries[0].pos,
            last_pos=made.last_pos,
            entries=len(entries),
            previous=previous,
            digest=made.digest,
        )
    )
    return made


async def head(session: AsyncSession) -> Head | None:
    """The newest sealed block."""
    newest = select(audit_block).order_by(audit_block.c.number.desc()).limit(1)
    row = (await session.execute(newest)).one_or_none()
    return None if row is None else Head(row.number, row.last_pos, row.digest)


async def verify(session: AsyncSession, *, published: Head | None = None) -> Sequence[str]:
    """Recompute the whole chain; returns what is wrong, nothing when every byte is as it was sealed.

    `published` is a head kept elsewhere: a chain cut shorter than it is found out.
    """
    wrong: list[str] = []
    previous, number, last_pos = GENESIS, 0, 0
    for block in (await session.execute(select(audit_block).order_by(audit_block.c.number))).all():
        entries = await _entries(session, after=last_pos, until=block.last_pos)
        if block.number != number + 1 or block.previous != previous:
            wrong.append(f"block {block.number} does not follow block {number}")
        if len(entries) != block.entries or _digest(block.previous, entries) != block.digest:
            wrong.append(f"block {block.number} is not what was sealed")
        if published and published.number == block.number and published.digest != block.digest:
            wrong.append(f"block {block.number} is not the published one")
        previous, number, last_pos = block.digest, block.number, block.last_pos
    if published and published.number > number:
        wrong.append(f"the chain ends at block {number}, before the published block {published.number}")
    return wrong


async def count_unsealed(session: AsyncSession) -> int:
    """Entries that wait for the next seal."""
    last = select(func.coalesce(func.max(audit_block.c.last_pos), 0)).scalar_subquery()
    return await session.scalar(select(func.count()).select_from(audit_entry).where(audit_entry.c.pos > last)) or 0


async def _entries(
    session: AsyncSession, *, after: int, until: int | None = None, limit: int | None = None
) -> Sequence[Row[Any]]:
    query = select(audit_entry).where(audit_entry.c.pos > after).order_by(audit_entry.c.pos).limit(limit)
    if until is not None:
        query = query.where(audit_entry.c.pos <= until)
    return (await session.execute(query)).all()


def _digest(previous: bytes, entries: Sequence[Row[Any]]) -> bytes:
    chained = hashlib.sha256(previous)
    for row in entries:
        fields = [row.pos, row.at.astimezone(UTC).isoformat(), row.actor, row.action, row.subject, row.detail]
        chained.update(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS) + b"\n")
    return chained.digest()
