"""The books a batch needs, loaded by one query a table and written back by one statement each."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.rewards.accrual.counting import Tally
from services.rewards.accrual.domain import Posted
from services.rewards.accrual.models import WindowState
from services.rewards.accrual.windows import Ask, AskState, Window, WindowKey

BOOKS_FENCE = 0x424F4F4B
"""Advisory lock: batches that touch only accounts of their own share it; a close or a shared fact takes it alone."""


async def open_books(session: AsyncSession, *, alone: bool) -> None:
    """Hold the fence until this transaction ends."""
    await session.execute(_FENCE_ALONE if alone else _FENCE_SHARED, {"fence": BOOKS_FENCE})


async def windows(
    session: AsyncSession,
    *,
    account_ids: Collection[str] = (),
    beneficiaries: Collection[str] = (),
    keys: Collection[WindowKey] = (),
) -> dict[WindowKey, Window]:
    """Locked in the order of their keys, so that two batches never wait for each other in a circle."""
    named = {
        "accounts": sorted(account_ids),
        "beneficiaries": sorted(beneficiaries),
        "policies": [key.policy_id for key in keys],
        "holders": [key.beneficiary for key in keys],
        "windows": [key.window for key in keys],
    }
    return {window.key: window for window in map(read_window, await session.execute(_WINDOWS, named))}


async def unsettled_windows(session: AsyncSession, *, until: str) -> list[Window]:
    """Windows of that month or an earlier one with something accrued that is not payable yet."""
    return [read_window(row) for row in await session.execute(_UNSETTLED, {"until": until})]


async def keep_windows(session: AsyncSession, changed: Iterable[Window]) -> None:
    found = sorted(changed, key=lambda one: one.key)
    if not found:
        return
    await session.execute(
        _KEEP,
        {
            "policies": [one.key.policy_id for one in found],
            "holders": [one.key.beneficiary for one in found],
            "windows": [one.key.window for one in found],
            "versions": [one.version for one in found],
            "accounts": [one.account_id for one in found],
            "periods": [one.period for one in found],
            "currencies": [one.currency for one in found],
            "froms": [one.journal_from for one in found],
            "sums": [one.tally.amount_minor for one in found],
            "lines": [one.tally.lines for one in found],
            "unrated": [one.tally.unrated for one in found],
            "digests": [one.tally.digest for one in found],
            "rows": [one.row for one in found],
            "pending": [one.posted.pending for one in found],
            "accrued": [one.posted.accrued for one in found],
            "payable": [one.posted.payable for one in found],
            "asks": [_ask(one.ask) for one in found],
            "confirmations": [_ask(one.confirmation) for one in found],
        },
    )


async def open_month(session: AsyncSession) -> str | None:
    """The first month that is not closed; None while none has been closed."""
    found: str | None = await session.scalar(_OPEN_MONTH)
    return found


def read_window(row: Row[Any] | WindowState) -> Window:
    return Window(
        WindowKey(row.policy_id, row.beneficiary, row.window_key),
        row.version,
        row.account_id,
        row.period,
        row.currency,
        row.journal_from,
        Tally(row.sum_minor, row.lines, row.unrated, row.orders_digest),
        row.reached_row,
        Posted(row.pending_minor, row.accrued_minor, row.payable_minor),
        _read_ask(row.ask),
        _read_ask(row.confirmation),
    )


def _ask(ask: Ask) -> str | None:
    if ask.state is AskState.NONE:
        return None
    return orjson.dumps(ask._asdict()).decode()


def _read_ask(said: Any) -> Ask:
    if not said:
        return Ask()
    given = orjson.loads(said) if isinstance(said, str | bytes) else said
    granted_at = datetime.fromisoformat(given["granted_at"]) if given["granted_at"] else None
    return Ask(
        AskState(given["state"]), given["revision"], given["route"], given["request"], given["terms"], granted_at
    )


_FENCE_ALONE = text("SELECT pg_advisory_xact_lock(:fence)")
_FENCE_SHARED = text("SELECT pg_advisory_xact_lock_shared(:fence)")

_COLUMNS = (
    "policy_id, beneficiary, window_key, version, account_id, period, currency, journal_from, sum_minor, lines, "
    "unrated, orders_digest, reached_row, pending_minor, accrued_minor, payable_minor, ask, confirmation"
)

_WINDOWS = text(
    f"""
    SELECT {_COLUMNS} FROM window_state
    WHERE account_id = ANY(CAST(:accounts AS text[])) OR beneficiary = ANY(CAST(:beneficiaries AS text[]))
       OR (policy_id, beneficiary, window_key) IN (
           SELECT * FROM unnest(CAST(:policies AS text[]), CAST(:holders AS text[]), CAST(:windows AS text[])))
    ORDER BY policy_id, beneficiary, window_key
    FOR UPDATE
    """  # noqa: S608 - only names of this module
)

_UNSETTLED = text(
    f"""
    SELECT {_COLUMNS} FROM window_state WHERE accrued_minor <> 0 AND period <= :until
    ORDER BY policy_id, beneficiary, window_key FOR UPDATE
    """  # noqa: S608 - only names of this module
)

_OPEN_MONTH = text("SELECT to_char(to_date(max(period), 'YYYY-MM') + interval '1 month', 'YYYY-MM') FROM closed_period")

_KEEP = text(
    f"""
    INSERT INTO window_state ({_COLUMNS})
    SELECT policy_id, beneficiary, window_key, version, account_id, period, currency, journal_from, sum_minor, lines,
           unrated, orders_digest, reached_row, pending_minor, accrued_minor, payable_minor,
           CAST(ask AS jsonb), CAST(confirmation AS jsonb)
    FROM unnest(CAST(:policies AS text[]), CAST(:holders AS text[]), CAST(:windows AS text[]),
                CAST(:versions AS int[]), CAST(:accounts AS text[]), CAST(:periods AS text[]),
                CAST(:currencies AS text[]), CAST(:froms AS bigint[]), CAST(:sums AS bigint[]), CAST(:lines AS int[]),
                CAST(:unrated AS int[]), CAST(:digests AS bigint[]), CAST(:rows AS int[]), CAST(:pending AS bigint[]),
                CAST(:accrued AS bigint[]), CAST(:payable AS bigint[]), CAST(:asks AS text[]),
                CAST(:confirmations AS text[])) AS row ({_COLUMNS})
    ON CONFLICT (policy_id, beneficiary, window_key) DO UPDATE SET
        version = excluded.version, sum_minor = excluded.sum_minor, lines = excluded.lines, unrated = excluded.unrated,
        orders_digest = excluded.orders_digest, reached_row = excluded.reached_row,
        pending_minor = excluded.pending_minor, accrued_minor = excluded.accrued_minor,
        payable_minor = excluded.payable_minor, ask = excluded.ask, confirmation = excluded.confirmation
    """  # noqa: S608 - only names of this module
)
