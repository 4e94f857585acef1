"""Growth plans of key accounts with their objectives."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "accounts_0014"
down_revision = "accounts_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "growth_plan",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("activities", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("valid_until > valid_from", name=op.f("ck_growth_plan_has_a_day")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_growth_plan_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_growth_plan")),
    )
    op.create_index("ix_growth_plan_account_id", "growth_plan", ["account_id", "valid_from"], unique=False)
    op.create_table(
        "growth_objective",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("plan_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("fact", sa.String(), nullable=True),
        sa.Column("basis", sa.String(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("target", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["growth_plan.id"], name=op.f("fk_growth_objective_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_growth_objective")),
    )
    op.create_index(op.f("ix_growth_objective_plan_id"), "growth_objective", ["plan_id"], unique=False)
