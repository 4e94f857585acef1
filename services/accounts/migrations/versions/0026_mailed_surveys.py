"""Surveys are mailed: how far each mail has come, and the address of a person."""

import sqlalchemy as sa
from alembic import op

revision = "accounts_0026"
down_revision = "accounts_0025"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("account_person", sa.Column("email", sa.String(), nullable=True))
    op.add_column("survey", sa.Column("mail_state", sa.String(), nullable=True))
    op.add_column("survey", sa.Column("mail_tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("survey", sa.Column("mail_next_at", INSTANT, nullable=True))
    op.add_column("survey", sa.Column("mail_sent_at", INSTANT, nullable=True))
    op.add_column("survey", sa.Column("mail_failure", sa.String(), nullable=True))
    op.alter_column("survey", "mail_tries", server_default=None)
    op.create_index(
        "ix_survey_mail_next_at", "survey", ["mail_next_at"], postgresql_where=sa.text("mail_state = 'waiting'")
    )
