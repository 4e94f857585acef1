"""Groups, what was asked to change of them, and each month's invoice; a month has one, whatever happens twice."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.pricing.database import Base, Minor


class SubscriptionRow(Base):
    """`counts` are head counts with their first days; `next_month` is the first month without an invoice."""

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("quote_id", "quote_line"),
        Index(
            "uq_subscription_contract_id", "contract_id", unique=True, postgresql_where=text("contract_id IS NOT NULL")
        ),
        Index("ix_subscription_account_id", "account_id", "id"),
        Index("ix_subscription_next_month", "next_month", postgresql_where=text("next_month IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    branch: Mapped[str]
    plan: Mapped[str]
    sku: Mapped[str]
    currency: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    next_month: Mapped[date | None]
    counts: Mapped[list[Any]] = mapped_column(JSONB)
    quote_id: Mapped[UUID]
    quote_line: Mapped[int]
    net_minor: Mapped[Minor]
    at_plan_rent: Mapped[bool]
    contract_id: Mapped[UUID | None]
    version: Mapped[int]


class HeadCountChangeRow(Base):
    """A head count that the customer declared by letter; one of a group at a time may wait."""

    __tablename__ = "head_count_change"
    __table_args__ = (
        Index("uq_head_count_change_waiting", "subscription_id", unique=True, postgresql_where=text("state = 'asked'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("subscription.id"))
    seats: Mapped[int]
    declared_on: Mapped[date]
    counts_from: Mapped[date | None]
    letter: Mapped[dict[str, Any]] = mapped_column(JSONB)
    requested_by: Mapped[str]
    requested_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    state: Mapped[str]


class RentRow(Base):
    """The invoice of one month: the order it became and why it costs so much."""

    __tablename__ = "subscription_rent"

    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("subscription.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    rent_minor: Mapped[Minor]
    trace: Mapped[dict[str, Any]] = mapped_column(JSONB)
