"""Closed periods and issued statements, each with the journal position it is reprinted from."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.rewards.database import Base


class ClosedPeriod(Base):
    __tablename__ = "closed_period"

    period: Mapped[str] = mapped_column(Text, primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    closed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    closed_by: Mapped[str] = mapped_column(Text)
    statements: Mapped[int] = mapped_column(Integer)


class StatementRow(Base):
    __tablename__ = "statement"
    __table_args__ = (UniqueConstraint("beneficiary", "period"),)

    statement_id: Mapped[UUID] = mapped_column(primary_key=True)
    beneficiary: Mapped[str] = mapped_column(Text)
    period: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(BigInteger)
    issued_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    totals: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
