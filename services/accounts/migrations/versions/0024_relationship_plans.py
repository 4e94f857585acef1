"""Relationship plans, their steps, and what their owners were reminded of."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "accounts_0024"
down_revision = "accounts_0023"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "relationship_plan",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("goals", postgresql.JSONB(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.CheckConstraint("valid_until > valid_from", name=op.f("ck_relationship_plan_has_a_day")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_relationship_plan_account_id")),
        sa.ForeignKeyConstraint(["person_id"], ["account_person.id"], name=op.f("fk_relationship_plan_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relationship_plan")),
    )
    op.create_index("ix_relationship_plan_account_id", "relationship_plan", ["account_id", "valid_from"])
    op.create_index("ix_relationship_plan_owner", "relationship_plan", ["owner", "valid_from"])
    op.create_index(op.f("ix_relationship_plan_person_id"), "relationship_plan", ["person_id"])
    op.create_table(
        "relationship_step",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("plan_id", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["relationship_plan.id"], name=op.f("fk_relationship_step_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relationship_step")),
    )
    op.create_index("ix_relationship_step_owner", "relationship_step", ["owner", "due_on"])
    op.create_index(op.f("ix_relationship_step_plan_id"), "relationship_step", ["plan_id"])
    op.create_table(
        "relationship_reminder",
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("lead", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("reminded_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["step_id"], ["relationship_step.id"], name=op.f("fk_relationship_reminder_step_id")),
        sa.PrimaryKeyConstraint("step_id", "due_on", "lead", name=op.f("pk_relationship_reminder")),
    )
    op.create_index("ix_relationship_reminder_owner", "relationship_reminder", ["owner", "reminded_at"])
