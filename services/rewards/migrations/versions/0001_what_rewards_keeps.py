"""What rewards keeps: folded facts, windows, the append-only ledger, periods and statements."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.append_only import make_append_only

revision = "rewards_0001"
down_revision = None
branch_labels = ("rewards",)
depends_on = "mechanisms_0001"


BALANCED = """
CREATE FUNCTION refuse_unbalanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM entry WHERE posting_id = NEW.posting_id GROUP BY currency HAVING sum(amount_minor) <> 0) THEN
        RAISE EXCEPTION 'posting % does not sum to zero', NEW.posting_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "account_state",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("branch", sa.Text(), nullable=True),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_state")),
    )
    op.create_table(
        "closed_period",
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("statements", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("period", name=op.f("pk_closed_period")),
    )
    op.create_table(
        "contract_state",
        sa.Column("contract_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("salespeople", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("skus", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("contract_id", name=op.f("pk_contract_state")),
    )
    op.create_index("ix_contract_state_account_id", "contract_state", ["account_id"], unique=False)
    op.create_index(
        "ix_contract_state_salespeople", "contract_state", ["salespeople"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_contract_state_skus", "contract_state", ["skus"], unique=False, postgresql_using="gin")
    op.create_table(
        "exchange_rate",
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("base", "quote", "day", name=op.f("pk_exchange_rate")),
    )
    op.create_table(
        "order_state",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("contract_id", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_state")),
    )
    op.create_index("ix_order_state_account_id", "order_state", ["account_id"], unique=False)
    op.create_index("ix_order_state_contract_id", "order_state", ["contract_id"], unique=False)
    op.create_index("ix_order_state_last_at", "order_state", ["last_at"], unique=False)
    op.create_table(
        "posting",
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("beneficiary", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("clauses", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("window_key", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("origin_period", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("expense", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("contract_id", sa.Text(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reached_row", sa.Integer(), nullable=True),
        sa.Column("measure_before", sa.BigInteger(), nullable=True),
        sa.Column("measure_after", sa.BigInteger(), nullable=True),
        sa.Column("journal_from", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("corrects", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("posting_id", name=op.f("pk_posting")),
    )
    op.create_index("ix_posting_account_id", "posting", ["account_id"], unique=False)
    op.create_index("ix_posting_order_id", "posting", ["order_id"], unique=False)
    op.create_index("ix_posting_beneficiary", "posting", ["beneficiary", "period", "position"], unique=False)
    op.create_index("ix_posting_period", "posting", ["period"], unique=False)
    op.create_index("ix_posting_window", "posting", ["policy_id", "beneficiary", "window_key"], unique=False)
    op.create_table(
        "posting_key",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_posting_key")),
    )
    op.create_table(
        "product",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("new_brand_from", sa.Date(), nullable=True),
        sa.Column("new_brand_until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_product")),
    )
    op.create_table(
        "statement",
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("beneficiary", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("totals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("statement_id", name=op.f("pk_statement")),
        sa.UniqueConstraint("beneficiary", "period", name=op.f("uq_statement_beneficiary_period")),
    )
    op.create_table(
        "window_state",
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("beneficiary", sa.Text(), nullable=False),
        sa.Column("window_key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("journal_from", sa.BigInteger(), nullable=False),
        sa.Column("sum_minor", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("unrated", sa.Integer(), nullable=False),
        sa.Column("orders_digest", sa.BigInteger(), nullable=False),
        sa.Column("reached_row", sa.Integer(), nullable=True),
        sa.Column("pending_minor", sa.BigInteger(), nullable=False),
        sa.Column("accrued_minor", sa.BigInteger(), nullable=False),
        sa.Column("payable_minor", sa.BigInteger(), nullable=False),
        sa.Column("ask", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("confirmation", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("policy_id", "beneficiary", "window_key", name=op.f("pk_window_state")),
    )
    op.create_index("ix_window_state_account_id", "window_state", ["account_id"], unique=False)
    op.create_index(
        "ix_window_state_unsettled", "window_state", ["period"], unique=False, postgresql_where="accrued_minor <> 0"
    )
    op.create_table(
        "entry",
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.posting_id"], name=op.f("fk_entry_posting_id")),
        sa.PrimaryKeyConstraint("posting_id", "side", name=op.f("pk_entry")),
    )
    op.create_index("ix_entry_account", "entry", ["account"], unique=False)
    for table in ("posting", "entry", "posting_key"):
        make_append_only(table)
    op.execute(BALANCED)
    op.execute(
        "CREATE CONSTRAINT TRIGGER entries_sum_to_zero AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION refuse_unbalanced()"
    )


def downgrade() -> None:
    op.drop_index("ix_entry_account", table_name="entry")
    op.drop_table("entry")
    op.drop_index("ix_window_state_unsettled", table_name="window_state", postgresql_where="accrued_minor <> 0")
    op.drop_index("ix_window_state_account_id", table_name="window_state")
    op.drop_table("window_state")
    op.drop_table("statement")
    op.drop_table("product")
    op.drop_table("posting_key")
    op.drop_index("ix_posting_window", table_name="posting")
    op.drop_index("ix_posting_period", table_name="posting")
    op.drop_index("ix_posting_beneficiary", table_name="posting")
    op.drop_index("ix_posting_account_id", table_name="posting")
    op.drop_table("posting")
    op.drop_index("ix_order_state_last_at", table_name="order_state")
    op.drop_index("ix_order_state_contract_id", table_name="order_state")
    op.drop_index("ix_order_state_account_id", table_name="order_state")
    op.drop_table("order_state")
    op.drop_table("exchange_rate")
    op.drop_index("ix_contract_state_skus", table_name="contract_state", postgresql_using="gin")
    op.drop_index("ix_contract_state_salespeople", table_name="contract_state", postgresql_using="gin")
    op.drop_index("ix_contract_state_account_id", table_name="contract_state")
    op.drop_table("contract_state")
    op.drop_table("closed_period")
    op.drop_table("account_state")
