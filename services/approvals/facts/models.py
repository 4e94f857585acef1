"""Tables fed by the events of accounts, pricing and the catalogue; nobody edits them by hand."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Date, DateTime, ForeignKey, Index, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.approvals.database import Base


class KnownAccount(Base):
    __tablename__ = "known_account"

    account_id: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    legal_name: Mapped[str] = mapped_column(Text)
    branch: Mapped[str] = mapped_column(Text)
    industrial: Mapped[bool]
    frozen: Mapped[bool] = mapped_column(default=False)
    goes_on_as: Mapped[str | None] = mapped_column(Text)
    licence_number: Mapped[str | None] = mapped_column(Text)
    licence_expires_on: Mapped[date | None] = mapped_column(Date)
    licence_file_hash: Mapped[str | None] = mapped_column(Text)
    team: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)


class KnownClass(Base):
    __tablename__ = "known_class"

    account_id: Mapped[str] = mapped_column(Text, ForeignKey("known_account.account_id"), primary_key=True)
    valid_from: Mapped[date] = mapped_column(Date, primary_key=True)
    valid_until: Mapped[date | None] = mapped_column(Date)
    grade: Mapped[str] = mapped_column(Text)
    proposal_id: Mapped[str] = mapped_column(Text, primary_key=True)


class KnownListing(Base):
    __tablename__ = "known_listing"

    account_id: Mapped[str] = mapped_column(Text, ForeignKey("known_account.account_id"), primary_key=True)
    list_id: Mapped[str] = mapped_column(Text, primary_key=True)
    listed: Mapped[bool]
    valid_from: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date] = mapped_column(Date)


class KnownQuote(Base):
    """`contents` is the event as it came: the lines with their frozen floor, cost, shares and exceptions."""

    __tablename__ = "known_quote"

    quote_id: Mapped[str] = mapped_column(Text, primary_key=True)
    account_id: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    contents: Mapped[dict[str, Any]] = mapped_column(JSONB)


class KnownRate(Base):
    """One `base` is `rate` of `quote` from its day on; no inverse is stored."""

    __tablename__ = "known_rate"

    base: Mapped[str] = mapped_column(Text, primary_key=True)
    quote: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    rate: Mapped[Decimal] = mapped_column(Numeric)
    source: Mapped[str] = mapped_column(Text)


class KnownFloor(Base):
    """Below this unit price of a list an approval is needed; half-open local days."""

    __tablename__ = "known_floor"

    price_list: Mapped[str] = mapped_column(Text, primary_key=True)
    sku: Mapped[str] = mapped_column(Text, primary_key=True)
    valid_from: Mapped[date] = mapped_column(Date, primary_key=True)
    valid_until: Mapped[date | None] = mapped_column(Date)
    currency: Mapped[str] = mapped_column(Text)
    floor_minor: Mapped[int] = mapped_column(BigInteger)


class KnownProduct(Base):
    """What is sold; a new brand on the half-open local days, where it has any (R2)."""

    __tablename__ = "known_product"

    sku: Mapped[str] = mapped_column(Text, primary_key=True)
    new_brand_from: Mapped[date | None] = mapped_column(Date)
    new_brand_until: Mapped[date | None] = mapped_column(Date)


class KnownCost(Base):
    """What one piece costs us from a day on."""

    __tablename__ = "known_cost"

    sku: Mapped[str] = mapped_column(Text, primary_key=True)
    currency: Mapped[str] = mapped_column(Text, primary_key=True)
    valid_from: Mapped[date] = mapped_column(Date, primary_key=True)
    cost_minor: Mapped[int] = mapped_column(BigInteger)


class KnownOrder(Base):
    """Only that it was placed, and whether it was cancelled: enough to know a first deal."""

    __tablename__ = "known_order"
    __table_args__ = (Index(None, "account_id"),)

    order_id: Mapped[str] = mapped_column(Text, primary_key=True)
    account_id: Mapped[str] = mapped_column(Text)
    placed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    cancelled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
