"""What the rewards service told of orders and contracts, and orders found by what happened to them (P10)."""

import sqlalchemy as sa
from alembic import op

revision = "pricing_0013"
down_revision = "pricing_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "known_reward",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("reward_id", "event", "beneficiary", "policy", "period", "state", "amount", "currency")
        ),
        sa.Column("order_id", sa.String(), nullable=True),
        sa.Column("contract_id", sa.String(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("explanation", sa.String(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_known_reward")),
    )
    for name in ("order_id", "contract_id"):
        op.create_index(
            f"ix_known_reward_{name}", "known_reward", [name], postgresql_where=sa.text(f"{name} IS NOT NULL")
        )
    op.create_index("ix_known_reward_reward_id", "known_reward", ["reward_id"])
    op.create_index("ix_order_movement_id", "order_movement", ["id"])


def downgrade() -> None:
    op.drop_index("ix_order_movement_id", table_name="order_movement")
    op.drop_table("known_reward")
