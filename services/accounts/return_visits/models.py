"""Tables of return visits; months as keys, days local, instants in UTC."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import DateTime, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base

INSTANT = DateTime(timezone=True)


class ReturnVisit(Base):
    """One month's form of one account; `branch` is whose it was when head office received it."""

    __tablename__ = "return_visit"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    branch: Mapped[str]
    month: Mapped[str]
    visited_on: Mapped[date]
    form_hash: Mapped[str]
    scores: Mapped[dict[str, int]] = mapped_column(JSONB)
    remarks: Mapped[str | None]
    filed_by: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(INSTANT)
    received_on: Mapped[date]
    decision: Mapped[dict[str, Any]] = mapped_column(JSONB)

    __table_args__ = (
        UniqueConstraint("account_id", "month"),
        Index("ix_return_visit_month", "month", "branch"),
    )


class MeetingMinutes(Base):
    __tablename__ = "meeting_minutes"

    contact_id: Mapped[str] = mapped_column(ForeignKey("contact.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    file_hash: Mapped[str]
    filed_by: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(INSTANT)
    received_on: Mapped[date]


class ReportedContact(Base):
    """Whom the branch named for an account in a month; the latest one counts."""

    __tablename__ = "reported_contact"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    month: Mapped[str]
    person_id: Mapped[str] = mapped_column(ForeignKey("account_person.id"))
    reported_by: Mapped[str]
    reported_at: Mapped[datetime] = mapped_column(INSTANT)
    reported_on: Mapped[date]

    __table_args__ = (Index("ix_reported_contact_account_id", "account_id", "month"),)


class SpotCheckSample(Base):
    """What was drawn from what by which seed: one draw a month."""

    __tablename__ = "spot_check_sample"

    id: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(unique=True)
    seed: Mapped[str]
    population: Mapped[list[str]] = mapped_column(JSONB)
    drawn_by: Mapped[str]
    drawn_at: Mapped[datetime] = mapped_column(INSTANT)


class SpotCheck(Base):
    __tablename__ = "spot_check"

    id: Mapped[str] = mapped_column(primary_key=True)
    sample_id: Mapped[str] = mapped_column(ForeignKey("spot_check_sample.id"), index=True)
    return_visit_id: Mapped[str] = mapped_column(ForeignKey("return_visit.id"), unique=True)
    branch: Mapped[str]
    month: Mapped[str]
    finding: Mapped[str]
    note: Mapped[str | None]
    checked_by: Mapped[str | None]
    checked_at: Mapped[datetime | None] = mapped_column(INSTANT)

    __table_args__ = (Index("ix_spot_check_branch", "branch", "month"),)
