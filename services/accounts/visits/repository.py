"""Queries over visits and receptions; a caller's reach is part of the query."""

from collections.abc import Sequence

from sqlalchemy import Select, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.models import Account
from services.accounts.dossiers.repository import seen_by
from services.accounts.visits.models import ClaimedReceipt, Visit
from shared.auth.principal import Reach
from shared.errors import NotFound


def visits_within(reach: Reach) -> Select[Visit]:
    return select(Visit).join(Account, Account.id == Visit.account_id).where(seen_by(reach))


async def visit(session: AsyncSession, *, visit_id: str, reach: Reach, lock: bool = False) -> Visit:
    """One visit the caller may see, locked until the transaction ends where asked; raises NotFound."""
    query = visits_within(reach).where(Visit.id == visit_id)
    found: Visit | None = await session.scalar(query.with_for_update(of=Visit) if lock else query)
    if found is None:
        raise NotFound({"en": f"There is no visit {visit_id}.", "zh": f"没有拜访或接待{visit_id}。"})
    return found


async def take_receipts(session: AsyncSession, *, visit_id: str, receipts: Sequence[str]) -> set[str]:
    """The receipts of a visit's claim in place of those of the claim before; returns those another visit has."""
    await session.execute(delete(ClaimedReceipt).where(ClaimedReceipt.visit_id == visit_id))
    rows = [{"file_hash": receipt, "visit_id": visit_id} for receipt in sorted(receipts)]
    free = insert(ClaimedReceipt).values(rows).on_conflict_do_nothing().returning(ClaimedReceipt.file_hash)
    return set(receipts) - set(await session.scalars(free))


async def locked_visit(session: AsyncSession, *, visit_id: str) -> Visit | None:
    found: Visit | None = await session.scalar(select(Visit).where(Visit.id == visit_id).with_for_update())
    return found
