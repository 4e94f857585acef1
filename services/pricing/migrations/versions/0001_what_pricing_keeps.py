"""What pricing keeps: the catalogue, quotes, orders, imports and what it knows of accounts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "pricing_0001"
down_revision = None
branch_labels = ("pricing",)
depends_on = "mechanisms_0001"


def upgrade() -> None:
    op.execute("CREATE SEQUENCE quote_number")
    op.execute("CREATE SEQUENCE order_number")
    op.create_table(
        "asked_terms",
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_asked_terms")),
    )
    op.create_table(
        "exchange_rate",
        sa.Column("base", sa.String(), nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("base", "quote", "day", name=op.f("pk_exchange_rate")),
    )
    op.create_table(
        "imported_invoice",
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("lines", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.PrimaryKeyConstraint("system", "reference", name=op.f("pk_imported_invoice")),
    )
    op.create_table(
        "known_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("industrial", sa.Boolean(), nullable=False),
        sa.Column("frozen", sa.Boolean(), nullable=False),
        sa.Column(
            "team", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column(
            "elections", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column(
            "classes", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column(
            "listings", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_account")),
    )
    op.create_index("ix_known_account_number", "known_account", ["number"], unique=False)
    op.create_table(
        "known_contract",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("quote_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_contract")),
    )
    op.create_table(
        "list_price",
        sa.Column("price_list", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("floor_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("price_list", "sku", "valid_from", name=op.f("pk_list_price")),
    )
    op.create_index("ix_list_price_sku", "list_price", ["sku"], unique=False)
    op.create_table(
        "negotiated_terms",
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("applies_to", sa.String(), nullable=False),
        sa.Column("rate", sa.Numeric(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_negotiated_terms")),
    )
    op.create_index("ix_negotiated_terms_account_id", "negotiated_terms", ["account_id"], unique=False)
    op.create_table(
        "order_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mapping", sa.String(), nullable=False),
        sa.Column("pricing", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("window_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rows_total", sa.Integer(), nullable=False),
        sa.Column(
            "result", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_import")),
    )
    op.create_table(
        "price_grant",
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("quantity_from", sa.Integer(), nullable=False),
        sa.Column("quantity_to", sa.Integer(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_price_grant")),
    )
    op.create_index("ix_price_grant_account_id", "price_grant", ["account_id", "sku"], unique=False)
    op.create_table(
        "product",
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("product_line", sa.String(), nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("new_brand_from", sa.Date(), nullable=True),
        sa.Column("new_brand_until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_product")),
    )
    op.create_table(
        "product_cost",
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sku", "currency", "valid_from", name=op.f("pk_product_cost")),
    )
    op.create_table(
        "quote",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("price_list", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("priced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=True),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("accepted_by", sa.String(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trace", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote")),
        sa.UniqueConstraint("number", name=op.f("uq_quote_number")),
    )
    op.create_index("ix_quote_account_id", "quote", ["account_id", "id"], unique=False)
    op.create_index(
        "ix_quote_alive",
        "quote",
        ["expires_on"],
        unique=False,
        postgresql_where="state IN ('priced', 'pending_exception')",
    )
    op.create_table(
        "sales_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("priced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("before_p4_minor", sa.BigInteger(), nullable=False),
        sa.Column("returned_net_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("returned_before_p4_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("quote_id", sa.Uuid(), nullable=True),
        sa.Column("contract_id", sa.Uuid(), nullable=True),
        sa.Column("source_system", sa.String(), nullable=True),
        sa.Column("source_reference", sa.String(), nullable=True),
        sa.Column("terms", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_order")),
    )
    op.create_index("ix_sales_order_account_id", "sales_order", ["account_id", "priced_at"], unique=False)
    op.create_index(
        "ix_sales_order_quote_id",
        "sales_order",
        ["quote_id"],
        unique=False,
        postgresql_where=sa.text("quote_id IS NOT NULL"),
    )
    op.create_index(
        "uq_sales_order_source",
        "sales_order",
        ["source_system", "source_reference", "account_id"],
        unique=True,
        postgresql_where=sa.text("source_system IS NOT NULL"),
    )
    op.create_table(
        "import_reject",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["order_import.id"], name=op.f("fk_import_reject_import_id")),
        sa.PrimaryKeyConstraint("import_id", "row", name=op.f("pk_import_reject")),
    )
    op.create_table(
        "order_movement",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lines", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("source_reference", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_order_movement_order_id")),
        sa.PrimaryKeyConstraint("order_id", "id", name=op.f("pk_order_movement")),
    )
    op.create_table(
        "quote_line",
        sa.Column("quote_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("list_unit_minor", sa.BigInteger(), nullable=False),
        sa.Column("floor_unit_minor", sa.BigInteger(), nullable=False),
        sa.Column("requested_unit_minor", sa.BigInteger(), nullable=True),
        sa.Column("list_minor", sa.BigInteger(), nullable=False),
        sa.Column("before_p4_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("new_brand", sa.Boolean(), nullable=False),
        sa.Column("salespeople", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("election", sa.String(), nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("exception", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["quote_id"], ["quote.id"], name=op.f("fk_quote_line_quote_id")),
        sa.PrimaryKeyConstraint("quote_id", "line", name=op.f("pk_quote_line")),
    )
    op.create_table(
        "sales_order_line",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("list_minor", sa.BigInteger(), nullable=False),
        sa.Column("before_p4_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("new_brand", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("gift", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("salespeople", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("election", sa.String(), nullable=False),
        sa.Column("rules", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("quote_line", sa.SmallInteger(), nullable=True),
        sa.Column("delivered", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("returned", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("returned_net_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("returned_before_p4_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_sales_order_line_order_id")),
        sa.PrimaryKeyConstraint("order_id", "line", name=op.f("pk_sales_order_line")),
    )


def downgrade() -> None:
    op.drop_table("sales_order_line")
    op.drop_table("quote_line")
    op.drop_table("order_movement")
    op.drop_table("import_reject")
    op.drop_index(
        "uq_sales_order_source", table_name="sales_order", postgresql_where=sa.text("source_system IS NOT NULL")
    )
    op.drop_index("ix_sales_order_quote_id", table_name="sales_order", postgresql_where=sa.text("quote_id IS NOT NULL"))
    op.drop_index("ix_sales_order_account_id", table_name="sales_order")
    op.drop_table("sales_order")
    op.drop_index("ix_quote_alive", table_name="quote", postgresql_where="state IN ('priced', 'pending_exception')")
    op.drop_index("ix_quote_account_id", table_name="quote")
    op.drop_table("quote")
    op.drop_table("product_cost")
    op.drop_table("product")
    op.drop_index("ix_price_grant_account_id", table_name="price_grant")
    op.drop_table("price_grant")
    op.drop_table("order_import")
    op.drop_index("ix_negotiated_terms_account_id", table_name="negotiated_terms")
    op.drop_table("negotiated_terms")
    op.drop_index("ix_list_price_sku", table_name="list_price")
    op.drop_table("list_price")
    op.drop_table("known_contract")
    op.drop_index("ix_known_account_number", table_name="known_account")
    op.drop_table("known_account")
    op.drop_table("imported_invoice")
    op.drop_table("exchange_rate")
    op.drop_table("asked_terms")
    op.execute("DROP SEQUENCE order_number")
    op.execute("DROP SEQUENCE quote_number")
