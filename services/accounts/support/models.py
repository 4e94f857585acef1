"""Tables of programmes: what was shown, what was evaluated, who is a member and what he was reminded of."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import DateTime, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base


class ProgrammeEvidence(Base):
    __tablename__ = "programme_evidence"

    id: Mapped[str] = mapped_column(primary_key=True)
    programme: Mapped[str]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    fact: Mapped[str]
    item: Mapped[str | None]
    value: Mapped[str]
    currency: Mapped[str | None]
    seen_on: Mapped[date]
    evidence: Mapped[str]
    file_hash: Mapped[str | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("ix_programme_evidence_account_id", "account_id", "programme", "fact"),)


class ProgrammeEvaluation(Base):
    __tablename__ = "programme_evaluation"

    id: Mapped[str] = mapped_column(primary_key=True)
    programme: Mapped[str]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    starts_on: Mapped[date]
    as_of: Mapped[date]
    answer: Mapped[str]
    policy: Mapped[str]
    conditions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    decision: Mapped[dict[str, Any]] = mapped_column(JSONB)
    evaluated_by: Mapped[str]
    evaluated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("ix_programme_evaluation_account_id", "account_id", "programme", "evaluated_at"),)


class ProgrammeMembership(Base):
    """In force on the days `[starts_on, leaves_on)`; one that stays has no last day."""

    __tablename__ = "programme_membership"

    id: Mapped[str] = mapped_column(primary_key=True)
    programme: Mapped[str]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    starts_on: Mapped[date]
    leaves_on: Mapped[date | None]
    left_because: Mapped[str | None]
    evaluation_id: Mapped[str] = mapped_column(ForeignKey("programme_evaluation.id"))
    admitted_by: Mapped[str]
    admitted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        Index(
            "uq_programme_membership_open",
            "account_id",
            "programme",
            unique=True,
            postgresql_where=text("leaves_on IS NULL"),
        ),
        ExcludeConstraint(
            ("account_id", "="),
            ("programme", "="),
            (text("daterange(starts_on, leaves_on)"), "&&"),
            name="no_day_twice",
            using="gist",
        ),
    )


class ProgrammeReminder(Base):
    """What a member was reminded of, once for each condition, deadline and lead."""

    __tablename__ = "programme_reminder"

    id: Mapped[str] = mapped_column(primary_key=True)
    membership_id: Mapped[str] = mapped_column(ForeignKey("programme_membership.id"))
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    condition: Mapped[str]
    deadline: Mapped[date]
    before: Mapped[str]
    missing: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    reminded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (UniqueConstraint("membership_id", "condition", "deadline", "before"),)
