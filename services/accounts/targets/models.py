"""Plans as they were recorded: a later one supersedes, none is overwritten; amounts in minor units."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base


class SalesTarget(Base):
    """The days are `[valid_from, valid_until)` of the period; in force until `superseded_at`."""

    __tablename__ = "sales_target"

    id: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str]
    scope_id: Mapped[str]
    period: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    set_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    superseded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint("amount_minor >= 0", name="not_negative"),
        Index(
            "uq_sales_target_current", "scope", "scope_id", "period",
            unique=True, postgresql_where=text("superseded_at IS NULL"),
        ),
        Index("ix_sales_target_scope", "scope", "scope_id", "valid_from"),
    )  # fmt: skip


class KpiTarget(Base):
    """What a KPI divides by: a number of cases, or a budget."""

    __tablename__ = "kpi_target"

    id: Mapped[str] = mapped_column(primary_key=True)
    kpi: Mapped[str]
    scope: Mapped[str]
    scope_id: Mapped[str]
    period: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    planned: Mapped[int | None]
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None]
    set_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    superseded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        CheckConstraint("(planned IS NULL) <> (amount_minor IS NULL)", name="one_figure"),
        Index(
            "uq_kpi_target_current", "kpi", "scope", "scope_id", "period",
            unique=True, postgresql_where=text("superseded_at IS NULL"),
        ),
    )  # fmt: skip
