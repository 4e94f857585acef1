"""What a whole dossier was missing: size, where papers lie, who has left, and sealed bank accounts."""

import sqlalchemy as sa
from alembic import op

revision = "accounts_0003"
down_revision = "accounts_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("size", sa.String(), nullable=True))
    op.add_column("account_person", sa.Column("left_on", sa.Date(), nullable=True))
    op.add_column("account_paper", sa.Column("file_reference", sa.String(), nullable=True))
    op.create_table(
        "bank_account",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("bank", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_bank_account_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_account")),
    )
    op.create_index("ix_bank_account_account_id", "bank_account", ["account_id", "id"])
    op.create_index("ix_bank_account_key_id", "bank_account", ["key_id", "id"])
