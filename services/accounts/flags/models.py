"""A flag is raised once for its code, subject and period; a round of a job is done once."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base


class Flag(Base):
    __tablename__ = "flag"

    id: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[str]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    period: Mapped[str]
    policy: Mapped[str]
    decision: Mapped[dict[str, Any]] = mapped_column(JSONB)
    raised_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        UniqueConstraint("code", "subject_type", "subject_id", "period"),
        Index("ix_flag_account_id", "account_id", "code", "period"),
    )


class RoundDone(Base):
    """A job's round over everybody for a day or a period, done once."""

    __tablename__ = "round_done"

    job: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    done_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
