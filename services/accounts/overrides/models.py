"""The table of classes set by hand."""

from datetime import date, datetime

from sqlalchemy import DateTime, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base


class ClassOverride(Base):
    """A class asked for by hand; `valid_until` is the first day it no longer holds."""

    __tablename__ = "class_override"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    grade: Mapped[str]
    reason: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    state: Mapped[str]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
