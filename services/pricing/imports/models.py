"""Which lines of which foreign invoices were taken, and what each import did with its rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, String, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.pricing.database import Base

MOMENT = DateTime(timezone=True)


class ImportedInvoiceRow(Base):
    """`lines[n]` is the digest of the invoice's n-th line once it was taken, zero while it was not."""

    __tablename__ = "imported_invoice"

    system: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(primary_key=True)
    lines: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))


class ParkedOrderRow(Base):
    """A foreign order that names accounts or SKUs nobody knows yet; `contents` is its mapping and its lines as read."""

    __tablename__ = "parked_order"

    system: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    is_return: Mapped[bool]
    named: Mapped[list[str]] = mapped_column(ARRAY(String))
    accounts: Mapped[list[str]] = mapped_column(ARRAY(String))
    skus: Mapped[list[str]] = mapped_column(ARRAY(String))
    at: Mapped[datetime | None] = mapped_column(MOMENT)
    contents: Mapped[dict[str, Any]] = mapped_column(JSONB)
    refused: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    parked_at: Mapped[datetime] = mapped_column(MOMENT)


class OrderImportRow(Base):
    """The result so far; rows = accepted + unchanged + parked + all rejected."""

    __tablename__ = "order_import"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    mapping: Mapped[str]
    pricing: Mapped[str]
    state: Mapped[str]
    window_from: Mapped[datetime | None] = mapped_column(MOMENT)
    window_until: Mapped[datetime | None] = mapped_column(MOMENT)
    requested_by: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(MOMENT)
    finished_at: Mapped[datetime | None] = mapped_column(MOMENT)
    rows_total: Mapped[int]
    result: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))


class RejectRow(Base):
    """A row of the file, or the rest of a return, that was not taken; `detail` in both languages, with its column."""

    __tablename__ = "import_reject"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("order_import.id"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reference: Mapped[str]
    number: Mapped[int]
    reason: Mapped[str]
    quantity: Mapped[int]
    detail: Mapped[dict[str, str] | None] = mapped_column(JSONB(none_as_null=True))
