"""The membership tiers of accounts, since prices go by them (P5)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "pricing_0006"
down_revision = "pricing_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    tiers = postgresql.JSONB(astext_type=sa.Text())
    column = sa.Column("tiers", tiers, server_default=sa.text("'[]'::jsonb"), nullable=False)
    op.add_column("known_account", column)


def downgrade() -> None:
    op.drop_column("known_account", "tiers")
