"""The number of the account that goes on for one that was merged."""

import sqlalchemy as sa
from alembic import op

revision = "approvals_0002"
down_revision = "approvals_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("known_account", sa.Column("goes_on_as", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("known_account", "goes_on_as")
