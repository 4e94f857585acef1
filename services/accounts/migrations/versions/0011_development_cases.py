"""Development cases, and every move they made."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "accounts_0011"
down_revision = "accounts_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "development_case",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("candidate", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("picked_by", sa.String(), nullable=False),
        sa.Column("picked_on", sa.Date(), nullable=False),
        sa.Column("cost_fit", sa.String(), nullable=True),
        sa.Column("technology_fit", sa.String(), nullable=True),
        sa.Column("environment_fit", sa.String(), nullable=True),
        sa.Column("expected_minor", sa.BigInteger(), nullable=True),
        sa.Column("expected_currency", sa.String(), nullable=True),
        sa.Column("surveyed_on", sa.Date(), nullable=True),
        sa.Column("screening", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("plan", sa.String(), nullable=True),
        sa.Column("budget_minor", sa.BigInteger(), nullable=True),
        sa.Column("budget_currency", sa.String(), nullable=True),
        sa.Column("project_group", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("lost_because", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_development_case_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_development_case")),
    )
    op.create_index(op.f("ix_development_case_account_id"), "development_case", ["account_id"], unique=False)
    op.create_index("ix_development_case_branch", "development_case", ["branch", "id"], unique=False)
    op.create_index("ix_development_case_picked_by", "development_case", ["picked_by", "closed_on"], unique=False)
    op.create_table(
        "development_case_step",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("move", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["development_case.id"], name=op.f("fk_development_case_step_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_development_case_step")),
    )
    op.create_index(op.f("ix_development_case_step_case_id"), "development_case_step", ["case_id"], unique=False)
