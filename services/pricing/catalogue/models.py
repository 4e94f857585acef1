"""Products with their dated prices, costs and exchange rates; a row is never overwritten by a later day."""

from datetime import date
from decimal import Decimal

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.pricing.database import Base, Minor
from shared.errors import Words


class ProductRow(Base):
    __tablename__ = "product"

    sku: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[Words] = mapped_column(JSONB)
    kind: Mapped[str]
    product_line: Mapped[str]
    brand: Mapped[str]
    new_brand_from: Mapped[date | None]
    new_brand_until: Mapped[date | None]


class CostRow(Base):
    __tablename__ = "product_cost"

    sku: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    cost_minor: Mapped[Minor]


class PriceRow(Base):
    __tablename__ = "list_price"
    __table_args__ = (Index("ix_list_price_sku", "sku"),)

    price_list: Mapped[str] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    valid_until: Mapped[date | None]
    currency: Mapped[str]
    price_minor: Mapped[Minor]
    floor_minor: Mapped[Minor]


class ExchangeRateRow(Base):
    __tablename__ = "exchange_rate"

    base: Mapped[str] = mapped_column(primary_key=True)
    quote: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    rate: Mapped[Decimal]
    source: Mapped[str]
