"""Shapes of order imports over HTTP."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from services.pricing.imports.models import OrderImportRow, ParkedOrderRow, RejectRow
from services.pricing.imports.refusing import TITLES, Reason
from services.pricing.schemas import Answer


class ImportAnswer(Answer):
    """rows = accepted + unchanged + parked + all rejected."""

    import_id: UUID
    state: str = Field(description="running, done or failed; send the same file again to go on")
    mapping: str
    pricing: str
    rows_total: int = Field(description="rows of the file that fall into the window")
    rows: int = Field(0, description="rows dealt with so far")
    accepted: int = 0
    unchanged: int = Field(0, description="rows taken by an earlier import")
    parked: int = Field(0, description="rows of orders that wait for their account or SKU; they flow when it appears")
    rejected: dict[str, int] = Field(default_factory=dict, description="rows not taken, by the first reason that holds")
    orders: int = 0
    order_lines: int = 0
    returns: int = 0
    discounted_orders: int = Field(0, description="orders to which a price rule gave something")
    requires_approval: int = Field(0, description="orders left as invoiced, since a rule names no figure")
    floor_breaches: int = Field(0, description="lines below a known floor: told, not tested")
    partly_unmatched: int = Field(0, description="accepted return rows of which a rest found no original")
    unmatched_quantity: int = Field(0, description="pieces returned that found no original")
    started_at: datetime
    finished_at: datetime | None
    rejects: str = Field(description="where the rows not taken are listed")


class RejectAnswer(Answer):
    row: int = Field(description="place in the file, from one, a header not counted")
    reference: str
    number: int = Field(description="place within its invoice, from one")
    reason: Reason
    column: str | None = Field(description="where the row breaks off or runs over: a heading, or a column's letter")
    quantity: int = Field(description="the row's quantity, or the rest that found no original")
    detail: Mapping[str, str] = Field(description="what exactly is wrong, in both languages")


class ParkedOrderAnswer(Answer):
    system: str
    reference: str
    state: Literal["waiting", "refused"] = Field(description="refused: it could not be taken when all was known")
    accounts: list[str] = Field(description="numbers nobody had when it came")
    skus: list[str] = Field(description="products nobody had when it came")
    refused: list[dict[str, Any]] | None = Field(description="the lines that could not be taken, each with its reason")
    parked_at: datetime


def show_parked(row: ParkedOrderRow) -> ParkedOrderAnswer:
    return ParkedOrderAnswer(**{name: getattr(row, name) for name in ParkedOrderAnswer.model_fields})


def show_import(row: OrderImportRow) -> ImportAnswer:
    return ImportAnswer(
        import_id=row.id,
        state=row.state,
        mapping=row.mapping,
        pricing=row.pricing,
        rows_total=row.rows_total,
        started_at=row.started_at,
        finished_at=row.finished_at,
        rejects=f"/v1/order-imports/{row.id}/rejects",
        **row.result,
    )


def show_reject(row: RejectRow) -> RejectAnswer:
    told = {**(row.detail or TITLES[Reason(row.reason)])}
    return RejectAnswer(
        row=row.row,
        reference=row.reference,
        number=row.number,
        reason=Reason(row.reason),
        quantity=row.quantity,
        column=told.pop("column", None),
        detail=told,
    )
