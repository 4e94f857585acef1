"""Versions of quotes, each linked to the one before it, and what a little more would have brought."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "pricing_0014"
down_revision = "pricing_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("quote", sa.Column("alternatives", postgresql.JSONB(none_as_null=True), nullable=True))
    op.add_column("quote", sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column("quote", sa.Column("revises", sa.Uuid(), nullable=True))
    op.add_column("quote", sa.Column("first_id", sa.Uuid(), nullable=True))
    revised, later = sa.text("revises IS NOT NULL"), sa.text("first_id IS NOT NULL")
    op.create_index("uq_quote_revises", "quote", ["revises"], unique=True, postgresql_where=revised)
    op.create_index("ix_quote_first_id", "quote", ["first_id"], postgresql_where=later)


def downgrade() -> None:
    for column in ("first_id", "revises", "revision", "alternatives"):
        op.drop_column("quote", column)
