"""When sales and orders of the board were recorded, so that it can be asked what was known then."""

import sqlalchemy as sa
from alembic import op

revision = "accounts_0020"
down_revision = "accounts_0019"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """What is there already counts as known since the day it happened: nobody wrote down when it came."""
    op.add_column("kpi_sale", sa.Column("recorded_at", INSTANT, nullable=True))
    op.add_column("kpi_order", sa.Column("recorded_at", INSTANT, nullable=True))
    op.add_column("kpi_order", sa.Column("cancel_recorded_at", INSTANT, nullable=True))
    op.execute("UPDATE kpi_sale SET recorded_at = occurred_on")
    op.execute("UPDATE kpi_order SET recorded_at = placed_on, cancel_recorded_at = cancelled_on")
    op.alter_column("kpi_sale", "recorded_at", nullable=False)
    op.alter_column("kpi_order", "recorded_at", nullable=False)
