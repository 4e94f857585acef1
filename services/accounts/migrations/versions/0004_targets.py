"""Sales targets, and the planned figures other KPIs are measured against."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "accounts_0004"
down_revision = "accounts_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sales_target",
        *_plan(),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_sales_target_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_target")),
    )
    op.create_index("ix_sales_target_scope", "sales_target", ["scope", "scope_id", "valid_from"])
    _one_current("sales_target", "scope", "scope_id", "period")
    op.create_table(
        "kpi_target",
        *_plan(),
        sa.Column("kpi", sa.String(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.CheckConstraint("(planned IS NULL) <> (amount_minor IS NULL)", name=op.f("ck_kpi_target_one_figure")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_target")),
    )
    _one_current("kpi_target", "kpi", "scope", "scope_id", "period")


def downgrade() -> None:
    op.drop_table("kpi_target")
    op.drop_table("sales_target")


def _plan() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("scope_id", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
    )


def _one_current(table: str, *columns: str) -> None:
    standing = sa.text("superseded_at IS NULL")
    op.create_index(f"uq_{table}_current", table, columns, unique=True, postgresql_where=standing)
