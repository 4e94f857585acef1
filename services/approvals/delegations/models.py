"""Delegations as rows; nobody delegates to himself, and none is without an end."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, DateTime, Index, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from services.approvals.database import Base


class DelegationRow(Base):
    __tablename__ = "delegation"
    __table_args__ = (
        CheckConstraint("by_user <> to_user", name="to_somebody_else"),
        CheckConstraint("valid_from < valid_until", name="at_least_a_day"),
        CheckConstraint("starts_at <= ends_at", name="ends_after_it_starts"),
        Index("ix_delegation_to_user", "to_user", "ends_at"),
        Index("ix_delegation_by_user", "by_user", "ends_at"),
    )

    id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    by_user: Mapped[str] = mapped_column(Text)
    to_user: Mapped[str] = mapped_column(Text)
    role: Mapped[str | None] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date] = mapped_column(Date)
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
