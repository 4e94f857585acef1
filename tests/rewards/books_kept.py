"""A rewards database with its books open: events go in as the consumer would hand them over."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid5

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from services.rewards.accrual.judging import Judge
from services.rewards.accrual.service import accrue
from services.rewards.ledger.domain import BalanceOf, Posting
from services.rewards.ledger.repository import balances_at, listed, read_posting
from shared.db.session import commit
from shared.events.envelope import Event
from shared.received import Received
from tests.rewards.accounts_kept import benefit, judges

NAMES = UUID("6f1d3c52-0000-7000-8000-000000000000")


@dataclass
class GivenPolicies:
    """Policies a test has written down."""

    given: Mapping[str, Judge] = field(
        default_factory=lambda: judges((benefit("volume-subsidy"), 1), (benefit("new-product-bonus"), 1))
    )

    async def judges(self, session: AsyncSession) -> Mapping[str, Judge]:
        return self.given


@dataclass
class Kept:
    """One database; `tell` commits a batch recorded at a moment."""

    sessions: async_sessionmaker[AsyncSession]
    policies: GivenPolicies = field(default_factory=GivenPolicies)
    now: datetime = datetime(2021, 3, 31, tzinfo=UTC)

    async def tell(self, events: Iterable[Event], *, now: datetime | None = None) -> list[Posting]:
        """The postings these events add, in one batch."""
        batch = [received(event, now or self.now) for event in events]
        async with self.sessions() as session:
            books = await accrue(session, batch, policies=self.policies)
            await commit(session)
        return [booked.posting for booked in books.booked]

    async def postings(self) -> list[Posting]:
        async with self.sessions() as session:
            rows = await session.execute(text(listed("true ORDER BY position, posting_id")))
            return [read_posting(row) for row in rows]

    async def balances(self) -> dict[BalanceOf, int]:
        async with self.sessions() as session:
            return await balances_at(session)

    async def published(self) -> Sequence[tuple[str, bytes]]:
        async with self.sessions() as session:
            rows = await session.execute(text("SELECT type, payload FROM outbox ORDER BY pos"))
            return [(row.type, row.payload) for row in rows]


def received(event: Event, now: datetime) -> Received:
    """The same event always has the same id."""
    payload = event.to_bytes()
    return Received(
        event=event,
        event_id=uuid5(NAMES, type(event).__name__ + payload.decode()),
        type=type(event).__name__,
        topic=event.topic,
        aggregate=event.aggregate,
        aggregate_id=event.aggregate_id(),
        sequence=1,
        key=event.partition_key(),
        payload=payload,
        received_at=now,
    )


@asynccontextmanager
async def kept_in(url: str, **more: GivenPolicies) -> AsyncIterator[Kept]:
    engine = create_async_engine(url)
    try:
        yield Kept(async_sessionmaker(engine, expire_on_commit=False), **more)
    finally:
        await engine.dispose()
