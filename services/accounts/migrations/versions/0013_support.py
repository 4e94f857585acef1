"""Programmes: what was shown, what was evaluated, who is a member, and what he was reminded of."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "accounts_0013"
down_revision = "accounts_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "programme_evidence",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("fact", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=True),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("file_hash", sa.String(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_programme_evidence_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_evidence")),
    )
    op.create_index(
        "ix_programme_evidence_account_id", "programme_evidence", ["account_id", "programme", "fact"], unique=False
    )
    op.create_table(
        "programme_evaluation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("conditions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("evaluated_by", sa.String(), nullable=False),
        sa.Column("evaluated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_programme_evaluation_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_evaluation")),
    )
    op.create_index(
        "ix_programme_evaluation_account_id",
        "programme_evaluation",
        ["account_id", "programme", "evaluated_at"],
        unique=False,
    )
    op.create_table(
        "programme_membership",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("leaves_on", sa.Date(), nullable=True),
        sa.Column("left_because", sa.String(), nullable=True),
        sa.Column("evaluation_id", sa.String(), nullable=False),
        sa.Column("admitted_by", sa.String(), nullable=False),
        sa.Column("admitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_programme_membership_account_id")),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["programme_evaluation.id"], name=op.f("fk_programme_membership_evaluation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_membership")),
    )
    op.create_index(
        "uq_programme_membership_open",
        "programme_membership",
        ["account_id", "programme"],
        unique=True,
        postgresql_where=sa.text("leaves_on IS NULL"),
    )
    op.create_table(
        "programme_reminder",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("membership_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("condition", sa.String(), nullable=False),
        sa.Column("deadline", sa.Date(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("missing", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_programme_reminder_account_id")),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["programme_membership.id"], name=op.f("fk_programme_reminder_membership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_reminder")),
        sa.UniqueConstraint(
            "membership_id",
            "condition",
            "deadline",
            "before",
            name=op.f("uq_programme_reminder_membership_id_condition_deadline_before"),
        ),
    )
    op.create_index(op.f("ix_programme_reminder_account_id"), "programme_reminder", ["account_id"], unique=False)
