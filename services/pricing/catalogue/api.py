"""Routes of products, prices, costs and exchange rates."""

from decimal import Decimal
from typing import Annotated

from fastapi import Path, Query
from sqlalchemy import select

from services.pricing.catalogue import repository, service
from services.pricing.catalogue.domain import Cost, ListPrice, Product, UnknownProduct
from services.pricing.catalogue.models import CostRow, ExchangeRateRow, PriceRow, ProductRow
from services.pricing.catalogue.schemas import (
    CostAnswer,
    ExchangeRateAnswer,
    NewCost,
    NewExchangeRate,
    NewPrice,
    NewProduct,
    PriceAnswer,
    PriceListName,
    ProductAnswer,
    show_cost,
    show_price,
    show_product,
)
from services.pricing.rules import Rules
from services.pricing.schemas import MoneyText, Sku
from shared.auth.principal import Principal
from shared.errors import FieldError, ValidationProblem, Words
from shared.http.dependencies import Now, Session, allowed
from shared.http.pages import Page, PageQuery, oldest_first, read_page
from shared.http.routes import Router
from shared.money import ExchangeRate

router = Router(tags=["catalogue"])
SkuPath = Annotated[Sku, Path(description="the product's SKU")]


@router.post("/products", status_code=201)
async def add_product(
    *, body: NewProduct, session: Session, now: Now, caller: Annotated[Principal, allowed("products.write")]
) -> ProductAnswer:
    """Add a product. `new_brand` days make it count for the new-product bonus (R2)."""
    product = Product(**body.model_dump(exclude={"title"}), title=body.title.words())
    return show_product(await service.add_product(session, product=product, now=now))


@router.get("/products")
async def list_products(
    *,
    session: Session,
    asked: PageQuery,
    caller: Annotated[Principal, allowed("products.read")],
    brand: Annotated[str | None, Query(description="only this brand's")] = None,
) -> Page[ProductAnswer]:
    """Products by SKU."""
    query = select(ProductRow) if brand is None else select(ProductRow).where(ProductRow.brand == brand)
    by = oldest_first(ProductRow.sku)
    return await read_page(
        session, query, asked=asked, by=by, show=lambda row: show_product(repository.product_of(row))
    )


@router.get("/products/{sku}")
async def get_product(
    *, sku: SkuPath, session: Session, caller: Annotated[Principal, allowed("products.read")]
) -> ProductAnswer:
    """One product."""
    product = await repository.product_by_sku(session, sku)
    if product is None:
        raise UnknownProduct
    return show_product(product)


@router.post("/products/{sku}/costs", status_code=201)
async def record_cost(
    *, sku: SkuPath, body: NewCost, session: Session, now: Now, caller: Annotated[Principal, allowed("costs.write")]
) -> CostAnswer:
    """Record what a piece costs from a day on; orders freeze the cost of their own day."""
    money = body.cost.money()
    cost = Cost(sku, money.currency, money.amount_minor, body.valid_from)
    return show_cost(await service.record_cost(session, cost=cost, now=now))


@router.get("/products/{sku}/costs")
async def list_costs(
    *, sku: SkuPath, session: Session, asked: PageQuery, caller: Annotated[Principal, allowed("costs.read")]
) -> Page[CostAnswer]:
    """A product's costs, oldest first."""
    query = select(CostRow).where(CostRow.sku == sku)
    by = oldest_first(CostRow.valid_from, CostRow.currency)
    return await read_page(session, query, asked=asked, by=by, show=lambda row: show_cost(repository.cost_of(row)))


@router.post("/price-lists/{name}/prices", status_code=201)
async def publish_price(
    *,
    name: Annotated[PriceListName, Path(description="the price list")],
    body: NewPrice,
    session: Session,
    now: Now,
    rules: Rules,
    caller: Annotated[Principal, allowed("prices.write")],
) -> PriceAnswer:
    """Publish one clear figure for one piece, with its floor. A range is refused (P1)."""
    service.refuse_a_range(rules, is_range=not isinstance(body.price, MoneyText), now=now)
    price = listed_price(name, body)
    return show_price(await service.publish_price(session, price=price, now=now))


def listed_price(name: str, body: NewPrice) -> ListPrice:
    """A price without a floor of its own may not be undercut at all (§6.7)."""
    if not isinstance(body.price, MoneyText):
        raise TypeError("a range never gets here")
    price = body.price.money()
    floor = price if body.floor is None else body.floor.money()
    if floor.currency != price.currency:
        wrong: Words = {"en": "the floor is in the price's currency", "zh": "底价须与价格同币种"}
        raise ValidationProblem(errors=[FieldError("/floor/currency", "currency_differs", wrong)])
    minor = price.amount_minor, floor.amount_minor
    return ListPrice(name, body.sku, price.currency, *minor, body.valid_from, body.valid_until)


@router.get("/price-lists/{name}/prices")
async def list_prices(
    *,
    name: Annotated[PriceListName, Path(description="the price list")],
    session: Session,
    asked: PageQuery,
    caller: Annotated[Principal, allowed("prices.read")],
    sku: Annotated[str | None, Query(description="only this product's")] = None,
) -> Page[PriceAnswer]:
    """A list's prices by SKU and first day."""
    query = select(PriceRow).where(PriceRow.price_list == name)
    query = query if sku is None else query.where(PriceRow.sku == sku)
    by = oldest_first(PriceRow.sku, PriceRow.valid_from)
    return await read_page(session, query, asked=asked, by=by, show=lambda row: show_price(repository.price_of(row)))


@router.post("/exchange-rates", status_code=201)
async def publish_exchange_rate(
    *,
    body: NewExchangeRate,
    session: Session,
    now: Now,
    caller: Annotated[Principal, allowed("exchange_rates.write")],
) -> ExchangeRateAnswer:
    """Publish a rate: 1 base = rate quote, from its day until the pair's next one. A day's rate stays as it is."""
    rate = ExchangeRate(body.base, body.quote, Decimal(body.rate), body.date, body.source)
    await service.publish_exchange_rate(session, rate=rate, now=now)
    return ExchangeRateAnswer(base=body.base, quote=body.quote, rate=body.rate, date=body.date, source=body.source)


@router.get("/exchange-rates")
async def list_exchange_rates(
    *, session: Session, asked: PageQuery, caller: Annotated[Principal, allowed("exchange_rates.read")]
) -> Page[ExchangeRateAnswer]:
    """Every rate by pair and day."""
    by = oldest_first(ExchangeRateRow.base, ExchangeRateRow.quote, ExchangeRateRow.day)
    return await read_page(session, select(ExchangeRateRow), asked=asked, by=by, show=_show_rate)


def _show_rate(row: ExchangeRateRow) -> ExchangeRateAnswer:
    return ExchangeRateAnswer(base=row.base, quote=row.quote, rate=f"{row.rate:f}", date=row.day, source=row.source)
