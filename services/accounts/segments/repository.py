"""Queries over segments and needs, in the order in which they were recorded."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.segments.models import NeedsRow, SegmentRow

LAST = text("""
    SELECT DISTINCT ON (account_id) account_id, segment FROM account_segment
    WHERE account_id = ANY(:account_ids) ORDER BY account_id, recorded_at DESC, id DESC
""")


async def segments_of(session: AsyncSession, *, account_id: str, known_at: datetime) -> Sequence[SegmentRow]:
    query = select(SegmentRow).where(SegmentRow.account_id == account_id, SegmentRow.recorded_at <= known_at)
    return (await session.scalars(query.order_by(SegmentRow.recorded_at, SegmentRow.id))).all()


async def last_segments(session: AsyncSession, *, account_ids: Collection[str]) -> dict[str, str]:
    """What was last decided about each account."""
    rows = await session.execute(LAST, {"account_ids": list(account_ids)})
    return {row.account_id: row.segment for row in rows}


async def needs_of(session: AsyncSession, *, account_id: str, known_at: datetime) -> NeedsRow | None:
    """What was noted last."""
    query = select(NeedsRow).where(NeedsRow.account_id == account_id, NeedsRow.recorded_at <= known_at)
    found: NeedsRow | None = await session.scalar(
        query.order_by(NeedsRow.recorded_at.desc(), NeedsRow.id.desc()).limit(1)
    )
    return found
