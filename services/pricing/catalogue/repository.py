"""Products, prices, costs and exchange rates by SKU and day."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.catalogue.domain import Cost, ListPrice, Product
from services.pricing.catalogue.models import CostRow, ExchangeRateRow, PriceRow, ProductRow
from services.pricing.database import one_of
from shared.money import ExchangeRate


async def add_product(session: AsyncSession, product: Product) -> bool:
    """False when the SKU is taken."""
    row = {
        "sku": product.sku,
        "title": dict(product.title),
        "kind": product.kind,
        "product_line": product.product_line,
        "brand": product.brand,
        "new_brand_from": product.new_brand_from,
        "new_brand_until": product.new_brand_until,
    }
    added = insert(ProductRow).values(row).on_conflict_do_nothing().returning(ProductRow.sku)
    return await session.scalar(added) is not None


def product_of(row: ProductRow) -> Product:
    return Product(row.sku, row.title, row.kind, row.product_line, row.brand, row.new_brand_from, row.new_brand_until)


async def product_by_sku(session: AsyncSession, sku: str) -> Product | None:
    row = await session.get(ProductRow, sku)
    return product_of(row) if row else None


async def skus_known(session: AsyncSession, skus: Iterable[str]) -> set[str]:
    return set(await session.scalars(select(ProductRow.sku).where(one_of(ProductRow.sku, skus))))


async def add_cost(session: AsyncSession, cost: Cost) -> bool:
    """False when that day already has one."""
    row = {
        "sku": cost.sku,
        "currency": cost.currency,
        "cost_minor": cost.cost_minor,
        "valid_from": cost.valid_from,
    }
    added = insert(CostRow).values(row).on_conflict_do_nothing().returning(CostRow.sku)
    return await session.scalar(added) is not None


async def prices_for_entering(session: AsyncSession, price_list: str, skus: Iterable[str]) -> list[ListPrice]:
    """One list's prices of some products; nobody else enters any into the list until the transaction ends."""
    await session.execute(_ALONE, {"list": f"price_list/{price_list}"})
    wanted = select(PriceRow).where(PriceRow.price_list == price_list, one_of(PriceRow.sku, skus))
    return [price_of(row) for row in await session.scalars(wanted)]


_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:list, 0))")


async def keep_prices(session: AsyncSession, prices: Sequence[ListPrice]) -> None:
    """New ones are added; one that is known has only its end changed."""
    if prices:
        row = insert(PriceRow)
        end = {"valid_until": row.excluded.valid_until}
        keys = [PriceRow.price_list, PriceRow.sku, PriceRow.valid_from]
        await session.execute(
            row.on_conflict_do_update(index_elements=keys, set_=end), [price._asdict() for price in prices]
        )


async def history_of(session: AsyncSession, price_list: str, *, at_most: int) -> list[ListPrice]:
    """All prices of a list by SKU and first day."""
    wanted = select(PriceRow).where(PriceRow.price_list == price_list).order_by(PriceRow.sku, PriceRow.valid_from)
    return [price_of(row) for row in await session.scalars(wanted.limit(at_most))]


def price_of(row: PriceRow) -> ListPrice:
    return ListPrice(
        row.price_list, row.sku, row.currency, row.price_minor, row.floor_minor, row.valid_from, row.valid_until
    )


def cost_of(row: CostRow) -> Cost:
    return Cost(row.sku, row.currency, row.cost_minor, row.valid_from)


async def costs_of_sku(session: AsyncSession, sku: str) -> Sequence[Cost]:
    rows = await session.scalars(select(CostRow).where(CostRow.sku == sku).order_by(CostRow.valid_from))
    return [cost_of(row) for row in rows]


async def products_of(session: AsyncSession, skus: Iterable[str]) -> dict[str, Product]:
    rows = await session.scalars(select(ProductRow).where(one_of(ProductRow.sku, skus)))
    return {row.sku: product_of(row) for row in rows}


async def prices_of(session: AsyncSession, skus: Iterable[str], currency: str) -> dict[str, list[ListPrice]]:
    """Every list's dated prices in one currency, by SKU."""
    wanted = select(PriceRow).where(one_of(PriceRow.sku, skus), PriceRow.currency == currency)
    found: dict[str, list[ListPrice]] = {}
    for row in await session.scalars(wanted):
        found.setdefault(row.sku, []).append(price_of(row))
    return found


async def costs_of(session: AsyncSession, skus: Iterable[str], currency: str) -> dict[str, list[Cost]]:
    wanted = select(CostRow).where(one_of(CostRow.sku, skus), CostRow.currency == currency)
    found: dict[str, list[Cost]] = {}
    for row in await session.scalars(wanted):
        found.setdefault(row.sku, []).append(cost_of(row))
    return found


async def exchange_rates(session: AsyncSession) -> tuple[ExchangeRate, ...]:
    """All rows: a pair has few, and which one counts is a question of the day."""
    rows = await session.scalars(select(ExchangeRateRow).order_by(ExchangeRateRow.day))
    return tuple(ExchangeRate(row.base, row.quote, Decimal(row.rate), row.day, row.source) for row in rows)


async def add_exchange_rates(session: AsyncSession, rates: Iterable[ExchangeRate]) -> list[ExchangeRate]:
    """Those that were new; a pair's rate of a day is never overwritten."""
    rows = {(rate.base, rate.quote, rate.on): rate for rate in rates}
    if not rows:
        return []
    values = [
        {"base": rate.base, "quote": rate.quote, "day": rate.on, "rate": rate.rate, "source": rate.source}
        for rate in rows.values()
    ]
    key = (ExchangeRateRow.base, ExchangeRateRow.quote, ExchangeRateRow.day)
    added = await session.execute(insert(ExchangeRateRow).values(values).on_conflict_do_nothing().returning(*key))
    return [rows[row.base, row.quote, row.day] for row in added]


async def rate_of_day(session: AsyncSession, base: str, quote: str, day: date) -> ExchangeRateRow | None:
    key = tuple_(ExchangeRateRow.base, ExchangeRateRow.quote, ExchangeRateRow.day)
    return await session.scalar(select(ExchangeRateRow).where(key == (base, quote, day)))
