"""Merges of accounts, and which account goes on for one that was merged."""

import sqlalchemy as sa
from alembic import op

revision = "accounts_0007"
down_revision = "accounts_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("merged_into", sa.String(), nullable=True))
    op.create_foreign_key(op.f("fk_account_merged_into"), "account", "account", ["merged_into"], ["id"])
    op.create_table(
        "account_merge",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("absorbed_id", sa.String(), nullable=False),
        sa.Column("into_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("merged_by", sa.String(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_because", sa.String(), nullable=True),
        sa.Column("undone_by", sa.String(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["absorbed_id"], ["account.id"], name=op.f("fk_account_merge_absorbed_id")),
        sa.ForeignKeyConstraint(["into_id"], ["account.id"], name=op.f("fk_account_merge_into_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_merge")),
    )
    op.create_index(op.f("ix_account_merge_into_id"), "account_merge", ["into_id"])
    op.create_index(
        "uq_account_merge_standing",
        "account_merge",
        ["absorbed_id"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )
