"""Tables of what a rating rests on, of its proposals, and of the classes that came of them; amounts in minor units."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, ForeignKey, Identity, Index, Numeric, UniqueConstraint, text
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


class RatingRun(Base):
    """One run; `period` names the half year of a run that nobody had to start, and there is one of those.

    Every account up to `rated_to` has been rated, by id; a run without its end goes on after it.
    """

    __tablename__ = "rating_run"

    id: Mapped[str] = mapped_column(primary_key=True)
    as_of: Mapped[date]
    period: Mapped[str | None] = mapped_column(unique=True)
    started_by: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    policies: Mapped[list[str]] = mapped_column(JSONB)
    rated: Mapped[int]
    proposed: Mapped[int]
    rated_to: Mapped[str] = mapped_column(server_default="")
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class RatingProposal(Base):
    """`late` is what this rating counts although it came too late for the one before, by order and assessment.

    `decision` is as it is kept (shared/trace_writing.py), its rules' words in `decision_rule`.
    """

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
    decision: Mapped[dict[str, Any]] = mapped_column(JSON)
    proposed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    late: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")

    __table_args__ = (
        UniqueConstraint("run_id", "account_id"),
        Index("ix_rating_proposal_account_id", "account_id", "proposed_at"),
        Index("uq_rating_proposal_live", "account_id", unique=True, postgresql_where=text("state = 'proposed'")),
    )


class RuleSaid(Base):
    """What a rule says in every decision that names its key; a hundred thousand ratings share some thirty of them."""

    __tablename__ = "decision_rule"

    key: Mapped[str] = mapped_column(primary_key=True)
    said: Mapped[dict[str, Any]] = mapped_column(JSON)


class ClassRow(Base):
    """A class that came of a granted proposal, or, with its end, of a granted override."""

    __tablename__ = "account_class"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    grade: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    proposal_id: Mapped[str | None] = mapped_column(unique=True)
    override_id: Mapped[str | None] = mapped_column(unique=True)

    __table_args__ = (Index("ix_account_class_grade", "grade", "account_id"),)


class FrozenBaseline(Base):
    """What an account bought in a span when a rating first needed it: later corrections move no growth (S-A8)."""

    __tablename__ = "rating_baseline"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    first: Mapped[date] = mapped_column(primary_key=True)
    until: Mapped[date] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    paid_minor: Mapped[int] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class PurchaseOrder(Base):
    """An order as far as ratings need it; `lines`, `deliveries`, `returns` as ratings/purchases.py writes them.

    `position` is the order in which orders became known here.
    """

    __tablename__ = "purchase_order"

    order_id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    account_id: Mapped[str]
    currency: Mapped[str]
    placed_on: Mapped[date]
    cancelled: Mapped[bool] = mapped_column(default=False)
    cancelled_on: Mapped[date | None]
    credit_days: Mapped[int | None]
    paid_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    lines: Mapped[dict[str, Any]] = mapped_column(JSONB)
    deliveries: Mapped[list[Any]] = mapped_column(JSONB)
    returns: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    last_delivered_on: Mapped[date | None]

    __table_args__ = (
        Index("ix_purchase_order_account_id", "account_id", "last_delivered_on"),
        Index("ix_purchase_order_placed_on", "account_id", "placed_on"),
    )


class PurchaseMovement(Base):
    """What one event changed in a delivery's worth; sums of them are what was bought as of any day (append-only)."""

    __tablename__ = "purchase_movement"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    order_id: Mapped[str]
    account_id: Mapped[str]
    currency: Mapped[str]
    delivered_on: Mapped[date]
    due_on: Mapped[date | None]
    happened_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    net_minor: Mapped[int] = mapped_column(BigInteger)
    paid_minor: Mapped[int] = mapped_column(BigInteger)
    cost_minor: Mapped[int] = mapped_column(BigInteger)
    costless_minor: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index("ix_purchase_movement_account_id", "account_id", "delivered_on"),)


class RateRow(Base):
    __tablename__ = "exchange_rate"

    base: Mapped[str] = mapped_column(primary_key=True)
    quote: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    rate: Mapped[Decimal] = mapped_column(Numeric())
    source: Mapped[str]
