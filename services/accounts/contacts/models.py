"""The contact log; days local, instants in UTC."""

from datetime import date, datetime

from sqlalchemy import DateTime, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base


class Contact(Base):
    """`made_by` met or called the customer, `logged_by` wrote it down; `form_hash` is the record form's file."""

    __tablename__ = "contact"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str]
    on_day: Mapped[date]
    note: Mapped[str]
    made_by: Mapped[str]
    logged_by: Mapped[str]
    form_hash: Mapped[str | None]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("ix_contact_account_id", "account_id", "on_day"),)
