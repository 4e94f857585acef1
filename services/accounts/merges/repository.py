"""Queries over merges, and which account goes on for one that was merged."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.accounts.database import one_of
from services.accounts.dossiers.models import Account
from services.accounts.dossiers.repository import seen_by
from services.accounts.merges.domain import Courses, Heirs, Stretch
from services.accounts.merges.models import AccountMerge
from shared.auth.principal import Reach
from shared.errors import NotFound


async def locked_pair(session: AsyncSession, *, account_ids: Collection[str], reach: Reach) -> dict[str, Account]:
    """Locked in the order of their ids, so that two merges never wait for each other in a circle. Raises NotFound."""
    query = select(Account).where(Account.id.in_(account_ids), seen_by(reach)).order_by(Account.id).with_for_update()
    found = {account.id: account for account in await session.scalars(query)}
    for account_id in account_ids:
        if account_id not in found:
            raise NotFound({"en": f"There is no account {account_id}.", "zh": f"没有客户{account_id}。"})
    return found


def merges_seen(reach: Reach, *, account_id: str | None) -> Select[AccountMerge]:
    """Merges of which the caller may see both sides; those of one account, as either side."""
    absorbed, into = aliased(Account), aliased(Account)
    query = select(AccountMerge).join(absorbed, AccountMerge.absorbed_id == absorbed.id)
    query = query.join(into, AccountMerge.into_id == into.id)
    if not reach.everywhere:
        query = query.where(absorbed.branch.in_(sorted(reach.branches)), into.branch.in_(sorted(reach.branches)))
    if account_id is not None:
        query = query.where((AccountMerge.absorbed_id == account_id) | (AccountMerge.into_id == account_id))
    return query


async def merge(session: AsyncSession, *, merge_id: str, reach: Reach) -> AccountMerge:
    """One merge, locked. Raises NotFound."""
    query = merges_seen(reach, account_id=None).where(AccountMerge.id == merge_id).with_for_update(of=AccountMerge)
    found = await session.scalar(query)
    if found is None:
        raise NotFound({"en": f"There is no merge {merge_id}.", "zh": f"没有合并{merge_id}。"})
    return found


async def standing_merges(session: AsyncSession, *, absorbed: Collection[str]) -> Sequence[AccountMerge]:
    """Those of these accounts, and of the accounts they lead to, nearest first."""
    way = (
        select(AccountMerge.id, AccountMerge.into_id)
        .where(one_of(AccountMerge.absorbed_id, absorbed), AccountMerge.undone_at.is_(None))
        .cte("way", recursive=True)
    )
    further = select(AccountMerge.id, AccountMerge.into_id).join(way, AccountMerge.absorbed_id == way.c.into_id)
    way = way.union_all(further.where(AccountMerge.undone_at.is_(None)))
    return (await session.scalars(select(AccountMerge).where(AccountMerge.id.in_(select(way.c.id))))).all()


async def heirs_of(session: AsyncSession, *, account_ids: Collection[str]) -> Heirs:
    """Who goes on for these accounts, by the merges that stand now."""
    merges = await standing_merges(session, absorbed=account_ids)
    return Heirs({merge.absorbed_id: (merge.into_id, merge.merged_at) for merge in merges})


async def courses_of(session: AsyncSession, *, account_ids: Collection[str]) -> Courses:
    """Who went on for these accounts at any moment, by the merges that stand and by those that were undone."""
    way = select(AccountMerge.id, AccountMerge.into_id).where(one_of(AccountMerge.absorbed_id, account_ids))
    course = way.cte("course", recursive=True)
    further = select(AccountMerge.id, AccountMerge.into_id).join(course, AccountMerge.absorbed_id == course.c.into_id)
    course = course.union(further)
    found: dict[str, list[Stretch]] = {}
    for merge in await session.scalars(select(AccountMerge).where(AccountMerge.id.in_(select(course.c.id)))):
        stretch = Stretch(merge.into_id, merge.merged_at, merge.undone_at)
        found.setdefault(merge.absorbed_id, []).append(stretch)
    return Courses(found)


async def families_of(session: AsyncSession, *, account_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Each account, itself first, with all it goes on for at any remove by the merges that stand now (S-I2)."""
    families: dict[str, tuple[str, ...]] = {account_id: (account_id,) for account_id in account_ids}
    family = (
        select(AccountMerge.into_id.label("heir"), AccountMerge.absorbed_id.label("member"))
        .where(one_of(AccountMerge.into_id, families), AccountMerge.undone_at.is_(None))
        .cte("family", recursive=True)
    )
    further = select(family.c.heir, AccountMerge.absorbed_id).join(family, AccountMerge.into_id == family.c.member)
    family = family.union_all(further.where(AccountMerge.undone_at.is_(None)))
    for heir, member in await session.execute(select(family).order_by(family.c.member)):
        families[heir] += (member,)
    return families


async def heirs_at(session: AsyncSession, *, moment: datetime) -> Heirs:
    """Of every merged account, as it stood at a moment: merges and undoings of later change nothing of it."""
    query = select(AccountMerge.absorbed_id, AccountMerge.into_id, AccountMerge.merged_at).where(
        AccountMerge.merged_at <= moment, or_(AccountMerge.undone_at.is_(None), AccountMerge.undone_at > moment)
    )
    return Heirs({absorbed: (into, since) for absorbed, into, since in await session.execute(query)})
