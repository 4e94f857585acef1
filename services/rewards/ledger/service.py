"""One digest says whether two ledgers hold the same balances, however their events came."""

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.rewards.ledger.domain import digest_of
from services.rewards.ledger.repository import balances_at


class Head(NamedTuple):
    position: int
    postings: int
    digest: str


async def balance_digest(session: AsyncSession) -> str:
    """Of every balance by beneficiary, policy, window, currency and state."""
    return digest_of(await balances_at(session))


async def ledger_head(session: AsyncSession) -> Head:
    """Where the ledger stands now, in one snapshot."""
    row = (await session.execute(text("SELECT coalesce(max(position), 0), count(*) FROM posting"))).one()
    return Head(int(row[0]), int(row[1]), await balance_digest(session))
