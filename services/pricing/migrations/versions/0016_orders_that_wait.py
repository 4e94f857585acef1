"""Foreign orders that wait for an account or a product that nobody knows yet."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "pricing_0016"
down_revision = "pricing_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "parked_order",
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("is_return", sa.Boolean(), nullable=False),
        sa.Column("named", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("accounts", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("skus", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contents", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("refused", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("system", "reference", name=op.f("pk_parked_order")),
    )


def downgrade() -> None:
    op.drop_table("parked_order")
