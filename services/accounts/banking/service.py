"""What is done with bank accounts; each clear view of one is audited with its purpose."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.banking import repository
from services.accounts.banking.domain import BankAccountEnded, BankDetails, account_number, masked
from services.accounts.banking.models import BankAccount
from services.accounts.banking.schemas import NewBankAccount
from services.accounts.banking.sealing import Keyring, Sealed
from services.accounts.dossiers.models import Account
from services.accounts.dossiers.service import Whereabouts
from shared.audit import Entry, append
from shared.ids import new_id

BATCH = 500


async def record_bank_account(
    session: AsyncSession, *, account: Account, request: NewBankAccount, keys: Keyring, who: Whereabouts
) -> BankAccount:
    """A1: keep where the account is paid; raises NotABankAccount."""
    row = sealed_row(account, request, keys=keys, who=who)
    session.add(row)
    await _audit(session, row, "bank_account.recorded", who=who)
    return row


def sealed_row(account: Account, request: NewBankAccount, *, keys: Keyring, who: Whereabouts) -> BankAccount:
    """The bank account as it is kept; without a holder it is the account's own. Raises NotABankAccount."""
    row_id = str(new_id())
    details = BankDetails(account_number(request.number), request.holder or account.legal_name)
    sealed = keys.seal(details, row_id=row_id)
    return BankAccount(
        id=row_id,
        account_id=account.id,
        bank=request.bank,
        currency=request.currency,
        shown=masked(details.number),
        sealed=sealed.content,
        key_id=sealed.key_id,
        recorded_by=who.user_id,
        recorded_at=who.now,
    )


async def end_bank_account(session: AsyncSession, *, row: BankAccount, reason: str, who: Whereabouts) -> None:
    """It stays on file and is used no longer; raises BankAccountEnded."""
    if row.ended_at is not None:
        raise BankAccountEnded
    row.ended_at = who.now
    await _audit(session, row, "bank_account.ended", who=who, why=reason)


async def reveal_bank_account(
    session: AsyncSession, *, row: BankAccount, purpose: str, keys: Keyring, who: Whereabouts
) -> BankDetails:
    """The clear details; who read them and what for is kept in the same transaction (A1)."""
    await _audit(session, row, "bank_account.revealed", who=who, why=purpose)
    return keys.open(Sealed(row.key_id, row.sealed), row_id=row.id)


async def seal_anew(session: AsyncSession, *, keys: Keyring, limit: int = BATCH) -> int:
    """Bring up to `limit` rows under the key that seals now; returns how many there were. Raises KeyMissing."""
    rows: Sequence[BankAccount] = await repository.sealed_otherwise(session, key_id=keys.sealing, limit=limit)
    for row in rows:
        fresh = keys.seal(keys.open(Sealed(row.key_id, row.sealed), row_id=row.id), row_id=row.id)
        row.sealed, row.key_id = fresh.content, fresh.key_id
    return len(rows)


async def _audit(
    session: AsyncSession, row: BankAccount, action: str, *, who: Whereabouts, why: str | None = None
) -> None:
    detail = {"bank_account_id": row.id} | ({"purpose": why} if why else {})
    await append(session, Entry(who.now, who.user_id, action, f"account/{row.account_id}", detail))
