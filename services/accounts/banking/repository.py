"""Queries over bank accounts; whose they are is asked before."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.banking.models import BankAccount
from services.accounts.database import one_of
from shared.errors import NotFound


async def bank_accounts(session: AsyncSession, *, account_id: str) -> Sequence[BankAccount]:
    query = select(BankAccount).where(BankAccount.account_id == account_id).order_by(BankAccount.id)
    return (await session.scalars(query)).all()


async def bank_account(
    session: AsyncSession, *, account_id: str, bank_account_id: str, lock: bool = False
) -> BankAccount:
    """Raises NotFound."""
    query = select(BankAccount).where(BankAccount.account_id == account_id, BankAccount.id == bank_account_id)
    found = await session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(
            {"en": f"There is no bank account {bank_account_id} here.", "zh": f"此处没有银行账户{bank_account_id}。"}
        )
    return found


async def with_bank_account(session: AsyncSession, *, account_ids: Collection[str]) -> frozenset[str]:
    """Those of the accounts that have a bank account in use."""
    query = select(BankAccount.account_id).where(
        one_of(BankAccount.account_id, account_ids), BankAccount.ended_at.is_(None)
    )
    return frozenset(await session.scalars(query))


async def sealed_otherwise(session: AsyncSession, *, key_id: str, limit: int) -> Sequence[BankAccount]:
    """Some rows sealed under another key than this one, locked; rows that somebody else locked wait for their turn."""
    query = select(BankAccount).where(BankAccount.key_id != key_id).order_by(BankAccount.id).limit(limit)
    return (await session.scalars(query.with_for_update())).all()
