"""Stock by SKU and branch with every entry of it, what was promised, and who is supplied from it in which place."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.pricing.database import Base

MOMENT = DateTime(timezone=True)


class StockRow(Base):
    """What lies at a branch; its row is the lock under which lines are ranked."""

    __tablename__ = "stock"

    sku: Mapped[str] = mapped_column(primary_key=True)
    branch: Mapped[str] = mapped_column(primary_key=True)
    on_hand: Mapped[int]


class StockEntryRow(Base):
    """A dated change of the stock: received, delivered (negative) or written off (negative)."""

    __tablename__ = "stock_entry"
    __table_args__ = (Index("ix_stock_entry_place", "sku", "branch", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sku: Mapped[str]
    branch: Mapped[str]
    kind: Mapped[str]
    quantity: Mapped[int]
    on_day: Mapped[date]
    reference: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(MOMENT)
    recorded_by: Mapped[str]


class PromiseRow(Base):
    """A delivery date secured for a line; it stands until the line is delivered or it is withdrawn."""

    __tablename__ = "delivery_promise"

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    branch: Mapped[str]
    promised_on: Mapped[date]
    reason: Mapped[str]
    promised_by: Mapped[str]
    promised_at: Mapped[datetime] = mapped_column(MOMENT)


class AllocationRow(Base):
    """The place of an open line, what it gets, and the answers that put it there."""

    __tablename__ = "stock_allocation"
    __table_args__ = (Index("ix_stock_allocation_place", "sku", "branch", "rank"),)

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    sku: Mapped[str]
    branch: Mapped[str]
    account_id: Mapped[UUID]
    rank: Mapped[int]
    wanted: Mapped[int]
    quantity: Mapped[int]
    policy: Mapped[str]
    why: Mapped[list[Any]] = mapped_column(JSONB)
    decided_by: Mapped[str | None]
    allocated_at: Mapped[datetime] = mapped_column(MOMENT)
