"""Tables of the key-account list; `valid_until` is the first day no longer covered."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import DateTime, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base


class Nomination(Base):
    __tablename__ = "nomination"

    id: Mapped[str] = mapped_column(primary_key=True)
    half_year: Mapped[str]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    department: Mapped[str]
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    nominated_by: Mapped[str]
    nominated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    decision: Mapped[dict[str, Any]] = mapped_column(JSONB)

    __table_args__ = (UniqueConstraint("half_year", "account_id", "department"),)


class KeyAccountList(Base):
    __tablename__ = "key_account_list"

    half_year: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    revision: Mapped[int]
    proposed: Mapped[list[str]] = mapped_column(JSONB)
    asked: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    agreed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    published_by: Mapped[str | None]


class ListMember(Base):
    __tablename__ = "key_account"

    half_year: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    reason: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("ix_key_account_account_id", "account_id", "valid_from"),)


class ContractSpan(Base):
    """A contract that came into force, as approvals told."""

    __tablename__ = "account_contract"

    contract_id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(index=True)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
