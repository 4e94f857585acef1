"""Which account goes on for one that was merged: its id, its number and since when."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "pricing_0003"
down_revision = "pricing_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    merged = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    op.add_column("known_account", sa.Column("merged", merged, nullable=True))


def downgrade() -> None:
    op.drop_column("known_account", "merged")
