"""Tables of the board: orders as far as it needs them, who sold what, dossiers by day, appraisals and warnings."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Identity, Index, Numeric, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.accounts.database import Base


class KpiOrder(Base):
    """`lines` as kpis/sales.py writes them."""

    __tablename__ = "kpi_order"

    order_id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str]
    branch: Mapped[str]
    currency: Mapped[str]
    placed_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    cancelled_on: Mapped[date | None]
    cancel_recorded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    lines: Mapped[dict[str, Any]] = mapped_column(JSONB)

    __table_args__ = (Index("ix_kpi_order_account_id", "account_id", "placed_on"),)


class KpiSale(Base):
    """A part of an amount that counts on one day for one salesperson ("" where nobody is named); never changed."""

    __tablename__ = "kpi_sale"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    order_id: Mapped[str]
    account_id: Mapped[str]
    branch: Mapped[str]
    user_id: Mapped[str]
    counts_on: Mapped[date]
    occurred_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    currency: Mapped[str]
    net_minor: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_kpi_sale_user_id", "user_id", "counts_on"),
        Index("ix_kpi_sale_branch", "branch", "counts_on"),
    )


class DossierShare(Base):
    """How complete a dossier was from a day on, until a later row says otherwise.

    `version` is the account's and `policy` the checklist's, by which it was measured.
    """

    __tablename__ = "dossier_share"

    account_id: Mapped[str] = mapped_column(primary_key=True)
    on_day: Mapped[date] = mapped_column(primary_key=True)
    share: Mapped[Decimal] = mapped_column(Numeric())
    version: Mapped[int]
    policy: Mapped[str]


class Appraisal(Base):
    """The score of somebody or of a branch for a period that is over, `[valid_from, valid_until)`, with its trace."""

    __tablename__ = "appraisal"

    id: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str]
    scope_id: Mapped[str]
    period: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    as_of: Mapped[date]
    policy: Mapped[str]
    score: Mapped[Decimal | None] = mapped_column(Numeric())
    grade: Mapped[str | None]
    warning: Mapped[str | None]
    decision: Mapped[dict[str, Any]] = mapped_column(JSONB)
    appraised_by: Mapped[str]
    appraised_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (UniqueConstraint("scope", "scope_id", "period"),)


class KpiWarning(Base):
    __tablename__ = "kpi_warning"

    id: Mapped[str] = mapped_column(primary_key=True)
    kpi: Mapped[str]
    scope: Mapped[str]
    scope_id: Mapped[str]
    period: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    policy: Mapped[str]
    code: Mapped[str]
    value: Mapped[str]
    light: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (UniqueConstraint("kpi", "scope", "scope_id", "period"),)


class WatchedPeriod(Base):
    """A period whose warnings have been looked for."""

    __tablename__ = "kpi_watched_period"

    period: Mapped[str] = mapped_column(primary_key=True)
    watched_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
