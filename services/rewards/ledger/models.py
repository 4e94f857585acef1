"""Postings with their two entries, append-only, and one key per business effect that is never pruned."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, ForeignKey, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.rewards.database import Base


class PostingRow(Base):
    __tablename__ = "posting"
    __table_args__ = (
        Index("ix_posting_beneficiary", "beneficiary", "period", "position"),
        Index("ix_posting_window", "policy_id", "beneficiary", "window_key"),
        Index("ix_posting_period", "period"),
        Index("ix_posting_account_id", "account_id"),
        Index("ix_posting_order_id", "order_id"),
    )

    posting_id: Mapped[UUID] = mapped_column(primary_key=True)
    beneficiary: Mapped[str] = mapped_column(Text)
    account_id: Mapped[str | None] = mapped_column(Text)
    policy_id: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    clauses: Mapped[list[str]] = mapped_column(ARRAY(Text))
    window_key: Mapped[str] = mapped_column(Text)
    period: Mapped[str] = mapped_column(Text)
    origin_period: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(Text)
    target: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    expense: Mapped[str] = mapped_column(Text)
    event_id: Mapped[UUID | None]
    order_id: Mapped[str | None] = mapped_column(Text)
    contract_id: Mapped[str | None] = mapped_column(Text)
    line: Mapped[int | None] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(BigInteger)
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    reached_row: Mapped[int | None] = mapped_column(Integer)
    measure_before: Mapped[int | None] = mapped_column(BigInteger)
    measure_after: Mapped[int | None] = mapped_column(BigInteger)
    journal_from: Mapped[int | None] = mapped_column(BigInteger)
    digest: Mapped[bytes | None]
    corrects: Mapped[UUID | None]


class EntryRow(Base):
    __tablename__ = "entry"
    __table_args__ = (Index("ix_entry_account", "account"),)

    posting_id: Mapped[UUID] = mapped_column(ForeignKey("posting.posting_id"), primary_key=True)
    side: Mapped[int] = mapped_column(Integer, primary_key=True)
    account: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(BigInteger)


class PostingKey(Base):
    """The business effect of a posting: rule, subject, window, source event and line, kind; once for ever."""

    __tablename__ = "posting_key"

    key: Mapped[bytes] = mapped_column(primary_key=True)
    posting_id: Mapped[UUID]
