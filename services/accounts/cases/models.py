"""Tables of development cases: as they are, every move they made, and the reports on them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base

INSTANT = DateTime(timezone=True)


class DevelopmentCase(Base):
    """`revision` counts submissions; `account_id` is known from the dossier on; amounts in minor units."""

    __tablename__ = "development_case"

    id: Mapped[str] = mapped_column(primary_key=True)
    branch: Mapped[str]
    candidate: Mapped[str]
    reason: Mapped[str]
    stage: Mapped[str]
    revision: Mapped[int] = mapped_column(default=0)
    picked_by: Mapped[str]
    picked_on: Mapped[date]
    cost_fit: Mapped[str | None]
    technology_fit: Mapped[str | None]
    environment_fit: Mapped[str | None]
    expected_minor: Mapped[int | None] = mapped_column(BigInteger)
    expected_currency: Mapped[str | None]
    surveyed_on: Mapped[date | None]
    screening: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    plan: Mapped[str | None]
    budget_minor: Mapped[int | None] = mapped_column(BigInteger)
    budget_currency: Mapped[str | None]
    project_group: Mapped[list[str]] = mapped_column(JSONB)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), index=True)
    closed_on: Mapped[date | None]
    lost_because: Mapped[str | None]

    __table_args__ = (
        Index("ix_development_case_branch", "branch", "id"),
        Index("ix_development_case_picked_by", "picked_by", "closed_on"),
    )


class CaseStep(Base):
    """One move, never changed."""

    __tablename__ = "development_case_step"

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("development_case.id"), index=True)
    move: Mapped[str]
    stage: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(INSTANT)
    note: Mapped[str | None]
