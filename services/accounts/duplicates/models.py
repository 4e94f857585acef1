"""What each dossier is recognised by, and the pairs that share some of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base


class MatchKey(Base):
    __tablename__ = "account_match_key"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)

    __table_args__ = (Index("ix_account_match_key_key", "key", "reason"),)


class Suspicion(Base):
    """A pair is kept once, the older account first; it is open while `dismissed_at` is empty."""

    __tablename__ = "duplicate_suspicion"

    id: Mapped[str] = mapped_column(primary_key=True)
    first_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    second_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    reasons: Mapped[list[str]] = mapped_column(ARRAY(String))
    found_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    dismissed_because: Mapped[str | None]
    dismissed_by: Mapped[str | None]
    dismissed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (UniqueConstraint("first_id", "second_id"), CheckConstraint("first_id < second_id", name="pair"))
