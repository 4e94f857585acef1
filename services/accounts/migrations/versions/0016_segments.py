"""Value segments and what accounts need."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "accounts_0016"
down_revision = "accounts_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_segment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("segment", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("score", sa.Numeric(), nullable=False),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_segment_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_segment")),
    )
    op.create_index("ix_account_segment_account_id", "account_segment", ["account_id", "id"])
    op.create_table(
        "account_needs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("tags", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("noted_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_needs_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_needs")),
    )
    op.create_index("ix_account_needs_account_id", "account_needs", ["account_id", "id"])
