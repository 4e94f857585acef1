"""Delegations read by moment: what holds now, and what would meet a new one."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.delegations.domain import Delegation
from services.approvals.delegations.models import DelegationRow
from services.approvals.requests.standing import Delegated
from shared.auth.principal import Reach
from shared.errors import NotFound

WRITING = 0x44454C45  # advisory lock: two delegations that would make a circle together are made one after the other


def delegation_of(row: DelegationRow) -> Delegation:
    return Delegation(
        row.id,
        row.by_user,
        row.to_user,
        row.role,
        row.valid_from,
        row.valid_until,
        row.starts_at,
        row.ends_at,
        row.reason,
    )


async def in_force(session: AsyncSession, *, now: datetime) -> tuple[Delegated, ...]:
    """Everybody's delegations at a moment; the windows are half-open."""
    rows = await session.scalars(
        select(DelegationRow).where(DelegationRow.starts_at <= now, DelegationRow.ends_at > now)
    )
    return tuple(delegation_of(row).delegated for row in rows)


async def not_ended(session: AsyncSession, *, now: datetime) -> Sequence[Delegation]:
    """What holds now or later; only one delegation is made at a time."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITING})
    rows = await session.scalars(select(DelegationRow).where(DelegationRow.ends_at > now))
    return [delegation_of(row) for row in rows]


async def one_of(session: AsyncSession, delegation_id: str, *, by: str) -> DelegationRow:
    """One's own delegation, locked; raises NotFound."""
    query = select(DelegationRow).where(DelegationRow.id == delegation_id, DelegationRow.by_user == by)
    row = (await session.scalars(query.with_for_update())).one_or_none()
    if row is None:
        raise NotFound()
    return row


def seen_by(reach: Reach, *, sees_all: bool) -> ColumnElement[bool]:
    """One's own, given and received; everybody's for who audits."""
    own = or_(DelegationRow.by_user == reach.user_id, DelegationRow.to_user == reach.user_id)
    return true() if sees_all else own
