"""Mails to those who decide and to those who are copied, and where they are written to."""

import sqlalchemy as sa
from alembic import op

revision = "approvals_0007"
down_revision = "approvals_0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
REQUEST = sa.Uuid(as_uuid=False)


def upgrade() -> None:
    op.create_table(
        "mail_address",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.CheckConstraint("language IN ('en', 'zh')", name=op.f("ck_mail_address_known_language")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_mail_address")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("request_id", REQUEST, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("noted_at", INSTANT, nullable=False),
        sa.Column("mail_state", sa.String(), nullable=True),
        sa.Column("mail_tries", sa.Integer(), nullable=False),
        sa.Column("mail_next_at", INSTANT, nullable=True),
        sa.Column("mail_sent_at", INSTANT, nullable=True),
        sa.Column("mail_failure", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_notice_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("user_id", "request_id", "step", "kind", "since", name="uq_notice_once"),
    )
    op.create_index("ix_notice_user_id", "notice", ["user_id", "id"])
    op.create_index(
        "ix_notice_mail_next_at", "notice", ["mail_next_at"], postgresql_where=sa.text("mail_state = 'waiting'")
    )
    op.create_table(
        "decided_request",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("request_id", REQUEST, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_decided_request_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decided_request")),
    )
