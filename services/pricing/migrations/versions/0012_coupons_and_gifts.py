"""Coupons, what quotes hold of them and of budgets, and gifts that come with a quote (P6)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "pricing_0012"
down_revision = "pricing_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "coupon",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("uses_total", sa.Integer(), nullable=True),
        sa.Column("uses_per_account", sa.Integer(), nullable=False),
        sa.Column("issued_by", sa.String(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon")),
    )
    op.create_index(
        "uq_coupon_issue",
        "coupon",
        ["code", "account_id", "valid_from"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "quote_hold",
        sa.Column("quote_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("quote_id", "kind", "name", name=op.f("pk_quote_hold")),
    )
    live = sa.text("state <> 'released'")
    op.create_index("ix_quote_hold_name", "quote_hold", ["kind", "name", "held_on"], postgresql_where=live)
    op.add_column("quote", sa.Column("gifts", postgresql.JSONB(none_as_null=True), nullable=True))
    op.add_column("quote", sa.Column("coupon", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("quote", "coupon")
    op.drop_column("quote", "gifts")
    op.drop_table("quote_hold")
    op.drop_table("coupon")
