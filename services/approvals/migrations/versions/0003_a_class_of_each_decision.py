"""A class set by hand may begin on the day of a rated one: each is kept under what granted it."""

from alembic import op

revision = "approvals_0003"
down_revision = "approvals_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("pk_known_class", "known_class", type_="primary")
    op.create_primary_key("pk_known_class", "known_class", ["account_id", "valid_from", "proposal_id"])


def downgrade() -> None:
    op.drop_constraint("pk_known_class", "known_class", type_="primary")
    op.create_primary_key("pk_known_class", "known_class", ["account_id", "valid_from"])
