"""Which products there are, when they are a new brand and what they cost: for contracts that no quote stands behind."""

import sqlalchemy as sa
from alembic import op

revision = "approvals_0004"
down_revision = "approvals_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "known_product",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("new_brand_from", sa.Date(), nullable=True),
        sa.Column("new_brand_until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_known_product")),
    )
    op.create_table(
        "known_cost",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sku", "currency", "valid_from", name=op.f("pk_known_cost")),
    )


def downgrade() -> None:
    op.drop_table("known_cost")
    op.drop_table("known_product")
