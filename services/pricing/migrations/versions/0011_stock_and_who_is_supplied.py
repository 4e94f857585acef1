"""Stock by branch, promises of delivery, and the ranking by which short stock is given out (P9)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "pricing_0011"
down_revision = "pricing_0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "stock",
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_stock_on_hand")),
        sa.PrimaryKeyConstraint("sku", "branch", name=op.f("pk_stock")),
    )
    op.create_table(
        "stock_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_entry")),
    )
    op.create_index("ix_stock_entry_place", "stock_entry", ["sku", "branch", "id"], unique=False)
    op.create_table(
        "delivery_promise",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("promised_by", sa.String(), nullable=False),
        sa.Column("promised_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("order_id", "line", name=op.f("pk_delivery_promise")),
    )
    op.create_table(
        "stock_allocation",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("why", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("allocated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("order_id", "line", name=op.f("pk_stock_allocation")),
    )
    op.create_index("ix_stock_allocation_place", "stock_allocation", ["sku", "branch", "rank"], unique=False)
    op.create_index(
        "ix_sales_order_line_open",
        "sales_order_line",
        ["sku"],
        unique=False,
        postgresql_where=sa.text("state IN ('confirmed', 'partly_delivered')"),
    )


def downgrade() -> None:
    op.drop_index("ix_sales_order_line_open", table_name="sales_order_line")
    op.drop_table("stock_allocation")
    op.drop_table("delivery_promise")
    op.drop_table("stock_entry")
    op.drop_table("stock")
