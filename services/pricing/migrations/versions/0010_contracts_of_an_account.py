"""Contracts are found by their account, since they name prices for its quotes (P6)."""

from alembic import op

revision = "pricing_0010"
down_revision = "pricing_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_known_contract_account_id", "known_contract", ["account_id"])


def downgrade() -> None:
    op.drop_index("ix_known_contract_account_id", table_name="known_contract")
