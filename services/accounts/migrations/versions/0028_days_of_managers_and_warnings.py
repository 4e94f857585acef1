"""Managers, appraisals and warnings have days: a board asks who led then, and a branch sees people of its own days."""

import sqlalchemy as sa
from alembic import op

revision = "accounts_0028"
down_revision = "accounts_0027"
branch_labels = None
depends_on = None

FIRST = """
    CASE WHEN period LIKE '%Q%' THEN make_date(left(period, 4)::int, right(period, 1)::int * 3 - 2, 1)
         WHEN length(period) = 7 THEN to_date(period, 'YYYY-MM')
         ELSE make_date(period::int, 1, 1) END
"""
LASTS = """
    CASE WHEN period LIKE '%Q%' THEN interval '3 months'
         WHEN length(period) = 7 THEN interval '1 month'
         ELSE interval '1 year' END
"""


def upgrade() -> None:
    op.create_table(
        "line_manager",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("manager_id", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_manager")),
    )
    op.create_index(op.f("ix_line_manager_user_id"), "line_manager", ["user_id"])
    op.create_index(op.f("ix_line_manager_manager_id"), "line_manager", ["manager_id"])
    # Since when was not kept so far: who leads now counts as having led all along.
    op.execute("""
        INSERT INTO line_manager (id, user_id, manager_id, recorded_by, recorded_at)
        SELECT gen_random_uuid()::text, user_id, manager_id, 'system', now() FROM person WHERE manager_id IS NOT NULL
    """)
    for table in ("appraisal", "kpi_warning"):
        op.add_column(table, sa.Column("valid_from", sa.Date(), nullable=True))
        op.add_column(table, sa.Column("valid_until", sa.Date(), nullable=True))
        days = f"valid_from = {FIRST}, valid_until = ({FIRST} + {LASTS})::date"
        op.execute(f"UPDATE {table} SET {days}")  # noqa: S608 - only names of this module
        op.alter_column(table, "valid_from", nullable=False)
        op.alter_column(table, "valid_until", nullable=False)


def downgrade() -> None:
    for table in ("kpi_warning", "appraisal"):
        op.drop_column(table, "valid_until")
        op.drop_column(table, "valid_from")
    op.drop_table("line_manager")
