"""Tables of what a rating rests on, of its proposals, and of the classes that came of them; amounts in minor units."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Numeric, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base


class Assessment(Base):
    __tablename__ = "assessment"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    fact: Mapped[str]
    value: Mapped[str]
    assessed_on: Mapped[date]
    expires_on: Mapped[date | None]
    evidence: Mapped[str]
    assessed_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("ix_assessment_account_id", "account_id", "fact", "assessed_on"),)


class RatingProposal(Base):
    __tablename__ = "rating_proposal"

    id: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[str]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    as_of: Mapped[date]
    grade: Mapped[str]
    score: Mapped[Decimal] = mapped_column(Numeric())
    state: Mapped[str]
    policy: Mapped[str]
    takes_effect: Mapped[str]
    decision: Mapped[dict[str, Any]] = mapped_column(JSONB)
    proposed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (UniqueConstraint("run_id", "account_id"),)


class ClassRow(Base):
    __tablename__ = "account_class"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    grade: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    proposal_id: Mapped[str | None] = mapped_column(unique=True)


class PurchaseOrder(Base):
    """An order as far as ratings need it; `lines` and `deliveries` as ratings/purchases.py writes them.

    `position` is the order in which orders became known here.
    """

    __tablename__ = "purchase_order"

    order_id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    account_id: Mapped[str]
    currency: Mapped[str]
    placed_on: Mapped[date]
    cancelled: Mapped[bool] = mapped_column(default=False)
    paid_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    lines: Mapped[dict[str, Any]] = mapped_column(JSONB)
    deliveries: Mapped[list[Any]] = mapped_column(JSONB)
    last_delivered_on: Mapped[date | None]

    __table_args__ = (Index("ix_purchase_order_account_id", "account_id", "last_delivered_on"),)


class RateRow(Base):
    __tablename__ = "exchange_rate"

    base: Mapped[str] = mapped_column(primary_key=True)
    quote: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    rate: Mapped[Decimal] = mapped_column(Numeric())
    source: Mapped[str]
