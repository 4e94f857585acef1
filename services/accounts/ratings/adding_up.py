"""Adding up what accounts bought, in the database: one pass over the movements of some accounts, or of all."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.ratings.facts import Bought, Span
from shared.money import ExchangeRate, minor_digits

SUMS = ("net_minor", "paid_minor", "cost_minor", "costless_minor", "late_minor", "late_minor_days")

# A payment that came counts with its days late, what is still open with its days so far.
_ADDED = """
    sum(m.net_minor) AS net_minor, sum(m.paid_minor) AS paid_minor, sum(m.cost_minor) AS cost_minor,
    sum(m.costless_minor) AS costless_minor,
    coalesce(sum(greatest(m.paid_minor, 0) + m.net_minor - m.paid_minor)
        FILTER (WHERE m.due_on <= :as_of), 0) AS late_minor,
    coalesce(sum(greatest(m.paid_minor, 0) * greatest(m.happened_on - m.due_on, 0)
        + (m.net_minor - m.paid_minor) * (CAST(:as_of AS date) - m.due_on))
        FILTER (WHERE m.due_on <= :as_of), 0) AS late_minor_days,
    count(*) AS movements, min(m.id) AS first_position, max(m.id) AS last_position,
    bit_xor(hashint8extended(m.id, 0)) AS digest
"""
_OF_THE_SPANS = """
    FROM purchase_movement m
    JOIN unnest(CAST(:firsts AS date[]), CAST(:untils AS date[])) AS span (first, until)
      ON m.delivered_on >= span.first AND m.delivered_on < span.until
    WHERE m.happened_on <= :as_of {whose}
"""
# Each delivery in another currency is converted at its own day and rounded once, half up, as shared.money does.
_CONVERTED = ", ".join(
    f"sum(sign({name}) * div(2 * abs({name}) * rate.up + rate.down, 2 * rate.down)) AS {name}" for name in SUMS
)
_WHOLE = ", ".join(f"CAST(coalesce(sum({name}), 0) AS bigint) AS {name}" for name in SUMS)
_PURCHASES = f"""
    WITH own AS (
        SELECT m.account_id, span.first, span.until, {_ADDED}, CAST(0 AS bigint) AS unconverted
        {_OF_THE_SPANS} AND m.currency = :currency GROUP BY 1, 2, 3
    ), delivery AS (
        SELECT m.account_id, span.first, span.until, m.currency, m.order_id, m.delivered_on, {_ADDED}
        {_OF_THE_SPANS} AND m.currency <> :currency GROUP BY 1, 2, 3, 4, 5, 6
    ), foreign_ones AS (
        SELECT account_id, delivery.first, delivery.until, {_CONVERTED}, sum(movements) AS movements,
               min(first_position) AS first_position, max(last_position) AS last_position, bit_xor(digest) AS digest,
               count(*) FILTER (WHERE rate.up IS NULL) AS unconverted
        FROM delivery LEFT JOIN unnest(
            CAST(:currencies AS text[]), CAST(:since AS date[]), CAST(:before AS date[]),
            CAST(:up AS numeric[]), CAST(:down AS numeric[])
        ) AS rate (currency, since, before, up, down)
          ON rate.currency = delivery.currency AND rate.since <= delivered_on AND delivered_on < rate.before
        GROUP BY 1, 2, 3
    ), each AS (
        SELECT * FROM own UNION ALL
        SELECT account_id, first, until, {", ".join(SUMS)}, movements, first_position, last_position, digest,
               unconverted
        FROM foreign_ones
    )
    SELECT account_id, first, until, {_WHOLE},
           CAST(sum(unconverted) AS bigint) AS unconverted, CAST(sum(movements) AS bigint) AS movements,
           min(first_position) AS first_position, max(last_position) AS last_position, bit_xor(digest) AS digest
    FROM each GROUP BY 1, 2, 3
"""  # noqa: S608 - only names of this module
_OF_SOME = " AND m.account_id = ANY(:account_ids)"


async def purchases_of(
    session: AsyncSession,
    *,
    account_ids: Collection[str],
    spans: Collection[Span],
    as_of: date,
    rates: Sequence[ExchangeRate],
) -> list[tuple[str, Span, Bought]]:
    """What accounts bought in each span as far as it had happened by the day; who bought nothing has no row."""
    found = []
    for currency in sorted({span.currency for span in spans}):
        asked = _asked([span for span in spans if span.currency == currency], as_of, rates)
        query = text(_PURCHASES.format(whose=_OF_SOME))
        rows = await session.execute(query, asked | {"account_ids": list(account_ids)})
        found += [(row.account_id, Span(row.first, row.until, currency), _bought(row)) for row in rows]
    return found


async def company_margin(session: AsyncSession, *, span: Span, as_of: date, rates: Sequence[ExchangeRate]) -> int:
    """The margin of all accounts whose margin is known, in minor units of the span's currency."""
    margin = "coalesce(CAST(sum(net_minor - cost_minor) AS bigint), 0)"
    known = "costless_minor = 0 AND unconverted = 0"
    query = text(f"SELECT {margin} FROM ({_PURCHASES.format(whose='')}) AS account WHERE {known}")  # noqa: S608
    return int(await session.scalar(query, _asked([span], as_of, rates)) or 0)


def _asked(spans: Sequence[Span], as_of: date, rates: Sequence[ExchangeRate]) -> dict[str, Any]:
    currency = spans[0].currency
    return {
        "firsts": [span.first for span in spans],
        "untils": [span.until for span in spans],
        "as_of": as_of,
        "currency": currency,
        **_rates_to(currency, rates),
    }


def _rates_to(currency: str, rates: Sequence[ExchangeRate]) -> dict[str, list[Any]]:
    """Into one currency: the days each rate holds, and the whole numbers to multiply and divide minor units by."""
    held = list(_held(currency, rates))
    names = ("currencies", "since", "before", "up", "down")
    return {name: [one[place] for one in held] for place, name in enumerate(names)}


def _held(currency: str, rates: Sequence[ExchangeRate]) -> Iterator[tuple[str, date, date, Decimal, Decimal]]:
    by_other: dict[str, list[ExchangeRate]] = {}
    for rate in sorted((rate for rate in rates if currency in (rate.base, rate.quote)), key=lambda rate: rate.on):
        by_other.setdefault(rate.quote if rate.base == currency else rate.base, []).append(rate)
    for other, rows in by_other.items():
        days = [*(row.on for row in rows), date.max]
        for row, (since, before) in zip(rows, pairwise(days), strict=True):
            up, down = row.rate.as_integer_ratio()
            if other == row.quote:
                up, down = down, up
            digits = minor_digits(currency), minor_digits(other)
            yield other, since, before, Decimal(up * 10 ** digits[0]), Decimal(down * 10 ** digits[1])


def _bought(row: Row[Any]) -> Bought:
    figures = row._mapping
    return Bought(**{name: figures[name] for name in Bought._fields if name != "digest"}, digest=f"{row.digest:x}")
