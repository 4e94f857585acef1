"""Imports, the foreign lines taken so far, and the rows that were not."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.database import one_of
from services.pricing.imports.domain import Reject
from services.pricing.imports.models import ImportedInvoiceRow, OrderImportRow


async def lock_system(session: AsyncSession, system: str) -> None:
    """One import of a system at a time: two would not see each other's lines."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:system))"), {"system": f"order-import {system}"})


async def taken_lines(session: AsyncSession, system: str, references: Sequence[str]) -> dict[str, Sequence[int]]:
    """Digests of the lines taken of these invoices, by their place; zero where one was not taken."""
    row = ImportedInvoiceRow
    query = select(row.reference, row.lines).where(row.system == system, one_of(row.reference, references))
    return {known.reference: known.lines for known in await session.execute(query)}


async def remember_lines(session: AsyncSession, system: str, digests: Mapping[str, Sequence[int]]) -> None:
    """In one statement; arrays of different lengths travel as text."""
    if digests:
        arrays = ["{" + ",".join(map(str, lines)) + "}" for lines in digests.values()]
        await session.execute(_REMEMBER, {"system": system, "references": list(digests), "lines": arrays})


_REMEMBER = text(
    """
    INSERT INTO imported_invoice (system, reference, lines)
    SELECT :system, reference, CAST(lines AS bigint[])
    FROM unnest(CAST(:references AS text[]), CAST(:lines AS text[])) AS taken (reference, lines)
    ON CONFLICT (system, reference) DO UPDATE SET lines = excluded.lines
    """
)


async def add_rejects(session: AsyncSession, import_id: UUID, rejects: Iterable[Reject]) -> None:
    """A row sent again with the same import is told once."""
    rows = list(rejects)
    if rows:
        columns = {
            "rows": [reject.row for reject in rows],
            "references": [reject.reference for reject in rows],
            "numbers": [reject.number for reject in rows],
            "reasons": [str(reject.reason) for reject in rows],
            "quantities": [reject.quantity for reject in rows],
            "details": [orjson.dumps(_told(reject)).decode() for reject in rows],
        }
        await session.execute(_ADD_REJECTS, {"import_id": import_id, **columns})


def _told(reject: Reject) -> dict[str, str]:
    """What is wrong, and in which column where it is one."""
    told = {"en": reject.detail["en"], "zh": reject.detail["zh"]}
    return told if reject.column is None else {**told, "column": reject.column}


_ADD_REJECTS = text(
    """
    INSERT INTO import_reject (import_id, "row", reference, number, reason, quantity, detail)
    SELECT CAST(:import_id AS uuid), "row", reference, number, reason, quantity, CAST(detail AS jsonb) FROM unnest(
        CAST(:rows AS int[]), CAST(:references AS text[]), CAST(:numbers AS int[]), CAST(:reasons AS text[]),
        CAST(:quantities AS int[]), CAST(:details AS text[]))
        AS told ("row", reference, number, reason, quantity, detail)
    ON CONFLICT (import_id, "row") DO NOTHING
    """
)


async def note_progress(session: AsyncSession, import_id: UUID, **values: Any) -> None:
    await session.execute(update(OrderImportRow).where(OrderImportRow.id == import_id).values(**values))


async def open_import(session: AsyncSession, cells: Mapping[str, Any]) -> None:
    """A new import, or one that is sent again from its start."""
    row = insert(OrderImportRow).values(cells)
    again = {name: cells[name] for name in ("state", "finished_at", "rows_total", "result")}
    await session.execute(row.on_conflict_do_update(index_elements=[OrderImportRow.id], set_=again))
