"""Tables of relationship plans; a plan is in force on the days `[valid_from, valid_until)`."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base


class RelationshipPlan(Base):
    __tablename__ = "relationship_plan"

    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("account_person.id"), index=True)
    goals: Mapped[list[str]] = mapped_column(JSONB)
    owner: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    made_by: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint("valid_until > valid_from", name="has_a_day"),
        Index("ix_relationship_plan_account_id", "account_id", "valid_from"),
        Index("ix_relationship_plan_owner", "owner", "valid_from"),
    )


class RelationshipStep(Base):
    __tablename__ = "relationship_step"

    id: Mapped[str] = mapped_column(primary_key=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey("relationship_plan.id"), index=True)
    what: Mapped[str]
    owner: Mapped[str]
    due_on: Mapped[date]
    done_on: Mapped[date | None]
    done_by: Mapped[str | None]
    outcome: Mapped[str | None]

    __table_args__ = (Index("ix_relationship_step_owner", "owner", "due_on"),)


class RelationshipReminder(Base):
    """Said once for each step, due day and lead; `owner` is whom it was said to."""

    __tablename__ = "relationship_reminder"

    step_id: Mapped[str] = mapped_column(ForeignKey("relationship_step.id"), primary_key=True)
    due_on: Mapped[date] = mapped_column(primary_key=True)
    lead: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    reminded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("ix_relationship_reminder_owner", "owner", "reminded_at"),)
