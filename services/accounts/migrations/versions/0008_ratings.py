"""What was bought as of any day, rating runs, frozen baselines, classes set by hand."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "accounts_0008"
down_revision = "accounts_0007"
branch_labels = None
depends_on = None

# What is known already is taken over as if each payment had come with its delivery: when it came was not kept.
TAKE_OVER = """
    WITH delivery AS (
        SELECT o.order_id, o.account_id, o.currency, o.paid_minor, one.place,
               CAST(one.value ->> 0 AS date) AS delivered_on, part.net_minor, part.cost_minor, part.costless_minor
        FROM purchase_order o
        CROSS JOIN jsonb_array_elements(o.deliveries) WITH ORDINALITY AS one (value, place)
        CROSS JOIN LATERAL (
            SELECT sum(CAST(line.value ->> 1 AS bigint)) AS net_minor,
                   sum(coalesce(CAST(line.value ->> 2 AS bigint), 0)) AS cost_minor,
                   coalesce(sum(CAST(line.value ->> 1 AS bigint)) FILTER (
                       WHERE coalesce(CAST(line.value ->> 2 AS bigint), 0) = 0), 0) AS costless_minor
            FROM jsonb_each(one.value -> 1) AS line
        ) AS part
        WHERE NOT o.cancelled
    )
    INSERT INTO purchase_movement (order_id, account_id, currency, delivered_on, happened_on, recorded_at,
                                   net_minor, paid_minor, cost_minor, costless_minor)
    SELECT order_id, account_id, currency, delivered_on, delivered_on, now(), net_minor,
           greatest(0, least(net_minor, paid_minor - coalesce(sum(net_minor) OVER earlier, 0))),
           cost_minor, costless_minor
    FROM delivery
    WINDOW earlier AS (PARTITION BY order_id ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ORDER BY delivered_on, order_id
"""


def upgrade() -> None:
    op.add_column("purchase_order", sa.Column("cancelled_on", sa.Date(), nullable=True))
    op.add_column("purchase_order", sa.Column("credit_days", sa.Integer(), nullable=True))
    op.create_index("ix_purchase_order_placed_on", "purchase_order", ["account_id", "placed_on"])
    op.create_table(
        "purchase_movement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("delivered_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.Column("costless_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_movement")),
    )
    op.create_index("ix_purchase_movement_account_id", "purchase_movement", ["account_id", "delivered_on"])
    op.execute(TAKE_OVER)
    op.create_table(
        "rating_run",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("period", sa.String(), nullable=True),
        sa.Column("started_by", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policies", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rated", sa.Integer(), nullable=False),
        sa.Column("proposed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_run")),
        sa.UniqueConstraint("period", name=op.f("uq_rating_run_period")),
    )
    op.add_column(
        "rating_proposal",
        sa.Column("late", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
    )
    op.create_index("ix_rating_proposal_account_id", "rating_proposal", ["account_id", "proposed_at"])
    op.create_table(
        "rating_baseline",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_rating_baseline_account_id")),
        sa.PrimaryKeyConstraint("account_id", "first", "until", "currency", name=op.f("pk_rating_baseline")),
    )
    op.create_table(
        "class_override",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_class_override_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_override")),
    )
    op.create_index(op.f("ix_class_override_account_id"), "class_override", ["account_id"])
    op.add_column("account_class", sa.Column("override_id", sa.String(), nullable=True))
    op.create_unique_constraint(op.f("uq_account_class_override_id"), "account_class", ["override_id"])
