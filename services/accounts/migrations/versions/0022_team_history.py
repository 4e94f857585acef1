"""Teams keep what was known of them, and when, so that a board of last quarter sees the team it saw then."""

import sqlalchemy as sa
from alembic import op

revision = "accounts_0022"
down_revision = "accounts_0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("team_member", sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("team_member", sa.Column("recorded_by", sa.String(), nullable=True))
    op.add_column("team_member", sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True))
    # When a team was set was not kept so far: it counts as known since its account is.
    op.execute("UPDATE team_member SET recorded_at = opened_at FROM account WHERE account.id = team_member.account_id")
    op.alter_column("team_member", "recorded_at", nullable=False)
