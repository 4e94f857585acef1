"""Care events and whom they invite; days local."""

from datetime import date, datetime

from sqlalchemy import DateTime, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base


class CareEvent(Base):
    __tablename__ = "care_event"

    id: Mapped[str] = mapped_column(primary_key=True)
    branch: Mapped[str]
    name: Mapped[str]
    place: Mapped[str]
    on_day: Mapped[date]
    planned_by: Mapped[str]
    planned_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("ix_care_event_branch", "branch", "on_day"),)


class Invitation(Base):
    __tablename__ = "invitation"

    id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("care_event.id"))
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("account_person.id"))
    state: Mapped[str]
    invited_by: Mapped[str]
    invited_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (UniqueConstraint("event_id", "person_id"),)
