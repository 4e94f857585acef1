"""What the clock has done about open steps: reminders and escalations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "approvals_0005"
down_revision = "approvals_0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "step_watch",
        sa.Column("request_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("remind_at", INSTANT, nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("next_at", INSTANT, nullable=True),
        sa.Column("reminded_at", INSTANT, nullable=True),
        sa.Column("escalated_at", INSTANT, nullable=True),
        sa.Column("escalated_to", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id", "step"],
            ["request_step.request_id", "request_step.step"],
            name="fk_step_watch_step",
        ),
        sa.PrimaryKeyConstraint("request_id", "step", "opened_at", name=op.f("pk_step_watch")),
    )
    op.create_index("ix_step_watch_next_at", "step_watch", ["next_at"], postgresql_where=sa.text("next_at IS NOT NULL"))
