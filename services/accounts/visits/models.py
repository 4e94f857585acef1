"""Visits and receptions with their money; amounts in minor units of the visit's one currency."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base

INSTANT = DateTime(timezone=True)


class ClaimedReceipt(Base):
    """A receipt pays once, for the visit whose claim names it."""

    __tablename__ = "visit_receipt"

    file_hash: Mapped[str] = mapped_column(primary_key=True)
    visit_id: Mapped[str] = mapped_column(ForeignKey("visit.id"), index=True)


class Visit(Base):
    """`revision` counts asks, for the plan and for extra expense; `extra_minor` is the claim an extra grant covers."""

    __tablename__ = "visit"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    state: Mapped[str]
    revision: Mapped[int]
    plan: Mapped[str]
    planned_on: Mapped[date]
    planned_by: Mapped[str]
    planned_at: Mapped[datetime] = mapped_column(INSTANT)
    currency: Mapped[str]
    budget_minor: Mapped[int] = mapped_column(BigInteger)
    committed_minor: Mapped[int | None] = mapped_column(BigInteger)
    committed_by: Mapped[str | None]
    committed_on: Mapped[date | None]
    happened_on: Mapped[date | None]
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    reported_by: Mapped[str | None]
    contact_id: Mapped[str | None] = mapped_column(ForeignKey("contact.id"))
    checked_by: Mapped[str | None]
    check_note: Mapped[str | None]
    claimed_minor: Mapped[int | None] = mapped_column(BigInteger)
    claimed_by: Mapped[str | None]
    claimed_on: Mapped[date | None]
    receipts: Mapped[list[str]] = mapped_column(JSONB)
    extra_route: Mapped[str | None]
    extra_request: Mapped[str | None]
    extra_minor: Mapped[int | None] = mapped_column(BigInteger)
    extra_granted_at: Mapped[datetime | None] = mapped_column(INSTANT)
    reimbursed_by: Mapped[str | None]
    reimbursed_on: Mapped[date | None]
    decision: Mapped[dict[str, Any] | None] = mapped_column(JSONB)

    __table_args__ = (Index("ix_visit_account_id", "account_id", "kind", "planned_on"),)
