"""Quotes as they were priced, the exceptions they asked for and the terms that were granted."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.pricing.database import Base, Minor


class QuoteRow(Base):
    """`expires_on` is the first local day on which nobody can accept it any more; one revision of each at most."""

    __tablename__ = "quote"
    __table_args__ = (
        Index("ix_quote_account_id", "account_id", "id"),
        Index("uq_quote_revises", "revises", unique=True, postgresql_where=text("revises IS NOT NULL")),
        Index("ix_quote_first_id", "first_id", postgresql_where=text("first_id IS NOT NULL")),
        Index("ix_quote_alive", "expires_on", postgresql_where="state IN ('priced', 'pending_exception')"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[UUID]
    branch: Mapped[str]
    price_list: Mapped[str]
    currency: Mapped[str]
    state: Mapped[str]
    priced_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_on: Mapped[date]
    total_minor: Mapped[Minor | None]
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    requested_by: Mapped[str]
    accepted_by: Mapped[str | None]
    accepted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    trace: Mapped[dict[str, Any]] = mapped_column(JSONB, deferred=True)
    version: Mapped[int]
    gifts: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    coupon: Mapped[str | None]
    alternatives: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    revises: Mapped[UUID | None]
    first_id: Mapped[UUID | None]


class QuoteLineRow(Base):
    """Amounts of the whole line unless named `unit`; what is left of it is known from its orders."""

    __tablename__ = "quote_line"

    quote_id: Mapped[UUID] = mapped_column(ForeignKey("quote.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sku: Mapped[str]
    quantity: Mapped[int]
    list_unit_minor: Mapped[Minor]
    floor_unit_minor: Mapped[Minor]
    requested_unit_minor: Mapped[Minor | None]
    list_minor: Mapped[Minor]
    before_p4_minor: Mapped[Minor]
    net_minor: Mapped[Minor]
    cost_minor: Mapped[Minor | None]
    new_brand: Mapped[bool]
    salespeople: Mapped[list[Any]] = mapped_column(JSONB)
    election: Mapped[str]
    rules: Mapped[list[Any]] = mapped_column(JSONB)
    reason: Mapped[str | None]
    exception: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    plan: Mapped[str | None]
    seats: Mapped[int | None]


class PriceGrantRow(Base):
    """An approved price below the floor: of one account and SKU, for these quantities, before that day (S-B6)."""

    __tablename__ = "price_grant"
    __table_args__ = (Index("ix_price_grant_account_id", "account_id", "sku"),)

    request_id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    sku: Mapped[str]
    currency: Mapped[str]
    route: Mapped[str]
    subject_id: Mapped[str]
    price_minor: Mapped[Minor]
    quantity_from: Mapped[int]
    quantity_to: Mapped[int]
    valid_until: Mapped[date]
    granted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class NegotiatedTermsRow(Base):
    """Terms agreed from a million on (C6), as far as they concern the discount."""

    __tablename__ = "negotiated_terms"
    __table_args__ = (Index("ix_negotiated_terms_account_id", "account_id"),)

    request_id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    subject_id: Mapped[str]
    applies_to: Mapped[str]
    rate: Mapped[Decimal]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    granted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class AskedTermsRow(Base):
    """One ask per account, policy and month, however many quotes reach the row that asks."""

    __tablename__ = "asked_terms"

    subject_id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    route: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
