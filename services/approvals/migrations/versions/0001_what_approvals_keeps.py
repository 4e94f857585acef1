"""What approvals keeps: requests with their decisions, contracts with their revisions, and what it knows of others."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.append_only import make_append_only

revision = "approvals_0001"
down_revision = None
branch_labels = ("approvals",)
depends_on = "mechanisms_0001"

TABLES_NEWEST_FIRST = (
    "step_decision",
    "request_step",
    "request_decider",
    "known_listing",
    "known_class",
    "contract_revision",
    "contract_history",
    "withdrawn_ask",
    "request",
    "known_rate",
    "known_quote",
    "known_order",
    "known_floor",
    "known_account",
    "contract",
)


def upgrade() -> None:
    op.create_table(
        "contract",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("branch", sa.Text(), nullable=False),
        sa.Column("initiator", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("signature", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("active_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'signed', 'active', 'suspended', 'terminated', 'expired')",
            name=op.f("ck_contract_known_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract")),
        sa.UniqueConstraint("number", name=op.f("uq_contract_number")),
    )
    op.create_index("ix_contract_account_id", "contract", ["account_id", "state"], unique=False)
    op.create_index("ix_contract_branch", "contract", ["branch", "id"], unique=False)
    op.create_table(
        "known_account",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("legal_name", sa.Text(), nullable=False),
        sa.Column("branch", sa.Text(), nullable=False),
        sa.Column("industrial", sa.Boolean(), nullable=False),
        sa.Column("frozen", sa.Boolean(), nullable=False),
        sa.Column("licence_number", sa.Text(), nullable=True),
        sa.Column("licence_expires_on", sa.Date(), nullable=True),
        sa.Column("licence_file_hash", sa.Text(), nullable=True),
        sa.Column("team", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_known_account")),
    )
    op.create_table(
        "known_floor",
        sa.Column("price_list", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("floor_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("price_list", "sku", "valid_from", name=op.f("pk_known_floor")),
    )
    op.create_table(
        "known_order",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_known_order")),
    )
    op.create_index(op.f("ix_known_order_account_id"), "known_order", ["account_id"], unique=False)
    op.create_table(
        "known_quote",
        sa.Column("quote_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("contents", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("quote_id", name=op.f("pk_known_quote")),
    )
    op.create_table(
        "known_rate",
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("base", "quote", "day", name=op.f("pk_known_rate")),
    )
    op.create_table(
        "request",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("branch", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("initiator", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("beneficiaries", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("excluded", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("route", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("closed_because", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lasts_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'granted') = (granted_at IS NOT NULL)", name=op.f("ck_request_granted_when_granted")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'granted', 'rejected', 'returned', 'withdrawn')", name=op.f("ck_request_known_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
        sa.UniqueConstraint("id", "excluded", name=op.f("uq_request_id_excluded")),
        sa.UniqueConstraint(
            "subject_type", "subject_id", "revision", name=op.f("uq_request_subject_type_subject_id_revision")
        ),
    )
    op.create_index("ix_request_branch", "request", ["branch", "id"], unique=False)
    op.create_index("ix_request_state", "request", ["state", "id"], unique=False)
    op.create_table(
        "withdrawn_ask",
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject_type", "subject_id", "revision", name=op.f("pk_withdrawn_ask")),
    )
    op.create_table(
        "contract_history",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("contract_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("move", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.id"], name=op.f("fk_contract_history_contract_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_history")),
    )
    op.create_index("ix_contract_history_contract_id", "contract_history", ["contract_id", "at"], unique=False)
    op.create_table(
        "contract_revision",
        sa.Column("contract_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("request_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("policy", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.Text(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("routing_amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("routing_currency", sa.Text(), nullable=True),
        sa.Column("rates", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approval_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.id"], name=op.f("fk_contract_revision_contract_id")),
        sa.PrimaryKeyConstraint("contract_id", "revision", name=op.f("pk_contract_revision")),
    )
    op.create_table(
        "known_class",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("proposal_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["known_account.account_id"], name=op.f("fk_known_class_account_id")),
        sa.PrimaryKeyConstraint("account_id", "valid_from", name=op.f("pk_known_class")),
    )
    op.create_table(
        "known_listing",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["known_account.account_id"], name=op.f("fk_known_listing_account_id")),
        sa.PrimaryKeyConstraint("account_id", "list_id", name=op.f("pk_known_listing")),
    )
    op.create_table(
        "request_decider",
        sa.Column("request_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_request_decider_request_id")),
        sa.PrimaryKeyConstraint("request_id", "user_id", name=op.f("pk_request_decider")),
        sa.UniqueConstraint("request_id", "user_id", "role", name=op.f("uq_request_decider_request_id_user_id_role")),
    )
    op.create_table(
        "request_step",
        sa.Column("request_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("branch", sa.Text(), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("capacity", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'active', 'approved', 'refused', 'done', 'told', 'unneeded')",
            name=op.f("ck_request_step_known_state"),
        ),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_request_step_request_id")),
        sa.PrimaryKeyConstraint("request_id", "step", name=op.f("pk_request_step")),
    )
    op.create_index(
        "ix_request_step_active", "request_step", ["role"], unique=False, postgresql_where=sa.text("state = 'active'")
    )
    op.create_table(
        "step_decision",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("request_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("on_behalf_of", sa.Text(), nullable=True),
        sa.Column("excluded", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("evidence_channel", sa.Text(), nullable=True),
        sa.Column("evidence_reference", sa.Text(), nullable=True),
        sa.Column("evidence_received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evidence_file_hash", sa.Text(), nullable=True),
        sa.CheckConstraint("choice IN ('approve', 'reject', 'done')", name=op.f("ck_step_decision_known_choice")),
        sa.CheckConstraint("decided_by <> ALL (excluded)", name=op.f("ck_step_decision_nobody_decides_for_himself")),
        sa.ForeignKeyConstraint(
            ["request_id", "decided_by", "role"],
            ["request_decider.request_id", "request_decider.user_id", "request_decider.role"],
            name="fk_step_decision_one_role_a_person",
        ),
        sa.ForeignKeyConstraint(
            ["request_id", "excluded"], ["request.id", "request.excluded"], name="fk_step_decision_excluded"
        ),
        sa.ForeignKeyConstraint(
            ["request_id", "step"], ["request_step.request_id", "request_step.step"], name="fk_step_decision_step"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_decision")),
        sa.UniqueConstraint("request_id", "step", name="uq_step_decision_one_a_step"),
    )
    op.execute("CREATE SEQUENCE contract_number")
    make_append_only("step_decision")
    make_append_only("contract_history")


def downgrade() -> None:
    for table in TABLES_NEWEST_FIRST:
        op.drop_table(table)
    op.execute("DROP SEQUENCE contract_number")
