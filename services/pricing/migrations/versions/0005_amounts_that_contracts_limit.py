"""The money that a contract limits, by SKU. Empty where it was told before it was kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "pricing_0005"
down_revision = "pricing_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "known_contract",
        sa.Column("amounts", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    )


def downgrade() -> None:
    op.drop_column("known_contract", "amounts")
