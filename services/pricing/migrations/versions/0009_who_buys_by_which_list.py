"""Channel and sales-policy class of an account, which decide its price list; null until its owner tells of it again."""

import sqlalchemy as sa
from alembic import op

revision = "pricing_0009"
down_revision = "pricing_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("known_account", sa.Column("channel", sa.String(), nullable=True))
    op.add_column("known_account", sa.Column("sales_class", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("known_account", "sales_class")
    op.drop_column("known_account", "channel")
