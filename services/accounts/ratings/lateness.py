"""What came too late for an account's last rating: it changes the next one, and is named there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.merges.repository import families_of
from shared.money import Money

NAMED = 50  # of an account: more are counted by the figures of its criteria


@dataclass(frozen=True, slots=True)
class LastRating:
    """An account's newest proposal: what had been recorded when it was made is not late."""

    proposal_id: str
    grade: str
    state: str
    as_of: date
    proposed_at: datetime


async def take_turns(session: AsyncSession, *, account_ids: Collection[str]) -> None:
    """Whoever proposes for one of these accounts waits until this transaction has ended."""
    await session.execute(_TAKE_TURNS, {"account_ids": list(account_ids)})


async def rated_on_newer_facts(session: AsyncSession, *, account_ids: Collection[str], as_of: date) -> set[str]:
    """The accounts for which a rating as of a later day is live, or was decided."""
    return set(await session.scalars(_NEWER, {"account_ids": list(account_ids), "as_of": as_of}))


async def last_ratings(session: AsyncSession, *, account_ids: Collection[str]) -> dict[str, LastRating]:
    """By account, where it was rated before."""
    rows = await session.execute(_LAST, {"account_ids": list(account_ids)})
    return {row.account_id: LastRating(row.id, row.grade, row.state, row.as_of, row.proposed_at) for row in rows}


async def came_late(
    session: AsyncSession, *, last: Mapping[str, LastRating], as_of: date
) -> dict[str, list[dict[str, Any]]]:
    """What happened by the day of the last rating and was recorded after it: orders and assessments, oldest first."""
    if not last:
        return {}
    families = await families_of(session, account_ids=last)
    heirs = {member: heir for heir, family in families.items() for member in family}
    asked = {
        "account_ids": list(heirs),
        "days": [min(last[heir].as_of, as_of) for heir in heirs.values()],
        "moments": [last[heir].proposed_at for heir in heirs.values()],
    }
    found: dict[str, list[dict[str, Any]]] = {}
    for row in await session.execute(_LATE_ORDERS, asked):
        _name(found, heirs[row.account_id], _order(row))
    for row in await session.execute(_LATE_ASSESSMENTS, asked):
        _name(found, heirs[row.account_id], _assessment(row))
    return found


def _name(found: dict[str, list[dict[str, Any]]], account_id: str, late: dict[str, Any]) -> None:
    named = found.setdefault(account_id, [])
    if len(named) < NAMED:
        named.append(late)


def _order(row: Any) -> dict[str, Any]:
    return {
        "kind": "order",
        "id": row.order_id,
        "happened_on": row.happened_on.isoformat(),
        "recorded_at": row.recorded_at.isoformat(),
        "net": Money(row.net_minor, row.currency).to_json(),
        "paid": Money(row.paid_minor, row.currency).to_json(),
    }


def _assessment(row: Any) -> dict[str, Any]:
    return {
        "kind": "assessment",
        "id": row.id,
        "happened_on": row.assessed_on.isoformat(),
        "recorded_at": row.recorded_at.isoformat(),
        "fact": row.fact,
        "value": row.value,
    }


_TAKE_TURNS = text("""
    SELECT id FROM account WHERE id = ANY(:account_ids) ORDER BY id FOR NO KEY UPDATE
""")
_NEWER = text("""
    SELECT DISTINCT account_id FROM rating_proposal
    WHERE account_id = ANY(:account_ids) AND as_of > :as_of AND state IN ('proposed', 'accepted', 'unchanged')
""")
_LAST = text("""
    SELECT DISTINCT ON (account_id) account_id, id, grade, state, as_of, proposed_at FROM rating_proposal
    WHERE account_id = ANY(:account_ids) ORDER BY account_id, proposed_at DESC, id DESC
""")
_BEFORE = """
    unnest(CAST(:account_ids AS text[]), CAST(:days AS date[]), CAST(:moments AS timestamptz[]))
        AS last (account_id, day, moment)
"""
_LATE_ORDERS = text(f"""
    SELECT account_id, order_id, currency, max(happened_on) AS happened_on, max(recorded_at) AS recorded_at,
           CAST(sum(net_minor) AS bigint) AS net_minor, CAST(sum(paid_minor) AS bigint) AS paid_minor
    FROM purchase_movement JOIN {_BEFORE} USING (account_id)
    WHERE happened_on <= last.day AND recorded_at > last.moment
    GROUP BY account_id, order_id, currency ORDER BY account_id, min(id)
""")  # noqa: S608 - only names of this module
_LATE_ASSESSMENTS = text(f"""
    SELECT account_id, id, fact, value, assessed_on, recorded_at FROM assessment JOIN {_BEFORE} USING (account_id)
    WHERE assessed_on <= last.day AND recorded_at > last.moment ORDER BY account_id, id
""")  # noqa: S608 - only names of this module
