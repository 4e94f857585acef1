"""Each line of an order has its own state; the order's is what its lines make."""

import sqlalchemy as sa
from alembic import op

revision = "pricing_0008"
down_revision = "pricing_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sales_order_line", sa.Column("state", sa.String(), nullable=True))
    op.execute(
        """
        UPDATE sales_order_line AS line
        SET state = CASE
            WHEN placed.state IN ('placed', 'cancelled') THEN placed.state
            WHEN line.returned = line.quantity THEN 'returned'
            WHEN line.delivered = 0 THEN 'confirmed'
            WHEN line.delivered < line.quantity THEN 'partly_delivered'
            WHEN placed.state = 'accepted' THEN 'accepted'
            ELSE 'delivered' END
        FROM sales_order AS placed WHERE placed.id = line.order_id
        """
    )
    op.alter_column("sales_order_line", "state", nullable=False)


def downgrade() -> None:
    op.drop_column("sales_order_line", "state")
