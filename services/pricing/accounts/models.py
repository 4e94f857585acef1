"""One row an account: everything a price asks of it is read at once."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.pricing.database import Base

EMPTY = text("'[]'::jsonb")


class AccountRow(Base):
    """`team`, `elections`, `classes`, `listings` and `tiers` are lists of dated entries, days as ISO text."""

    __tablename__ = "known_account"
    __table_args__ = (Index("ix_known_account_number", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    branch: Mapped[str]
    industrial: Mapped[bool]
    frozen: Mapped[bool]
    team: Mapped[list[Any]] = mapped_column(JSONB, server_default=EMPTY)
    elections: Mapped[list[Any]] = mapped_column(JSONB, server_default=EMPTY)
    classes: Mapped[list[Any]] = mapped_column(JSONB, server_default=EMPTY)
    listings: Mapped[list[Any]] = mapped_column(JSONB, server_default=EMPTY)
    tiers: Mapped[list[Any]] = mapped_column(JSONB, server_default=EMPTY)
    merged: Mapped[dict[str, str] | None] = mapped_column(JSONB(none_as_null=True))
    channel: Mapped[str | None]
    sales_class: Mapped[str | None]


class ContractRow(Base):
    """A contract that orders may name; by SKU `quantities` and net `amounts`, null (as `currency`) where never told."""

    __tablename__ = "known_contract"
    __table_args__ = (Index("ix_known_contract_account_id", "account_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    quote_id: Mapped[UUID | None]
    state: Mapped[str]
    revision: Mapped[int]
    currency: Mapped[str | None]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    quantities: Mapped[dict[str, int] | None] = mapped_column(JSONB(none_as_null=True))
    amounts: Mapped[dict[str, int] | None] = mapped_column(JSONB(none_as_null=True))
