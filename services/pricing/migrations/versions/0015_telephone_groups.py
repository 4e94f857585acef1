"""Telephone groups with their head counts and monthly rents, and the plan a quote line sells."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "pricing_0015"
down_revision = "pricing_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("quote_line", sa.Column("plan", sa.String(), nullable=True))
    op.add_column("quote_line", sa.Column("seats", sa.Integer(), nullable=True))
    op.create_table(
        "subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("next_month", sa.Date(), nullable=True),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("quote_id", sa.Uuid(), nullable=False),
        sa.Column("quote_line", sa.Integer(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("at_plan_rent", sa.Boolean(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("quote_id", "quote_line", name=op.f("uq_subscription_quote_id_quote_line")),
    )
    op.create_index(
        "uq_subscription_contract_id",
        "subscription",
        ["contract_id"],
        unique=True,
        postgresql_where=sa.text("contract_id IS NOT NULL"),
    )
    op.create_index("ix_subscription_account_id", "subscription", ["account_id", "id"], unique=False)
    op.create_index(
        "ix_subscription_next_month",
        "subscription",
        ["next_month"],
        unique=False,
        postgresql_where=sa.text("next_month IS NOT NULL"),
    )
    op.create_table(
        "head_count_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("declared_on", sa.Date(), nullable=False),
        sa.Column("counts_from", sa.Date(), nullable=True),
        sa.Column("letter", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("fk_head_count_change_subscription_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_head_count_change")),
    )
    op.create_index(
        "uq_head_count_change_waiting",
        "head_count_change",
        ["subscription_id"],
        unique=True,
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_table(
        "subscription_rent",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("rent_minor", sa.BigInteger(), nullable=False),
        sa.Column("trace", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("fk_subscription_rent_subscription_id")
        ),
        sa.PrimaryKeyConstraint("subscription_id", "month", name=op.f("pk_subscription_rent")),
    )


def downgrade() -> None:
    for table in ("subscription_rent", "head_count_change", "subscription"):
        op.drop_table(table)
    op.drop_column("quote_line", "seats")
    op.drop_column("quote_line", "plan")
