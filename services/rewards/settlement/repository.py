"""Closed months and issued statements; what a month made payable is summed by the database."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.rewards.ledger.models import PostingRow
from services.rewards.settlement.models import ClosedPeriod, StatementRow


async def closed_period(session: AsyncSession, period: str) -> ClosedPeriod | None:
    return await session.get(ClosedPeriod, period)


async def first_month(session: AsyncSession, *, beneficiary: str | None = None) -> str | None:
    """The earliest month anything was ever booked in, for one beneficiary or for anybody."""
    query = select(func.min(PostingRow.period))
    if beneficiary is not None:
        query = query.where(PostingRow.beneficiary == beneficiary)
    return await session.scalar(query)


async def sums_of(session: AsyncSession, *, period: str, until: int) -> Sequence[Row[Any]]:
    """(beneficiary, account_id, currency, amount) of everybody with a line in the month."""
    return (await session.execute(_SUMS, {"period": period, "until": until})).all()


async def month_sums(session: AsyncSession, *, period: str, until: int) -> Sequence[Row[Any]]:
    """(currency, amount, adjusted) of all statements of a month; `adjusted` is what belongs to earlier months."""
    return (await session.execute(_MONTH_SUMS, {"period": period, "until": until})).all()


async def insert_statements(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        await session.execute(
            _INSERT,
            {
                "ids": [row["statement_id"] for row in rows],
                "holders": [row["beneficiary"] for row in rows],
                "periods": [row["period"] for row in rows],
                "positions": [row["position"] for row in rows],
                "issued": [row["issued_at"] for row in rows],
                "totals": [orjson.dumps(row["totals"]).decode() for row in rows],
            },
        )


async def find_statement(session: AsyncSession, statement_id: UUID) -> StatementRow | None:
    return await session.get(StatementRow, statement_id)


async def statement_of(session: AsyncSession, *, beneficiary: str, period: str) -> StatementRow | None:
    found = select(StatementRow).where(StatementRow.beneficiary == beneficiary, StatementRow.period == period)
    return (await session.scalars(found)).one_or_none()


_SUMS = text(
    """
    SELECT beneficiary, currency,
           sum(amount_minor * ((target IN ('accrued', 'payable'))::int
                               - (coalesce(source, '') IN ('accrued', 'payable'))::int)) AS amount
    FROM posting
    WHERE period = :period AND position <= :until AND kind <> 'settlement'
    GROUP BY beneficiary, currency
    HAVING bool_or(amount_minor = 0 OR target IN ('accrued', 'payable') OR source IN ('accrued', 'payable'))
    ORDER BY beneficiary, currency
    """
)

_MONTH_SUMS = text(
    """
    SELECT currency, sum(amount) AS amount, coalesce(sum(amount) FILTER (WHERE origin_period < period), 0) AS adjusted
    FROM (SELECT currency, period, origin_period,
                 amount_minor * ((target IN ('accrued', 'payable'))::int
                                 - (coalesce(source, '') IN ('accrued', 'payable'))::int) AS amount
          FROM posting
          WHERE period = :period AND position <= :until AND kind <> 'settlement') AS line
    GROUP BY currency
    ORDER BY currency
    """
)

_INSERT = text(
    """
    INSERT INTO statement (statement_id, beneficiary, period, position, issued_at, totals)
    SELECT id, holder, period, position, issued, CAST(totals AS jsonb)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:holders AS text[]), CAST(:periods AS text[]),
                CAST(:positions AS bigint[]), CAST(:issued AS timestamptz[]), CAST(:totals AS text[]))
         AS row (id, holder, period, position, issued, totals)
    """
)
