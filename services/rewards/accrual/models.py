"""The running state of each window: its sum, what is posted of it, the approvals it waits for."""

from typing import Any

from sqlalchemy import BigInteger, Index, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.rewards.database import Base


class WindowState(Base):
    __tablename__ = "window_state"
    __table_args__ = (
        Index("ix_window_state_account_id", "account_id"),
        Index("ix_window_state_unsettled", "period", postgresql_where="accrued_minor <> 0"),
    )

    policy_id: Mapped[str] = mapped_column(Text, primary_key=True)
    beneficiary: Mapped[str] = mapped_column(Text, primary_key=True)
    window_key: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    account_id: Mapped[str] = mapped_column(Text)
    period: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    journal_from: Mapped[int] = mapped_column(BigInteger)
    sum_minor: Mapped[int] = mapped_column(BigInteger)
    lines: Mapped[int] = mapped_column(Integer)
    unrated: Mapped[int] = mapped_column(Integer)
    orders_digest: Mapped[int] = mapped_column(BigInteger)
    reached_row: Mapped[int | None] = mapped_column(Integer)
    pending_minor: Mapped[int] = mapped_column(BigInteger)
    accrued_minor: Mapped[int] = mapped_column(BigInteger)
    payable_minor: Mapped[int] = mapped_column(BigInteger)
    ask: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    confirmation: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
