"""Tables of complaints, their escalations, and feedback; instants in UTC, `opened_on` a local day."""

from datetime import date, datetime

from sqlalchemy import DateTime, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.complaints.domain import Clocks
from services.accounts.database import Base

INSTANT = DateTime(timezone=True)


class Complaint(Base):
    __tablename__ = "complaint"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    about: Mapped[str]
    order_id: Mapped[str | None]
    state: Mapped[str]
    owner: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(INSTANT)
    opened_on: Mapped[date]
    opened_by: Mapped[str]
    acknowledge_by: Mapped[datetime] = mapped_column(INSTANT)
    resolve_by: Mapped[datetime] = mapped_column(INSTANT)
    acknowledged_at: Mapped[datetime | None] = mapped_column(INSTANT)
    resolved_at: Mapped[datetime | None] = mapped_column(INSTANT)
    resolved_by: Mapped[str | None]
    resolution: Mapped[str | None]
    caused_by_us: Mapped[bool | None]

    __table_args__ = (
        Index("ix_complaint_account_id", "account_id", "opened_on"),
        Index("ix_complaint_acknowledge_by", "acknowledge_by", postgresql_where=text("state = 'open'")),
        Index("ix_complaint_resolve_by", "resolve_by", postgresql_where=text("state <> 'resolved'")),
    )

    @property
    def clocks(self) -> Clocks:
        return Clocks(self.acknowledge_by, self.resolve_by, self.acknowledged_at, self.resolved_at)


class Escalation(Base):
    """A missed standard of a complaint, told once; `told_to` is None where nobody stands above its owner."""

    __tablename__ = "complaint_escalation"

    complaint_id: Mapped[str] = mapped_column(ForeignKey("complaint.id"), primary_key=True)
    standard: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(INSTANT)
    owner: Mapped[str]
    told_to: Mapped[str | None]
    escalated_at: Mapped[datetime] = mapped_column(INSTANT)


class Feedback(Base):
    __tablename__ = "feedback"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str]
    text: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(INSTANT)
    received_on: Mapped[date]
    logged_by: Mapped[str]
    answer_by: Mapped[datetime] = mapped_column(INSTANT)
    answered_at: Mapped[datetime | None] = mapped_column(INSTANT)
    answered_by: Mapped[str | None]
    answer: Mapped[str | None]

    __table_args__ = (Index("ix_feedback_account_id", "account_id", "received_on"),)
