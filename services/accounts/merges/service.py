"""Merge two accounts, or part them again: facts after that moment go to the survivor, older ones stay (S-I2)."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.models import Account
from services.accounts.dossiers.service import Whereabouts
from services.accounts.merges import repository
from services.accounts.merges.domain import MergeUndone, Party, check_merge
from services.accounts.merges.models import AccountMerge
from services.accounts.merges.schemas import NewMerge
from shared.audit import Entry, append
from shared.events.accounts import AccountsMerged, AccountsParted
from shared.ids import new_id
from shared.outbox import record


async def merge_accounts(session: AsyncSession, *, request: NewMerge, who: Whereabouts) -> AccountMerge:
    """From now on the second account goes on for both. See check_merge for what it raises."""
    ids = (request.absorbed_account_id, request.into_account_id)
    found = await repository.locked_pair(session, account_ids=sorted(set(ids)), reach=who.reach)
    absorbed, into = (found[account_id] for account_id in ids)
    check_merge(_party(absorbed), _party(into))
    merge = AccountMerge(
        id=str(new_id()),
        absorbed_id=absorbed.id,
        into_id=into.id,
        reason=request.reason,
        merged_by=who.user_id,
        merged_at=who.now,
    )
    session.add(merge)
    absorbed.merged_into = into.id
    absorbed.version += 1
    told = {"account_id": absorbed.id, "merge_id": merge.id, "into_account_id": into.id}
    record(session, AccountsMerged(occurred_at=who.now, **told, into_number=into.number))
    await _audit(session, merge, "accounts.merged", why=request.reason, who=who)
    return merge


async def part_accounts(session: AsyncSession, *, merge: AccountMerge, reason: str, who: Whereabouts) -> None:
    """Undo: from now on each account goes on for itself; what came in between stays with the survivor.

    Raises MergeUndone.
    """
    if merge.undone_at is not None:
        raise MergeUndone
    found = await repository.locked_pair(session, account_ids=[merge.absorbed_id], reach=who.reach)
    absorbed = found[merge.absorbed_id]
    absorbed.merged_into = None
    absorbed.version += 1
    merge.undone_because, merge.undone_by, merge.undone_at = reason, who.user_id, who.now
    told = {"account_id": absorbed.id, "merge_id": merge.id, "into_account_id": merge.into_id}
    record(session, AccountsParted(occurred_at=who.now, **told))
    await _audit(session, merge, "accounts.parted", why=reason, who=who)


def _party(account: Account) -> Party:
    return Party(account.id, account.frozen, account.merged_into)


async def _audit(session: AsyncSession, merge: AccountMerge, action: str, *, why: str, who: Whereabouts) -> None:
    detail = {"merge_id": merge.id, "into_account_id": merge.into_id, "reason": why}
    await append(session, Entry(who.now, who.user_id, action, f"account/{merge.absorbed_id}", detail))
