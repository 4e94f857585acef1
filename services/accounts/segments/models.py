"""Tables of value segments and of what accounts need; append-only."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, DateTime, ForeignKey, Index, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base


class SegmentRow(Base):
    """Written when a run finds another segment than the one that stands; `decision` is kept as a proposal's."""

    __tablename__ = "account_segment"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    segment: Mapped[str]
    valid_from: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    run_id: Mapped[str]
    as_of: Mapped[date]
    policy: Mapped[str]
    score: Mapped[Decimal] = mapped_column(Numeric())
    decision: Mapped[dict[str, Any]] = mapped_column(JSON)

    __table_args__ = (Index("ix_account_segment_account_id", "account_id", "id"),)


class NeedsRow(Base):
    """All that an account needs, as it was noted at an instant."""

    __tablename__ = "account_needs"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    tags: Mapped[list[str]] = mapped_column(JSONB)
    noted_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("ix_account_needs_account_id", "account_id", "id"),)
