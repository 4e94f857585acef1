"""Where people are written to, what is to be told to whom, and which decisions nobody was told of yet."""

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from services.approvals.database import Base
from shared.mailing import Mailed


class MailAddress(Base):
    """Kept here alone, where mails are written: it goes into no event, log or audit entry."""

    __tablename__ = "mail_address"
    __table_args__ = (CheckConstraint("language IN ('en', 'zh')", name="known_language"),)

    user_id: Mapped[str] = mapped_column(Text, primary_key=True)
    address: Mapped[str] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Notice(Mailed, Base):
    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("user_id", "request_id", "step", "kind", "since", name="uq_notice_once"),
        Index("ix_notice_user_id", "user_id", "id"),
        Index("ix_notice_mail_next_at", "mail_next_at", postgresql_where=text("mail_state = 'waiting'")),
    )

    id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    user_id: Mapped[str] = mapped_column(Text)
    request_id: Mapped[str] = mapped_column(ForeignKey("request.id"))
    step: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    noted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class DecidedRequest(Base):
    """Written with the decision, taken away once those who should know are told."""

    __tablename__ = "decided_request"

    id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("request.id"))
    decided_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
