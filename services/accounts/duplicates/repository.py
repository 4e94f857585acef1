"""Keys and suspicions, a whole import in three statements."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.accounts.database import one_of
from services.accounts.dossiers.models import Account, AccountPaper
from services.accounts.duplicates.models import MatchKey, Suspicion
from shared.auth.principal import Reach
from shared.errors import NotFound
from shared.ids import new_id

LICENCE = "business_licence"
CROWD = 20


async def names_and_phones(session: AsyncSession, *, account_ids: Collection[str]) -> Sequence[Account]:
    return (await session.scalars(select(Account).where(one_of(Account.id, account_ids)))).all()


async def licence_numbers(session: AsyncSession, *, account_ids: Collection[str]) -> Sequence[tuple[str, str]]:
    """`(account_id, number)` of every licence ever filed."""
    query = select(AccountPaper.account_id, AccountPaper.number)
    query = query.where(one_of(AccountPaper.account_id, account_ids), AccountPaper.type == LICENCE)
    return [(row.account_id, row.number) for row in await session.execute(query)]


async def replace_keys(session: AsyncSession, *, keys: Mapping[str, Iterable[tuple[str, str]]]) -> None:
    await session.execute(delete(MatchKey).where(one_of(MatchKey.account_id, keys)))
    rows = [
        {"account_id": account_id, "reason": str(reason), "key": key}
        for account_id, held in keys.items()
        for reason, key in held
    ]
    if rows:
        await session.execute(insert(MatchKey), rows)


async def suspect(session: AsyncSession, *, account_ids: Collection[str], now: datetime) -> None:
    """Propose every pair of which one is among these accounts; a dismissed pair comes back for a new reason only.

    What more than twenty accounts share tells nobody apart.
    """
    pairs = (await session.execute(_PAIRS, {"ids": list(account_ids), "crowd": CROWD})).all()
    if pairs:
        rows = [
            {"id": str(new_id()), "first": row.first_id, "second": row.second_id, "reasons": row.reasons, "now": now}
            for row in pairs
        ]
        await session.execute(_PROPOSE, rows)


def suspicions_seen(reach: Reach, *, account_id: str | None, dismissed: bool) -> Select[Suspicion]:
    """Of pairs that both go on for themselves and both lie within reach."""
    first, second = aliased(Account), aliased(Account)
    query = select(Suspicion).join(first, Suspicion.first_id == first.id).join(second, Suspicion.second_id == second.id)
    query = query.where(first.merged_into.is_(None), second.merged_into.is_(None))
    query = query.where(Suspicion.dismissed_at.is_not(None) if dismissed else Suspicion.dismissed_at.is_(None))
    if not reach.everywhere:
        query = query.where(first.branch.in_(sorted(reach.branches)), second.branch.in_(sorted(reach.branches)))
    if account_id is not None:
        query = query.where((Suspicion.first_id == account_id) | (Suspicion.second_id == account_id))
    return query


async def suspicion(session: AsyncSession, *, suspicion_id: str, reach: Reach) -> Suspicion:
    """One of them, locked. Raises NotFound."""
    for dismissed in (False, True):
        query = suspicions_seen(reach, account_id=None, dismissed=dismissed).where(Suspicion.id == suspicion_id)
        found = await session.scalar(query.with_for_update(of=Suspicion))
        if found is not None:
            return found
    raise NotFound({"en": f"There is no suspicion {suspicion_id}.", "zh": f"没有疑似重复{suspicion_id}。"})


_PAIRS = text(
    """
    WITH mine AS (SELECT account_id, reason, key FROM account_match_key WHERE account_id = ANY (:ids)),
         telling AS (
            SELECT reason, key FROM account_match_key
            WHERE (reason, key) IN (SELECT reason, key FROM mine)
            GROUP BY reason, key HAVING count(*) BETWEEN 2 AND :crowd)
    SELECT least(mine.account_id, other.account_id) AS first_id,
           greatest(mine.account_id, other.account_id) AS second_id,
           array_agg(DISTINCT mine.reason ORDER BY mine.reason) AS reasons
    FROM mine JOIN telling USING (reason, key) JOIN account_match_key AS other USING (reason, key)
    WHERE other.account_id <> mine.account_id
    GROUP BY 1, 2
    """
)

_PROPOSE = text(
    """
    INSERT INTO duplicate_suspicion AS known (id, first_id, second_id, reasons, found_at)
    VALUES (:id, :first, :second, CAST(:reasons AS varchar[]), :now)
    ON CONFLICT (first_id, second_id) DO UPDATE SET
        reasons = ARRAY(SELECT DISTINCT unnest(known.reasons || excluded.reasons) ORDER BY 1),
        dismissed_at = CASE WHEN excluded.reasons <@ known.reasons THEN known.dismissed_at END
    """
)
