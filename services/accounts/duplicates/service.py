"""Look for dossiers of the same customer whenever one is opened or renamed; a person decides what it means."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.duplicates import repository
from services.accounts.duplicates.domain import AlreadyDismissed, match_keys
from services.accounts.duplicates.models import Suspicion
from shared.audit import Entry, append


async def look_for_duplicates(session: AsyncSession, *, account_ids: Collection[str], now: datetime) -> None:
    """A1: propose the pairs these accounts make with others, by name, licence number and telephone."""
    await session.flush()
    licences = defaultdict(list)
    for account_id, number in await repository.licence_numbers(session, account_ids=account_ids):
        licences[account_id].append(number)
    accounts = await repository.names_and_phones(session, account_ids=account_ids)
    keys = {
        account.id: match_keys(legal_name=account.legal_name, phone=account.phone, licences=licences[account.id])
        for account in accounts
    }
    await repository.replace_keys(session, keys=keys)
    await repository.suspect(session, account_ids=account_ids, now=now)


async def dismiss_suspicion(
    session: AsyncSession, *, suspicion: Suspicion, reason: str, user_id: str, now: datetime
) -> None:
    """They are two customers. Raises AlreadyDismissed."""
    if suspicion.dismissed_at is not None:
        raise AlreadyDismissed
    suspicion.dismissed_because, suspicion.dismissed_by, suspicion.dismissed_at = reason, user_id, now
    detail = {"other": suspicion.second_id, "reason": reason}
    await append(session, Entry(now, user_id, "duplicate.dismissed", f"account/{suspicion.first_id}", detail))
