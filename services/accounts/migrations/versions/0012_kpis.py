"""Orders and who sold them, dossiers by day, appraisals and warnings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "accounts_0012"
down_revision = "accounts_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kpi_order",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("placed_on", sa.Date(), nullable=False),
        sa.Column("cancelled_on", sa.Date(), nullable=True),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_kpi_order")),
    )
    op.create_index("ix_kpi_order_account_id", "kpi_order", ["account_id", "placed_on"])
    op.create_table(
        "kpi_sale",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("counts_on", sa.Date(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_sale")),
    )
    op.create_index("ix_kpi_sale_user_id", "kpi_sale", ["user_id", "counts_on"])
    op.create_index("ix_kpi_sale_branch", "kpi_sale", ["branch", "counts_on"])
    op.create_table(
        "dossier_share",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("share", sa.Numeric(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "on_day", name=op.f("pk_dossier_share")),
    )
    _judgements()
    op.create_table(
        "kpi_watched_period",
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("watched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("period", name=op.f("pk_kpi_watched_period")),
    )


def _judgements() -> None:
    op.create_table(
        "appraisal",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("scope_id", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("score", sa.Numeric(), nullable=True),
        sa.Column("grade", sa.String(), nullable=True),
        sa.Column("warning", sa.String(), nullable=True),
        sa.Column("decision", postgresql.JSONB(), nullable=False),
        sa.Column("appraised_by", sa.String(), nullable=False),
        sa.Column("appraised_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal")),
        sa.UniqueConstraint("scope", "scope_id", "period", name=op.f("uq_appraisal_scope_scope_id_period")),
    )
    op.create_table(
        "kpi_warning",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kpi", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("scope_id", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("light", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_warning")),
        sa.UniqueConstraint(
            "kpi", "scope", "scope_id", "period", name=op.f("uq_kpi_warning_kpi_scope_scope_id_period")
        ),
    )


def downgrade() -> None:
    for table in ("kpi_watched_period", "kpi_warning", "appraisal", "dossier_share", "kpi_sale", "kpi_order"):
        op.drop_table(table)
