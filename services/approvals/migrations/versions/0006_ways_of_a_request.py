"""Rounds, hand-overs, added approvers, copies and delegations; C11 holds a delegate by a trigger too."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "approvals_0006"
down_revision = "approvals_0005"
branch_labels = None
depends_on = None

DELEGATE_STANDS_ASIDE = """
CREATE FUNCTION delegate_stands_aside() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        WITH RECURSIVE behind(user_id) AS (
            SELECT by_user FROM delegation
            WHERE to_user = NEW.decided_by AND starts_at <= NEW.decided_at AND NEW.decided_at < ends_at
            UNION
            SELECT by_user FROM delegation JOIN behind ON to_user = behind.user_id
            WHERE starts_at <= NEW.decided_at AND NEW.decided_at < ends_at
        )
        SELECT FROM behind WHERE user_id = ANY (NEW.excluded)
    ) THEN
        RAISE EXCEPTION 'a delegate of who asked or benefits decides nothing (C11)'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_step_decision_delegate_stands_aside';
    END IF;
    RETURN NEW;
END
$$
"""
BEFORE_EACH_DECISION = """
CREATE TRIGGER delegate_stands_aside BEFORE INSERT ON step_decision
    FOR EACH ROW EXECUTE FUNCTION delegate_stands_aside()
"""


def upgrade() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.Column("to_user", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("by_user <> to_user", name=op.f("ck_delegation_to_somebody_else")),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_delegation_at_least_a_day")),
        sa.CheckConstraint("starts_at <= ends_at", name=op.f("ck_delegation_ends_after_it_starts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index("ix_delegation_to_user", "delegation", ["to_user", "ends_at"])
    op.create_index("ix_delegation_by_user", "delegation", ["by_user", "ends_at"])
    op.create_table(
        "request_copy",
        sa.Column("request_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_request_copy_request_id")),
        sa.PrimaryKeyConstraint("request_id", "user_id", name=op.f("pk_request_copy")),
    )
    op.create_index("ix_request_copy_user_id", "request_copy", ["user_id"])
    op.add_column(
        "request",
        sa.Column("added", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
    )
    op.alter_column("request", "added", server_default=None)
    op.add_column("request_step", sa.Column("round", sa.Integer(), server_default="1", nullable=False))
    op.alter_column("request_step", "round", server_default=None)
    op.add_column("request_step", sa.Column("assigned_to", sa.Text(), nullable=True))
    op.add_column("request_step", sa.Column("assigned_by", sa.Text(), nullable=True))
    op.create_index(
        "ix_request_step_assigned",
        "request_step",
        ["assigned_to"],
        postgresql_where=sa.text("assigned_to IS NOT NULL"),
    )
    op.add_column("step_decision", sa.Column("round", sa.Integer(), server_default="1", nullable=False))
    op.alter_column("step_decision", "round", server_default=None)
    op.drop_constraint("uq_step_decision_one_a_step", "step_decision")
    op.create_unique_constraint("uq_step_decision_one_a_round", "step_decision", ["request_id", "step", "round"])
    op.drop_constraint(op.f("ck_step_decision_known_choice"), "step_decision")
    op.create_check_constraint(
        op.f("ck_step_decision_known_choice"), "step_decision", "choice IN ('approve', 'reject', 'done', 'return')"
    )
    op.create_check_constraint(
        op.f("ck_step_decision_nobody_decides_for_who_asked"), "step_decision", "on_behalf_of <> ALL (excluded)"
    )
    op.create_foreign_key(
        "fk_step_decision_one_role_on_behalf",
        "step_decision",
        "request_decider",
        ["request_id", "on_behalf_of", "role"],
        ["request_id", "user_id", "role"],
    )
    op.execute(DELEGATE_STANDS_ASIDE)
    op.execute(BEFORE_EACH_DECISION)


def downgrade() -> None:
    op.execute("DROP TRIGGER delegate_stands_aside ON step_decision")
    op.execute("DROP FUNCTION delegate_stands_aside()")
    op.drop_constraint("fk_step_decision_one_role_on_behalf", "step_decision")
    op.drop_constraint(op.f("ck_step_decision_nobody_decides_for_who_asked"), "step_decision")
    op.drop_constraint("uq_step_decision_one_a_round", "step_decision")
    op.create_unique_constraint("uq_step_decision_one_a_step", "step_decision", ["request_id", "step"])
    op.drop_column("step_decision", "round")
    op.drop_index("ix_request_step_assigned", "request_step")
    for column in ("assigned_by", "assigned_to", "round"):
        op.drop_column("request_step", column)
    op.drop_column("request", "added")
    op.drop_table("request_copy")
    op.drop_table("delegation")
