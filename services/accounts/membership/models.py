"""Tables of the membership programme: who is in it, which tier from which day, and how far purchases were looked at."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, Numeric, text
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base


class Enrolment(Base):
    """A member on the days `[enrolled_on, left_on)`."""

    __tablename__ = "membership"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    enrolled_on: Mapped[date]
    left_on: Mapped[date | None]
    left_because: Mapped[str | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        Index("uq_membership_open", "account_id", unique=True, postgresql_where=text("left_on IS NULL")),
        Index("ix_membership_account_id", "account_id", "enrolled_on"),
        ExcludeConstraint(
            ("account_id", "="), (text("daterange(enrolled_on, left_on)"), "&&"), name="no_day_twice", using="gist"
        ),
    )


class TierRow(Base):
    """A tier from a day on; none where the account left. The decision keeps its evidence."""

    __tablename__ = "account_tier"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    tier: Mapped[str | None]
    valid_from: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    as_of: Mapped[date]
    policy: Mapped[str | None]
    score: Mapped[Decimal | None] = mapped_column(Numeric())
    decision: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))

    __table_args__ = (
        Index("ix_account_tier_account_id", "account_id", "id"),
        Index("ix_account_tier_tier", "tier", "account_id"),
    )


class TierRound(Base):
    """How far tiers follow: the last local day on which every member was looked at, and the newest movement seen."""

    __tablename__ = "tier_round"

    one: Mapped[bool] = mapped_column(primary_key=True, default=True)
    day: Mapped[date]
    movement: Mapped[int] = mapped_column(BigInteger)
    placed: Mapped[int] = mapped_column(BigInteger)
