"""Coupons as issued, and what quotes hold of them and of the budgets of programmes."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.pricing.database import Base, Minor


class CouponRow(Base):
    """Its uses are those of the table's version that it was issued by."""

    __tablename__ = "coupon"
    __table_args__ = (
        Index("uq_coupon_issue", "code", "account_id", "valid_from", unique=True, postgresql_nulls_not_distinct=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    account_id: Mapped[UUID | None]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    uses_total: Mapped[int | None]
    uses_per_account: Mapped[int]
    issued_by: Mapped[str]
    issued_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class HoldRow(Base):
    """`name` is a coupon's id or a budget's name; a reserved one counts while its quote is alive, a consumed one on."""

    __tablename__ = "quote_hold"
    __table_args__ = (
        Index("ix_quote_hold_name", "kind", "name", "held_on", postgresql_where=text("state <> 'released'")),
    )

    quote_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    amount_minor: Mapped[Minor | None]
    held_on: Mapped[date]
    expires_on: Mapped[date]
    state: Mapped[str]
