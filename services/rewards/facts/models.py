"""One row per account, order and contract with its folded facts; rates and products as they were told."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ARRAY, DateTime, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.rewards.database import Base


class AccountState(Base):
    __tablename__ = "account_state"

    account_id: Mapped[str] = mapped_column(Text, primary_key=True)
    branch: Mapped[str | None] = mapped_column(Text)
    state: Mapped[bytes]


class OrderState(Base):
    """`first_at` and `last_at` bound the days on which anything of the order can count."""

    __tablename__ = "order_state"
    __table_args__ = (
        Index("ix_order_state_account_id", "account_id"),
        Index("ix_order_state_contract_id", "contract_id"),
        Index("ix_order_state_last_at", "last_at"),
    )

    order_id: Mapped[str] = mapped_column(Text, primary_key=True)
    account_id: Mapped[str] = mapped_column(Text)
    contract_id: Mapped[str | None] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    first_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    last_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    state: Mapped[bytes]


class ContractState(Base):
    __tablename__ = "contract_state"
    __table_args__ = (
        Index("ix_contract_state_account_id", "account_id"),
        Index("ix_contract_state_salespeople", "salespeople", postgresql_using="gin"),
        Index("ix_contract_state_skus", "skus", postgresql_using="gin"),
    )

    contract_id: Mapped[str] = mapped_column(Text, primary_key=True)
    account_id: Mapped[str] = mapped_column(Text)
    salespeople: Mapped[list[str]] = mapped_column(ARRAY(Text))
    skus: Mapped[list[str]] = mapped_column(ARRAY(Text))
    state: Mapped[bytes]


class RateRow(Base):
    __tablename__ = "exchange_rate"

    base: Mapped[str] = mapped_column(Text, primary_key=True)
    quote: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    rate: Mapped[Decimal]
    source: Mapped[str] = mapped_column(Text)


class ProductRow(Base):
    __tablename__ = "product"

    sku: Mapped[str] = mapped_column(Text, primary_key=True)
    brand: Mapped[str] = mapped_column(Text)
    new_brand_from: Mapped[date | None]
    new_brand_until: Mapped[date | None]
