"""A price ends where the next one of its list begins, so that no day has two."""

from alembic import op

revision = "pricing_0007"
down_revision = "pricing_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        UPDATE list_price AS price SET valid_until = later.begins
        FROM (SELECT price_list, sku, valid_from,
                     lead(valid_from) OVER (PARTITION BY price_list, sku ORDER BY valid_from) AS begins
              FROM list_price) AS later
        WHERE (later.price_list, later.sku, later.valid_from) = (price.price_list, price.sku, price.valid_from)
          AND later.begins < coalesce(price.valid_until, 'infinity')
        """
    )


def downgrade() -> None:
    """Which prices had no end before is not known; what they say of a day is the same."""
