"""The pack a new house starts with becomes version 1 of each policy, seeded and checked by the system."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit
from shared.policy import store
from shared.policy.forms import Document, content_hash
from shared.policy.lifecycle import Published
from shared.policy.loader import load_pack
from shared.policy.service import keep_published

MAKER, CHECKER = "system:seed", "system:bootstrap"


def pack_of(folder: Path, service: str) -> tuple[Document, ...]:
    """The documents of a pack that one service publishes."""
    return tuple(placed.document for placed in load_pack(folder) if placed.service == service)


async def seed_pack(session: AsyncSession, *, service: str, documents: Iterable[Document], now: datetime) -> int:
    """Publish each document that has no version yet as version 1; returns how many there were.

    Bootstrap alone does so: past dates need no reason here, and the pack was linted as a whole.
    """
    known = {one.id for one in await store.read_versions(session)}
    new = [document for document in documents if document.id not in known]
    for document in new:
        one = Published(document, 1, service, content_hash(document), MAKER, CHECKER, now)
        await keep_published(session, one)
        await audit.append(session, audit.Entry(now, MAKER, "policy.seeded", f"policy/{one.policy}"))
    if new:
        await store.move_epoch(session)
    return len(new)
