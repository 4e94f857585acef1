"""What marketing and finance enter into the catalogue, each entry with its event."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.catalogue import repository
from services.pricing.catalogue.dating import DatedPrices, Entered
from services.pricing.catalogue.domain import (
    Cost,
    FloorAboveList,
    ListPrice,
    PriceExists,
    PriceRefused,
    Product,
    ProductExists,
    RateExists,
    UnknownProduct,
    WorthNothing,
)
from shared.errors import FieldError, Words
from shared.events.catalogue import BothLanguages, CostChanged, ExchangeRatePublished, PricePublished, ProductChanged
from shared.money import ExchangeRate
from shared.outbox import record, record_many
from shared.policy.evaluation import Case, GivenFacts
from shared.policy.rulebook import PolicyRefuses, Rulebook
from shared.trace import Subject

PUBLISHING = "price.publishing"


async def add_product(session: AsyncSession, *, product: Product, now: datetime) -> Product:
    """Raises ProductExists."""
    if not await repository.add_product(session, product):
        raise ProductExists({"en": f"{product.sku} is already a product", "zh": f"产品{product.sku}已存在"})
    title = BothLanguages(en=product.title["en"], zh=product.title["zh"])
    event = ProductChanged(
        occurred_at=now,
        sku=product.sku,
        title=title,
        kind=product.kind,
        product_line=product.product_line,
        brand=product.brand,
        new_brand_from=product.new_brand_from,
        new_brand_until=product.new_brand_until,
    )
    record(session, event)
    return product


async def record_cost(session: AsyncSession, *, cost: Cost, now: datetime) -> Cost:
    """A cost from a day on; an earlier order keeps the one it froze. Raises UnknownProduct, PriceExists."""
    await _known(session, cost.sku)
    if not await repository.add_cost(session, cost):
        raise PriceExists(
            {
                "en": f"{cost.sku} already has a cost in {cost.currency} from {cost.valid_from}",
                "zh": f"{cost.sku}自{cost.valid_from}起已有{cost.currency}成本",
            }
        )
    told = CostChanged(
        occurred_at=now,
        sku=cost.sku,
        currency=cost.currency,
        cost_minor=cost.cost_minor,
        valid_from=cost.valid_from,
    )
    record(session, told)
    return cost


def refuse_a_range(rules: Rulebook, *, is_range: bool, now: datetime) -> None:
    """P1: asks the conditions at the moment a price is published; raises PriceRefused with the field."""
    entry = Subject("price", str(uuid4()))
    try:
        rules.ask(PUBLISHING, Case(GivenFacts({"price.is_range": is_range}), entry, now), subject="price")
    except PolicyRefuses as refused:
        words: Words = refused.detail or refused.title
        raise PriceRefused(words, errors=[FieldError("/price", refused.refusal, words)]) from refused


async def publish_price(session: AsyncSession, *, price: ListPrice, today: date, now: datetime) -> ListPrice:
    """The price with the days it holds now. Raises UnknownProduct and what `enter` raises."""
    await _known(session, price.sku)
    dated = DatedPrices.of(await repository.prices_for_entering(session, price.price_list, [price.sku]), today)
    enter(dated, price)
    await keep_entered(session, dated.entered(), now=now)
    return dated.rows[price.sku][price.valid_from]


def enter(dated: DatedPrices, price: ListPrice) -> None:
    """Raises WorthNothing, FloorAboveList and what `DatedPrices.enter` raises."""
    if not price.price_minor:
        raise WorthNothing(errors=[FieldError("/price", WorthNothing.code, WorthNothing.title)])
    if price.floor_minor > price.price_minor:
        at_most: Words = {"en": "the floor is at most the price", "zh": "底价不得高于价格"}
        raise FloorAboveList(errors=[FieldError("/floor", "floor_above_list", at_most)])
    dated.enter(price)


async def keep_entered(session: AsyncSession, entered: Entered, *, now: datetime) -> None:
    """Keep what is new or ends earlier now, and tell of each."""
    prices = [*entered.ended, *entered.added]
    await repository.keep_prices(session, prices)
    record_many(session, (_published(price, now) for price in prices))


def _published(price: ListPrice, now: datetime) -> PricePublished:
    return PricePublished(
        occurred_at=now,
        sku=price.sku,
        price_list=price.price_list,
        currency=price.currency,
        price_minor=price.price_minor,
        floor_minor=price.floor_minor,
        valid_from=price.valid_from,
        valid_until=price.valid_until,
    )


async def publish_exchange_rates(session: AsyncSession, *, rates: Iterable[ExchangeRate], now: datetime) -> int:
    """How many were new; a pair's rate of a day, once published, stays."""
    added = await repository.add_exchange_rates(session, rates)
    record_many(
        session,
        (
            ExchangeRatePublished(
                occurred_at=now,
                base=rate.base,
                quote=rate.quote,
                rate=f"{rate.rate:f}",
                date=rate.on,
                source=rate.source,
            )
            for rate in added
        ),
    )
    return len(added)


async def publish_exchange_rate(session: AsyncSession, *, rate: ExchangeRate, now: datetime) -> None:
    """The same rate again changes nothing; raises RateExists for another one of that day."""
    if await publish_exchange_rates(session, rates=[rate], now=now):
        return
    known = await repository.rate_of_day(session, rate.base, rate.quote, rate.on)
    if known is not None and known.rate != rate.rate:
        raise RateExists(
            {
                "en": f"{rate.base}/{rate.quote} was {known.rate:f} on {rate.on} by {known.source}",
                "zh": f"{rate.on}的{rate.base}/{rate.quote}汇率已为{known.rate:f}（来源：{known.source}）",
            }
        )


async def _known(session: AsyncSession, sku: str) -> None:
    if await repository.product_by_sku(session, sku) is None:
        raise UnknownProduct({"en": f"{sku} is no product", "zh": f"没有产品{sku}"})
