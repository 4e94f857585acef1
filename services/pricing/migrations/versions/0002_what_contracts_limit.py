"""What a contract limits: its currency, days and quantities. Empty where it was told before they were kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "pricing_0002"
down_revision = "pricing_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("known_contract", sa.Column("currency", sa.String(), nullable=True))
    op.add_column("known_contract", sa.Column("valid_from", sa.Date(), nullable=True))
    op.add_column("known_contract", sa.Column("valid_until", sa.Date(), nullable=True))
    op.add_column(
        "known_contract",
        sa.Column("quantities", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    )
    op.create_index(
        "ix_sales_order_contract_id",
        "sales_order",
        ["contract_id"],
        unique=False,
        postgresql_where=sa.text("contract_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_sales_order_contract_id", table_name="sales_order", postgresql_where=sa.text("contract_id IS NOT NULL")
    )
    for column in ("quantities", "valid_until", "valid_from", "currency"):
        op.drop_column("known_contract", column)
