"""Postings go in set by set and come out by beneficiary, window or position; balances are always sums of them."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.rewards.ledger.domain import BalanceOf, Cause, Kind, Posting, State, entries
from services.rewards.ledger.models import PostingRow

COLUMNS = {
    "posting_id": "uuid",
    "beneficiary": "text",
    "account_id": "text",
    "policy_id": "text",
    "version": "int",
    "window_key": "text",
    "period": "text",
    "origin_period": "text",
    "kind": "text",
    "source": "text",
    "target": "text",
    "amount_minor": "bigint",
    "currency": "text",
    "expense": "text",
    "event_id": "uuid",
    "order_id": "text",
    "contract_id": "text",
    "line": "int",
    "position": "bigint",
    "occurred_at": "timestamptz",
    "reached_row": "int",
    "measure_before": "bigint",
    "measure_after": "bigint",
    "journal_from": "bigint",
    "digest": "bytea",
    "corrects": "uuid",
}
_LISTED = ", ".join([*COLUMNS, "clauses"])


async def insert_postings(session: AsyncSession, postings: Sequence[Posting]) -> None:
    """Postings, their entries and their keys, in three statements; a key known already fails the whole batch."""
    if not postings:
        return
    rows = zip(*map(_values, postings), strict=True)
    arrays: dict[str, Any] = {f"c_{name}": list(row) for name, row in zip(COLUMNS, rows, strict=True)}
    arrays["c_clauses"] = ["\n".join(posting.clauses) for posting in postings]
    await session.execute(_INSERT_POSTINGS, arrays)
    sides = [(posting.posting_id, side, *entry) for posting in postings for side, entry in enumerate(entries(posting))]
    names = ("ids", "sides", "accounts", "currencies", "amounts")
    await session.execute(_INSERT_ENTRIES, dict(zip(names, map(list, zip(*sides, strict=True)), strict=False)) or _NONE)
    keys = {"keys": [posting.key for posting in postings], "ids": [posting.posting_id for posting in postings]}
    await session.execute(_INSERT_KEYS, keys)


async def find_posting(session: AsyncSession, posting_id: UUID) -> Posting | None:
    row = (await session.execute(_FIND, {"id": posting_id})).one_or_none()
    return read_posting(row) if row else None


async def postings_of(
    session: AsyncSession, *, beneficiary: str, period: str, until: int | None = None
) -> list[Posting]:
    """What was booked for a beneficiary in a period, as of a journal position, in canonical order."""
    given = {"beneficiary": beneficiary, "period": period, "until": until}
    return [read_posting(row) for row in await session.execute(_OF_PERIOD, given)]


async def balances_at(
    session: AsyncSession,
    *,
    beneficiary: str | None = None,
    account_id: str | None = None,
    until: int | None = None,
    as_of: Any = None,
) -> dict[BalanceOf, int]:
    """Every balance that is not zero, summed from the entries up to a journal position and a business time."""
    given = {"beneficiary": beneficiary, "account_id": account_id, "until": until, "as_of": as_of}
    rows = await session.execute(_BALANCES, given)
    return {BalanceOf(row[0], row[1], row[2], row[3], State(row[4])): int(row[5]) for row in rows if row[5]}


def read_posting(row: Row[Any] | PostingRow) -> Posting:
    return Posting(
        posting_id=row.posting_id,
        beneficiary=row.beneficiary,
        account_id=row.account_id,
        policy_id=row.policy_id,
        version=row.version,
        clauses=tuple(row.clauses),
        window=row.window_key,
        period=row.period,
        origin_period=row.origin_period,
        kind=Kind(row.kind),
        source=State(row.source) if row.source else None,
        target=State(row.target),
        amount_minor=row.amount_minor,
        currency=row.currency,
        expense=row.expense,
        cause=Cause(row.event_id, row.order_id, row.contract_id, row.line),
        position=row.position,
        occurred_at=row.occurred_at,
        row=row.reached_row,
        measure_before=row.measure_before,
        measure_after=row.measure_after,
        journal_from=row.journal_from,
        digest=row.digest,
        corrects=row.corrects,
    )


def _values(posting: Posting) -> tuple[Any, ...]:
    """In the order of COLUMNS."""
    cause = posting.cause
    return (
        posting.posting_id,
        posting.beneficiary,
        posting.account_id,
        posting.policy_id,
        posting.version,
        posting.window,
        posting.period,
        posting.origin_period,
        posting.kind.value,
        posting.source.value if posting.source else None,
        posting.target.value,
        posting.amount_minor,
        posting.currency,
        posting.expense,
        cause.event_id,
        cause.order_id,
        cause.contract_id,
        cause.line,
        posting.position,
        posting.occurred_at,
        posting.row,
        posting.measure_before,
        posting.measure_after,
        posting.journal_from,
        posting.digest,
        posting.corrects,
    )


def listed(where: str) -> str:
    """A SELECT of whole postings."""
    return f"SELECT {_LISTED} FROM posting WHERE {where}"  # noqa: S608 - `where` is written in this package


def order_of(postings: Iterable[Posting]) -> list[Posting]:
    return sorted(postings, key=lambda one: (one.position, one.occurred_at, one.posting_id))


_ARRAYS = ", ".join(f"CAST(:c_{name} AS {kind}[])" for name, kind in COLUMNS.items())
_INSERT_POSTINGS = text(
    f"""
    INSERT INTO posting ({_LISTED})
    SELECT {", ".join(COLUMNS)}, string_to_array(clauses, E'\\n')
    FROM unnest({_ARRAYS}, CAST(:c_clauses AS text[])) AS row ({", ".join(COLUMNS)}, clauses)
    """  # noqa: S608 - only names of this module
)

_INSERT_ENTRIES = text(
    """
    INSERT INTO entry (posting_id, side, account, currency, amount_minor)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:sides AS int[]), CAST(:accounts AS text[]),
                         CAST(:currencies AS text[]), CAST(:amounts AS bigint[]))
    """
)
_NONE: dict[str, list[Any]] = {"ids": [], "sides": [], "accounts": [], "currencies": [], "amounts": []}

_INSERT_KEYS = text(
    """
    INSERT INTO posting_key (key, posting_id)
    SELECT * FROM unnest(CAST(:keys AS bytea[]), CAST(:ids AS uuid[]))
    """
)

_FIND = text(listed("posting_id = :id"))

_OF_PERIOD = text(
    listed(
        "beneficiary = :beneficiary AND period = :period AND (CAST(:until AS bigint) IS NULL OR position <= :until) "
        "ORDER BY position, posting_id"
    )
)

_BALANCES = text(
    """
    SELECT p.beneficiary, p.policy_id, p.window_key, e.currency, split_part(e.account, ':', 1) AS state,
           sum(e.amount_minor)
    FROM entry e JOIN posting p USING (posting_id)
    WHERE e.account <> p.expense
      AND (CAST(:beneficiary AS text) IS NULL OR p.beneficiary = :beneficiary)
      AND (CAST(:account_id AS text) IS NULL OR p.account_id = :account_id)
      AND (CAST(:until AS bigint) IS NULL OR p.position <= :until)
      AND (CAST(:as_of AS timestamptz) IS NULL OR p.occurred_at <= :as_of)
    GROUP BY 1, 2, 3, 4, 5
    """
)
