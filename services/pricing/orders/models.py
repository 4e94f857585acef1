"""Orders, their lines, and every fact about them that moved something; lines are narrow, a year has half a million."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.pricing.database import Base, Minor

MOMENT = DateTime(timezone=True)
ZERO = text("0")


class OrderRow(Base):
    """Sums of its lines stand beside them: a month's purchases are one index scan over orders."""

    __tablename__ = "sales_order"
    __table_args__ = (
        Index("ix_sales_order_account_id", "account_id", "priced_at"),
        Index("ix_sales_order_quote_id", "quote_id", postgresql_where=text("quote_id IS NOT NULL")),
        Index("ix_sales_order_contract_id", "contract_id", postgresql_where=text("contract_id IS NOT NULL")),
        Index(
            "uq_sales_order_source",
            "source_system",
            "source_reference",
            "account_id",
            unique=True,
            postgresql_where=text("source_system IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    number: Mapped[str]
    branch: Mapped[str]
    currency: Mapped[str]
    state: Mapped[str]
    placed_at: Mapped[datetime] = mapped_column(MOMENT)
    priced_at: Mapped[datetime] = mapped_column(MOMENT)
    net_minor: Mapped[Minor]
    before_p4_minor: Mapped[Minor]
    returned_net_minor: Mapped[Minor] = mapped_column(server_default=ZERO)
    returned_before_p4_minor: Mapped[Minor] = mapped_column(server_default=ZERO)
    paid_minor: Mapped[Minor] = mapped_column(server_default=ZERO)
    quote_id: Mapped[UUID | None]
    contract_id: Mapped[UUID | None]
    source_system: Mapped[str | None]
    source_reference: Mapped[str | None]
    terms: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    version: Mapped[int] = mapped_column(server_default=text("1"))


class OrderLineRow(Base):
    """Frozen when placed, but for what was delivered and returned of it, and for what an amendment made of it."""

    __tablename__ = "sales_order_line"
    __table_args__ = (
        Index("ix_sales_order_line_open", "sku", postgresql_where=text("state IN ('confirmed', 'partly_delivered')")),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.id"), primary_key=True)
    line: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    sku: Mapped[str]
    quantity: Mapped[int]
    list_minor: Mapped[Minor]
    before_p4_minor: Mapped[Minor]
    net_minor: Mapped[Minor]
    cost_minor: Mapped[Minor | None]
    new_brand: Mapped[bool] = mapped_column(server_default=text("false"))
    gift: Mapped[bool] = mapped_column(server_default=text("false"))
    salespeople: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    election: Mapped[str]
    rules: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    quote_line: Mapped[int | None] = mapped_column(SmallInteger)
    state: Mapped[str]
    delivered: Mapped[int] = mapped_column(server_default=ZERO)
    returned: Mapped[int] = mapped_column(server_default=ZERO)
    returned_net_minor: Mapped[Minor] = mapped_column(server_default=ZERO)
    returned_before_p4_minor: Mapped[Minor] = mapped_column(server_default=ZERO)


class MovementRow(Base):
    """A delivery, acceptance, payment, return, amendment or cancellation; `lines` absent means every line in full."""

    __tablename__ = "order_movement"
    __table_args__ = (Index("ix_order_movement_id", "id"),)

    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    occurred_at: Mapped[datetime] = mapped_column(MOMENT)
    recorded_at: Mapped[datetime] = mapped_column(MOMENT)
    lines: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    amount_minor: Mapped[Minor | None]
    note: Mapped[str | None]
    source_reference: Mapped[str | None]
