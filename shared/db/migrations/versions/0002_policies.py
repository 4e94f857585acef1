"""Policies: their numbered versions, what was withdrawn, drafts on their way, and the epoch that tells of a change."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.append_only import make_append_only

revision = "mechanisms_0002"
down_revision = "mechanisms_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "policy_version",
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("checker", sa.Text(), nullable=False),
        sa.Column("retroactive_reason", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_policy_version_numbered_from_one")),
        sa.CheckConstraint("maker <> checker", name=op.f("ck_policy_version_two_persons")),
        sa.PrimaryKeyConstraint("policy_id", "version", name=op.f("pk_policy_version")),
    )
    op.create_table(
        "policy_withdrawal",
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("checker", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("maker <> checker", name=op.f("ck_policy_withdrawal_two_persons")),
        sa.PrimaryKeyConstraint("policy_id", "version", name=op.f("pk_policy_withdrawal")),
    )
    op.create_table(
        "policy_draft",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=True),
        sa.Column("withdraws", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("endorsements", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("checker", sa.Text(), nullable=True),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(document IS NULL) <> (withdraws IS NULL)", name=op.f("ck_policy_draft_one_purpose")),
        sa.CheckConstraint("state IN ('draft', 'proposed', 'published')", name=op.f("ck_policy_draft_known_state")),
        sa.CheckConstraint("maker <> checker", name=op.f("ck_policy_draft_two_persons")),
        sa.PrimaryKeyConstraint("draft_id", name=op.f("pk_policy_draft")),
    )
    op.create_index("ix_policy_draft_policy_id", "policy_draft", ["policy_id", "draft_id"], unique=False)
    op.create_table(
        "policy_epoch",
        sa.Column("id", sa.Boolean(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id", name=op.f("ck_policy_epoch_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_epoch")),
    )
    op.execute("INSERT INTO policy_epoch (id, epoch) VALUES (true, 0)")
    make_append_only("policy_version")
    make_append_only("policy_withdrawal")


def downgrade() -> None:
    for table in ("policy_epoch", "policy_draft", "policy_withdrawal", "policy_version"):
        op.drop_table(table)
