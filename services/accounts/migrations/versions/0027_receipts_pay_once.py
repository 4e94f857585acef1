"""Receipts pay once, and the columns by which accounts are listed are found without reading all of them."""

import sqlalchemy as sa
from alembic import op

revision = "accounts_0027"
down_revision = "accounts_0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "visit_receipt",
        sa.Column("file_hash", sa.String(), nullable=False),
        sa.Column("visit_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_visit_receipt_visit_id")),
        sa.PrimaryKeyConstraint("file_hash", name=op.f("pk_visit_receipt")),
    )
    op.create_index(op.f("ix_visit_receipt_visit_id"), "visit_receipt", ["visit_id"], unique=False)
    # A receipt that two claims name already stays with the one that came first.
    op.execute(
        "INSERT INTO visit_receipt (file_hash, visit_id) "
        "SELECT receipt, visit.id FROM visit, jsonb_array_elements_text(visit.receipts) AS receipt "
        "ORDER BY claimed_on, visit.id ON CONFLICT DO NOTHING"
    )
    by_name = sa.text("lower(legal_name) text_pattern_ops")
    op.create_index("ix_account_legal_name", "account", [by_name, "id"], unique=False)
    op.create_index("ix_account_class_grade", "account_class", ["grade", "account_id"], unique=False)
    op.create_index("ix_account_tier_tier", "account_tier", ["tier", "account_id"], unique=False)
