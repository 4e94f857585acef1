"""Raising a flag once, doing a round once, and reading flags within reach."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.models import Account
from services.accounts.dossiers.repository import seen_by
from services.accounts.flags.models import Flag, RoundDone
from shared.auth.principal import Reach


async def add_flag(session: AsyncSession, *, values: Mapping[str, Any]) -> bool:
    """Keep a flag; False where its code was raised for the subject and period before."""
    statement = insert(Flag).values(**values).on_conflict_do_nothing().returning(Flag.id)
    return await session.scalar(statement) is not None


async def take_round(session: AsyncSession, *, job: str, period: str, now: datetime) -> bool:
    """Whether this round is still to be done; from the end of this transaction on it is done."""
    statement = insert(RoundDone).values(job=job, period=period, done_at=now)
    return await session.scalar(statement.on_conflict_do_nothing().returning(RoundDone.job)) is not None


async def rounds_done(session: AsyncSession, *, job: str) -> list[str]:
    """The keys of the periods for which a job's round was done."""
    return list(await session.scalars(select(RoundDone.period).where(RoundDone.job == job)))


def flags_within(reach: Reach) -> Select[Flag]:
    return select(Flag).join(Account, Account.id == Flag.account_id).where(seen_by(reach))
