"""Queries over classes set by hand; a caller's reach is part of them."""

from datetime import date
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.models import Account
from services.accounts.overrides.domain import OverrideState
from services.accounts.overrides.models import ClassOverride
from shared.auth.principal import Reach
from shared.auth.scope import within
from shared.errors import NotFound


async def lock_account(session: AsyncSession, *, account_id: str) -> None:
    """Whoever asks for another class of this account by hand waits."""
    await session.execute(select(Account.id).where(Account.id == account_id).with_for_update())


async def overlapping_override(session: AsyncSession, *, account_id: str, first: date, until: date) -> bool:
    """Whether one that is asked for, or granted, covers a day of `[first, until)`."""
    standing = ClassOverride.state.in_((OverrideState.proposed, OverrideState.accepted))
    same = exists().where(
        ClassOverride.account_id == account_id,
        standing,
        ClassOverride.valid_from < until,
        ClassOverride.valid_until > first,
    )
    return bool(await session.scalar(select(same)))


async def locked_override(session: AsyncSession, *, override_id: str) -> ClassOverride | None:
    return await session.scalar(select(ClassOverride).where(ClassOverride.id == override_id).with_for_update())


def seen_overrides(reach: Reach) -> Select[Any]:
    seen = within(reach, branch=Account.branch, account=Account.id)
    return select(ClassOverride).join(Account, Account.id == ClassOverride.account_id).where(seen)


async def override(session: AsyncSession, *, override_id: str, reach: Reach) -> ClassOverride:
    found: ClassOverride | None = await session.scalar(seen_overrides(reach).where(ClassOverride.id == override_id))
    if found is None:
        raise NotFound({"en": f"There is no override {override_id}.", "zh": f"没有等级调整{override_id}。"})
    return found
