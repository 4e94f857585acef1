"""Surveys as sent and as answered; `questions` are the words the customer saw, the link is kept nowhere."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import DateTime, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base
from shared.mailing import Mailed


class Survey(Mailed, Base):
    __tablename__ = "survey"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("account_person.id"))
    questions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    lowest: Mapped[int]
    highest: Mapped[int]
    sent_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    sent_by: Mapped[str]
    expires_on: Mapped[date]
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    answered_on: Mapped[date | None]
    answers: Mapped[dict[str, int] | None] = mapped_column(JSONB)
    comment: Mapped[str | None]

    __table_args__ = (
        Index("ix_survey_account_id", "account_id", "answered_on"),
        Index("ix_survey_mail_next_at", "mail_next_at", postgresql_where=text("mail_state = 'waiting'")),
    )
