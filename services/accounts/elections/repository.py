"""Queries over elections and settled months."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.models import Account
from services.accounts.dossiers.repository import seen_by
from services.accounts.elections.models import ClosedPeriod, ElectionRow
from shared.auth.principal import Reach
from shared.calendar import Period
from shared.errors import NotFound


async def elections(session: AsyncSession, *, account_id: str, programme: str | None = None) -> Sequence[ElectionRow]:
    """Every election of an account, in the order in which they were made."""
    query = select(ElectionRow).where(ElectionRow.account_id == account_id)
    if programme is not None:
        query = query.where(ElectionRow.programme == programme)
    return (await session.scalars(query.order_by(ElectionRow.recorded_at, ElectionRow.id))).all()


async def elections_of(session: AsyncSession, *, account_ids: Collection[str]) -> dict[str, list[ElectionRow]]:
    """The same of many accounts at once."""
    found: dict[str, list[ElectionRow]] = {}
    query = select(ElectionRow).where(ElectionRow.account_id.in_(account_ids))
    for row in await session.scalars(query.order_by(ElectionRow.recorded_at, ElectionRow.id)):
        found.setdefault(row.account_id, []).append(row)
    return found


async def election(session: AsyncSession, *, election_id: str, reach: Reach) -> ElectionRow:
    """One election of an account the caller may see; raises NotFound."""
    query = select(ElectionRow).join(Account, Account.id == ElectionRow.account_id)
    found = await session.scalar(query.where(ElectionRow.id == election_id, seen_by(reach)))
    if found is None:
        raise NotFound({"en": f"There is no election {election_id}.", "zh": f"没有选择记录{election_id}。"})
    return found


async def touches_settled(session: AsyncSession, *, first: date, until: date) -> bool:
    """Whether a day of `[first, until)` lies in a month whose settlement is closed."""
    closed = exists().where(ClosedPeriod.valid_from < until, ClosedPeriod.valid_until > first)
    return bool(await session.scalar(select(closed)))


async def keep_closed(session: AsyncSession, *, span: Period) -> None:
    row = {"key": span.key, "valid_from": span.first, "valid_until": span.until}
    await session.execute(insert(ClosedPeriod).values(row).on_conflict_do_nothing())
