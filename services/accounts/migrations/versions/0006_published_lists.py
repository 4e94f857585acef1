"""Lists that departments agree on one by one and that are published; contracts; one election per account and month."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "accounts_0006"
down_revision = "accounts_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "key_account_list",
        sa.Column("asked", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="[]"),
    )
    op.alter_column("key_account_list", "asked", server_default=None)
    op.add_column("key_account_list", sa.Column("published_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("key_account_list", sa.Column("published_by", sa.String(), nullable=True))
    op.create_table(
        "account_contract",
        sa.Column("contract_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("contract_id", name=op.f("pk_account_contract")),
    )
    op.create_index(op.f("ix_account_contract_account_id"), "account_contract", ["account_id"], unique=False)
    op.create_index(
        "uq_election_month",
        "election",
        ["account_id", "programme", sa.text("date_trunc('month', CAST(valid_from AS timestamp))")],
        unique=True,
    )
