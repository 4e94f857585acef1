"""Runs that go on where they stopped, and decisions whose rules' words are kept once."""

import sqlalchemy as sa
from alembic import op

revision = "accounts_0021"
down_revision = "accounts_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decision_rule",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_decision_rule")),
    )
    op.add_column("rating_run", sa.Column("rated_to", sa.String(), server_default="", nullable=False))
    op.add_column("rating_run", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE rating_run SET ended_at = started_at")
    for table in ("rating_proposal", "account_segment"):
        # Nothing asks inside a decision: as text it is written in a fifth of the time, and stays byte for byte.
        op.alter_column(table, "decision", type_=sa.JSON(), postgresql_using="decision::json")
