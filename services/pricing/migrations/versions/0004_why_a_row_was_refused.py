"""What exactly is wrong with a refused row of an import, in both languages; none where only its reason was kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "pricing_0004"
down_revision = "pricing_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column(
        "import_reject",
        "detail",
        existing_type=sa.String(),
        type_=postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
        nullable=True,
        postgresql_using="CAST(NULL AS jsonb)",
    )


def downgrade() -> None:
    op.alter_column(
        "import_reject",
        "detail",
        existing_type=postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
        type_=sa.String(),
        nullable=False,
        postgresql_using="coalesce(detail ->> 'en', '')",
    )
