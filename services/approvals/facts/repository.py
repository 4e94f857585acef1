"""Questions to what approvals knows of the other services."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.approvals.facts.domain import Account, Licence, Product, Spell, rep_spells, sellers_of
from services.approvals.facts.models import (
    KnownAccount,
    KnownClass,
    KnownCost,
    KnownFloor,
    KnownListing,
    KnownOrder,
    KnownProduct,
    KnownQuote,
    KnownRate,
)
from shared.events.quotes import QuoteContents
from shared.money import ExchangeRate


async def account(session: AsyncSession, account_id: str) -> Account | None:
    row = await session.get(KnownAccount, account_id, populate_existing=True)
    if row is None:
        return None
    classes = await session.scalars(select(KnownClass).where(KnownClass.account_id == account_id))
    listings = await session.scalars(
        select(KnownListing).where(KnownListing.account_id == account_id, KnownListing.listed)
    )
    return Account(
        id=row.account_id,
        number=row.number,
        legal_name=row.legal_name,
        branch=row.branch,
        industrial=row.industrial,
        frozen=row.frozen,
        licence=_licence(row),
        classes=tuple(Spell(known.grade, known.valid_from, known.valid_until) for known in classes),
        listings=tuple(Spell(known.list_id, known.valid_from, known.valid_until) for known in listings),
        reps=rep_spells(tuple(row.team)),
        sellers=sellers_of(tuple(row.team)),
        goes_on_as=row.goes_on_as,
    )


def _licence(row: KnownAccount) -> Licence | None:
    if row.licence_number is None or row.licence_expires_on is None:
        return None
    return Licence(row.licence_number, row.licence_expires_on, row.licence_file_hash or "")


async def quote(session: AsyncSession, quote_id: str) -> tuple[str, QuoteContents] | None:
    """The quote's state and its contents as they were last told."""
    row = await session.get(KnownQuote, quote_id, populate_existing=True)
    return None if row is None else (row.state, QuoteContents.model_validate(row.contents))


async def exchange_rates(session: AsyncSession) -> tuple[ExchangeRate, ...]:
    rows = await session.scalars(select(KnownRate).order_by(KnownRate.base, KnownRate.quote, KnownRate.day))
    return tuple(ExchangeRate(row.base, row.quote, Decimal(row.rate), row.day, row.source) for row in rows)


async def orders_standing(session: AsyncSession, account_id: str) -> int:
    """How many orders of the account were placed and not cancelled."""
    counted = select(func.count()).where(KnownOrder.account_id == account_id, KnownOrder.cancelled_at.is_(None))
    return (await session.scalar(counted)) or 0


async def floors(session: AsyncSession, skus: Iterable[str], *, currency: str, on: date) -> dict[str, int]:
    """The strictest floor of each SKU in a currency on a day, in minor units; absent where none is published."""
    query = select(KnownFloor.sku, func.max(KnownFloor.floor_minor).label("floor_minor")).where(
        KnownFloor.sku.in_(set(skus)),
        KnownFloor.currency == currency,
        KnownFloor.valid_from <= on,
        or_(KnownFloor.valid_until.is_(None), KnownFloor.valid_until > on),
    )
    rows = await session.execute(query.group_by(KnownFloor.sku))
    return {row.sku: row.floor_minor for row in rows}


async def costs(session: AsyncSession, skus: Iterable[str], *, currency: str, on: date) -> dict[str, int]:
    """What a piece of each SKU costs in a currency on a day, in minor units: the last cost that has begun."""
    query = select(KnownCost).where(
        KnownCost.sku.in_(set(skus)), KnownCost.currency == currency, KnownCost.valid_from <= on
    )
    rows = await session.scalars(query.order_by(KnownCost.valid_from))
    return {row.sku: row.cost_minor for row in rows}


async def products(session: AsyncSession, skus: Iterable[str], *, currency: str, on: date) -> dict[str, Product]:
    """The SKUs that exist, each with its floor and cost of the day and whether it is a new brand then (R2)."""
    rows = list(await session.scalars(select(KnownProduct).where(KnownProduct.sku.in_(set(skus)))))
    known = [row.sku for row in rows]
    floor_of = await floors(session, known, currency=currency, on=on)
    cost_of = await costs(session, known, currency=currency, on=on)
    return {row.sku: Product(row.sku, _is_new(row, on), floor_of.get(row.sku), cost_of.get(row.sku)) for row in rows}


def _is_new(row: KnownProduct, on: date) -> bool:
    return row.new_brand_from is not None and Spell(row.sku, row.new_brand_from, row.new_brand_until).covers(on)
