"""Tables of growth plans; a plan is in force on the days `[valid_from, valid_until)`."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base


class GrowthPlan(Base):
    __tablename__ = "growth_plan"

    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    title: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    activities: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    made_by: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint("valid_until > valid_from", name="has_a_day"),
        Index("ix_growth_plan_account_id", "account_id", "valid_from"),
    )


class GrowthObjective(Base):
    """One objective; what is not settled yet is empty."""

    __tablename__ = "growth_objective"

    id: Mapped[str] = mapped_column(primary_key=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey("growth_plan.id"), index=True)
    title: Mapped[str]
    fact: Mapped[str | None]
    basis: Mapped[str | None]
    currency: Mapped[str | None]
    target: Mapped[str | None]
    owner: Mapped[str | None]
    starts_on: Mapped[date | None]
    due_on: Mapped[date | None]
