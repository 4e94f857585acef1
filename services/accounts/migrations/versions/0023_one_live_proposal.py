"""An account has one live rating proposal: of several the one on the newest facts stays."""

import sqlalchemy as sa
from alembic import op

revision = "accounts_0023"
down_revision = "accounts_0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        UPDATE rating_proposal SET state = 'superseded' WHERE state = 'proposed' AND id NOT IN (
            SELECT DISTINCT ON (account_id) id FROM rating_proposal WHERE state = 'proposed'
            ORDER BY account_id, as_of DESC, proposed_at DESC, id DESC
        )
    """)
    live = sa.text("state = 'proposed'")
    op.create_index("uq_rating_proposal_live", "rating_proposal", ["account_id"], unique=True, postgresql_where=live)


def downgrade() -> None:
    op.drop_index("uq_rating_proposal_live", table_name="rating_proposal")
