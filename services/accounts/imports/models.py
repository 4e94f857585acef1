"""What came of each import of accounts; the rejected rows are kept with their reasons."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base


class AccountImport(Base):
    __tablename__ = "account_import"

    id: Mapped[str] = mapped_column(primary_key=True)
    imported_by: Mapped[str]
    imported_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    rows: Mapped[int]
    accepted: Mapped[int]
    unchanged: Mapped[int]
    rejected: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
