"""Return visits: forms, minutes, named contacts, and the spot checks of a month."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "accounts_0009"
down_revision = "accounts_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spot_check_sample",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("population", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("drawn_by", sa.String(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spot_check_sample")),
        sa.UniqueConstraint("month", name=op.f("uq_spot_check_sample_month")),
    )
    op.create_table(
        "return_visit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("form_hash", sa.String(), nullable=False),
        sa.Column("scores", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("remarks", sa.String(), nullable=True),
        sa.Column("filed_by", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_return_visit_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_visit")),
        sa.UniqueConstraint("account_id", "month", name=op.f("uq_return_visit_account_id_month")),
    )
    op.create_index("ix_return_visit_month", "return_visit", ["month", "branch"], unique=False)
    op.create_table(
        "meeting_minutes",
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("file_hash", sa.String(), nullable=False),
        sa.Column("filed_by", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_meeting_minutes_account_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_meeting_minutes_contact_id")),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_meeting_minutes")),
    )
    op.create_index(op.f("ix_meeting_minutes_account_id"), "meeting_minutes", ["account_id"], unique=False)
    op.create_table(
        "reported_contact",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("reported_by", sa.String(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_reported_contact_account_id")),
        sa.ForeignKeyConstraint(["person_id"], ["account_person.id"], name=op.f("fk_reported_contact_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reported_contact")),
    )
    op.create_index("ix_reported_contact_account_id", "reported_contact", ["account_id", "month"], unique=False)
    op.create_table(
        "spot_check",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("sample_id", sa.String(), nullable=False),
        sa.Column("return_visit_id", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("finding", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("checked_by", sa.String(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["return_visit_id"], ["return_visit.id"], name=op.f("fk_spot_check_return_visit_id")),
        sa.ForeignKeyConstraint(["sample_id"], ["spot_check_sample.id"], name=op.f("fk_spot_check_sample_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spot_check")),
        sa.UniqueConstraint("return_visit_id", name=op.f("uq_spot_check_return_visit_id")),
    )
    op.create_index("ix_spot_check_branch", "spot_check", ["branch", "month"], unique=False)
    op.create_index(op.f("ix_spot_check_sample_id"), "spot_check", ["sample_id"], unique=False)
