"""Foreign orders that name what nobody knows yet are kept whole, and taken in as soon as it is known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from pydantic import TypeAdapter
from sqlalchemy import delete, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.database import one_of
from services.pricing.imports.domain import Invoice, Parked, Pricing, Reject, SourceLine, SourceMapping
from services.pricing.imports.models import ParkedOrderRow
from services.pricing.imports.refusing import is_clean

WAITING, REFUSED = "waiting", "refused"
_MAPPING = TypeAdapter(SourceMapping)


async def park(
    session: AsyncSession, mapping: SourceMapping, parked: Sequence[Parked], *, pricing: Pricing, now: datetime
) -> None:
    """What is sent again before it could be taken stands in place of what was sent first."""
    rows = [_row(mapping, one, pricing, now) for one in parked]
    if not rows:
        return
    values = insert(ParkedOrderRow).values(rows)
    names = [name for name in rows[0] if name not in ("system", "reference", "parked_at")]
    changed = {name: values.excluded[name] for name in names}
    await session.execute(values.on_conflict_do_update(index_elements=["system", "reference"], set_=changed))


def _row(mapping: SourceMapping, one: Parked, pricing: Pricing, now: datetime) -> dict[str, Any]:
    invoice = one.invoice
    lines = [
        [line.row, line.number, line.sku, line.quantity, line.at and line.at.isoformat(), line.price, line.account]
        for line in invoice.lines
    ]
    return {
        "system": mapping.system,
        "reference": invoice.reference,
        "state": WAITING,
        "is_return": mapping.is_return(invoice.reference),
        "named": sorted({line.account for line in invoice.lines if is_clean(line.account)}),
        "accounts": list(one.accounts),
        "skus": list(one.skus),
        "at": invoice.at,
        "contents": orjson.loads(orjson.dumps({"mapping": asdict(mapping), "pricing": pricing, "lines": lines})),
        "refused": None,
        "parked_at": now,
    }


def invoice_of(row: ParkedOrderRow) -> Invoice:
    """As it was read."""
    lines = [
        SourceLine(place, number, sku, quantity, datetime.fromisoformat(at) if at else None, price, account)
        for place, number, sku, quantity, at, price, account in row.contents["lines"]
    ]
    return Invoice(row.reference, row.at, lines)


def mapping_of(row: ParkedOrderRow) -> SourceMapping:
    return _MAPPING.validate_python(row.contents["mapping"])


async def waiting_accounts(session: AsyncSession, mapping: SourceMapping) -> frozenset[str]:
    """Numbers of accounts of which an order of that system waits."""
    if not mapping.waits_for:
        return frozenset()
    rows = await session.scalars(_WAITING_ACCOUNTS, {"system": mapping.system})
    return frozenset(rows)


_WAITING_ACCOUNTS = text(
    "SELECT DISTINCT unnest(named) FROM parked_order WHERE system = :system AND state = 'waiting' AND NOT is_return"
)


async def due_to_flow(session: AsyncSession, *, at_most: int) -> list[ParkedOrderRow]:
    """Those whose accounts and SKUs are all known by now, oldest first; a return only after the orders before it."""
    ids = await session.execute(_DUE, {"limit": at_most})
    keys = [(row.system, row.reference) for row in ids]
    return [await session.get_one(ParkedOrderRow, key) for key in keys]


_DUE = text(
    """
    SELECT parked.system, parked.reference FROM parked_order AS parked
    WHERE parked.state = 'waiting'
      AND NOT EXISTS (SELECT FROM unnest(parked.accounts) AS wanted (number)
                      WHERE NOT EXISTS (SELECT FROM known_account WHERE known_account.number = wanted.number))
      AND NOT EXISTS (SELECT FROM unnest(parked.skus) AS wanted (sku)
                      WHERE NOT EXISTS (SELECT FROM product WHERE product.sku = wanted.sku))
      AND NOT (parked.is_return AND EXISTS (
            SELECT FROM parked_order AS before WHERE before.system = parked.system AND before.state = 'waiting'
               AND NOT before.is_return AND before.named && parked.named))
    ORDER BY parked.at, parked.system, parked.reference LIMIT :limit FOR UPDATE OF parked SKIP LOCKED
    """
)


async def forget(session: AsyncSession, system: str, references: Iterable[str]) -> None:
    """They flowed."""
    here = (ParkedOrderRow.system == system, one_of(ParkedOrderRow.reference, references))
    await session.execute(delete(ParkedOrderRow).where(*here))


async def refuse(session: AsyncSession, system: str, rejects: Mapping[str, Sequence[Reject]]) -> None:
    """What was awaited is there, and lines of them cannot be taken all the same: kept, with the reasons."""
    for reference, found in rejects.items():
        said = [
            {"line": one.number, "reason": str(one.reason), "quantity": one.quantity, "detail": dict(one.detail)}
            for one in found
        ]
        await session.execute(
            update(ParkedOrderRow)
            .where(ParkedOrderRow.system == system, ParkedOrderRow.reference == reference)
            .values(state=REFUSED, refused=said)
        )
