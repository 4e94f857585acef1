"""Each merge with its undoing; a merge stands while `undone_at` is empty."""

from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base


class AccountMerge(Base):
    __tablename__ = "account_merge"

    id: Mapped[str] = mapped_column(primary_key=True)
    absorbed_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    into_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    reason: Mapped[str]
    merged_by: Mapped[str]
    merged_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    undone_because: Mapped[str | None]
    undone_by: Mapped[str | None]
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        Index("uq_account_merge_standing", "absorbed_id", unique=True, postgresql_where=text("undone_at IS NULL")),
    )
