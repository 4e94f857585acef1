"""Tables of elections and of the months that are settled; `valid_until` is the first day no longer covered."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, cast, column, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base


class ElectionRow(Base):
    __tablename__ = "election"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    programme: Mapped[str]
    choice: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    elected_by: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    replaces: Mapped[str | None]
    decision: Mapped[dict[str, Any]] = mapped_column(JSONB)

    __table_args__ = (
        CheckConstraint("valid_until > valid_from", name="has_a_day"),
        Index("ix_election_account_id", "account_id", "programme", "valid_from"),
        Index(
            "uq_election_month",
            "account_id",
            "programme",
            func.date_trunc("month", cast(column("valid_from"), DateTime())),
            unique=True,
        ),
    )


class ClosedPeriod(Base):
    """A month whose settlement is closed, as rewards told; an election touches none of its days."""

    __tablename__ = "closed_period"

    key: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date]
    valid_until: Mapped[date]
