"""What a mail kept as evidence says: who sent what to whom and when."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "approvals_0008"
down_revision = "approvals_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("step_decision", sa.Column("evidence_mail", postgresql.JSONB(astext_type=sa.Text()), nullable=True))


def downgrade() -> None:
    op.drop_column("step_decision", "evidence_mail")
