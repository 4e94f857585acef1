"""Bank accounts of accounts; number and holder only ever as ciphertext."""

from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base


class BankAccount(Base):
    __tablename__ = "bank_account"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    bank: Mapped[str]
    currency: Mapped[str | None]
    shown: Mapped[str]
    sealed: Mapped[bytes]
    key_id: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        Index("ix_bank_account_account_id", "account_id", "id"),
        Index("ix_bank_account_key_id", "key_id", "id"),
    )
