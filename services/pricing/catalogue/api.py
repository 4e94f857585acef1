"""Routes of products, prices, costs and exchange rates."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from anyio import to_thread
from fastapi import Path, Query, Request, Response
from sqlalchemy import select

from services.pricing.accounts.repository import account_by_id
from services.pricing.catalogue import importing, repository, service
from services.pricing.catalogue.domain import Cost, Product, UnknownProduct
from services.pricing.catalogue.lists import Audience, UnknownPriceList, price_lists_of
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
    PriceListsAnswer,
    PriceRange,
    PricesMerged,
    ProductAnswer,
    listed_price,
    show_audience,
    show_cost,
    show_price,
    show_product,
)
from services.pricing.catalogue.sheet import Row, as_csv, as_workbook, rows_of
from services.pricing.quotes.domain import UnknownAccount
from services.pricing.rules import Rules
from services.pricing.schemas import Sku
from shared.auth.principal import Principal
from shared.errors import Conflict, Words
from shared.http.dependencies import Now, Session, allowed
from shared.http.exchange import runtime_of
from shared.http.pages import Page, PageQuery, oldest_first, read_page
from shared.http.problems import UnsupportedMediaType, language_of
from shared.http.routes import Router, upload
from shared.money import ExchangeRate
from shared.policy.rulebook import Rulebook
from shared.sheets.reading import XLSX, sheet_lines

router = Router(tags=["catalogue"])
SHEET_BODY = {
    "requestBody": {
        "required": True,
        "description": "the file itself",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("text/csv", XLSX)},
    }
}


class TooLongForASheet(Conflict):
    code = "too_long_for_a_sheet"
    title: ClassVar[Words] = {
        "en": "The list has more prices than a sheet takes; read it page by page",
        "zh": "价目表超过表格上限，请分页读取",
    }


PriceReader = Annotated[Principal, allowed("prices.read")]
SkuPath = Annotated[Sku, Path(description="the product's SKU", examples=["HS-1"])]


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
    name: Annotated[PriceListName, Path(description="the price list", examples=["list"])],
    body: NewPrice,
    request: Request,
    session: Session,
    now: Now,
    rules: Rules,
    caller: Annotated[Principal, allowed("prices.write")],
) -> PriceAnswer:
    """Publish one clear figure for one piece, with its floor. A range is refused (P1).

    An open price before it ends where it begins; the same price again with an earlier end ends there. The price of a
    day that is past stays as it was.
    """
    service.refuse_a_range(rules, is_range=isinstance(body.price, PriceRange), now=now)
    today = runtime_of(request).today(now)
    return show_price(await service.publish_price(session, price=listed_price(name, body), today=today, now=now))


@router.get("/price-lists")
async def list_price_lists(
    *,
    session: Session,
    rules: Rules,
    caller: PriceReader,
    account_id: Annotated[UUID | None, Query(description="only those meant for this account, its own first")] = None,
) -> PriceListsAnswer:
    """Which lists are whose, in the order in which an account's own is looked for (P1)."""
    lists, reach = price_lists_of(rules), caller.reach("prices.read")
    rows: Sequence[Audience] = lists.rows if reach.everywhere else lists.seen_by(reach.branches)
    if account_id is not None:
        account = await account_by_id(session, account_id)
        if account is None or not reach.covers(branch=account.branch):
            raise UnknownAccount
        rows = [row for row in rows if row.holds(account)]
    return PriceListsAnswer(items=[show_audience(row) for row in rows])


def check_list_within_reach(name: str, rules: Rulebook, caller: Principal) -> None:
    """Raises UnknownPriceList for a list by which nobody sells in the caller's branches."""
    reach = caller.reach("prices.read")
    if not reach.everywhere and not price_lists_of(rules).seen_in(name, reach.branches):
        raise UnknownPriceList


@router.get("/price-lists/{name}/prices")
async def list_prices(
    *,
    name: Annotated[PriceListName, Path(description="the price list", examples=["list"])],
    session: Session,
    rules: Rules,
    asked: PageQuery,
    caller: PriceReader,
    sku: Annotated[str | None, Query(description="only this product's")] = None,
) -> Page[PriceAnswer]:
    """A list's prices by SKU and first day."""
    check_list_within_reach(name, rules, caller)
    query = select(PriceRow).where(PriceRow.price_list == name)
    query = query if sku is None else query.where(PriceRow.sku == sku)
    by = oldest_first(PriceRow.sku, PriceRow.valid_from)
    return await read_page(session, query, asked=asked, by=by, show=lambda row: show_price(repository.price_of(row)))


@router.post("/price-lists/{name}/imports", openapi_extra=SHEET_BODY)
@upload
async def import_prices(
    *,
    name: Annotated[PriceListName, Path(description="the price list", examples=["list"])],
    request: Request,
    session: Session,
    now: Now,
    rules: Rules,
    caller: Annotated[Principal, allowed("prices.write")],
) -> PricesMerged:
    """Merge a sheet into a price list: CSV (UTF-8, or GB18030) or a workbook, up to 20 MB and 50,000 prices (P1).

    The first row names the columns in English or Chinese: SKU, price, floor price, currency, valid from, ends before.
    Prices that the sheet does not name stay. One wrong cell refuses the whole sheet, and every wrong cell is named. The
    same sheet sent again changes nothing.
    """
    body, kind = await request.body(), request.headers.get("content-type", "")
    rows = await to_thread.run_sync(lambda: price_rows(body, kind))
    today = runtime_of(request).today(now)
    merged = await importing.merge_sheet(session, importing.Sheet(name, rows), rules=rules, today=today, now=now)
    return PricesMerged(price_list=name, **merged._asdict())


def price_rows(body: bytes, kind: str) -> list[Row]:
    """Raises UnreadableFile, WrongHeader, SheetTooLarge, UnsupportedMediaType."""
    lines = sheet_lines(body, kind, most_rows=importing.MOST_PRICES)
    if lines is None:
        formats = f"text/csv, {XLSX}"
        raise UnsupportedMediaType({"en": f"Send one of {formats}.", "zh": f"请发送以下格式之一：{formats}。"})
    return importing.readable(rows_of(lines))


@router.get(
    "/price-lists/{name}/sheet",
    response_class=Response,
    responses={200: {"description": "the list as a sheet", "content": {"text/csv": {}, XLSX: {}}}},
)
async def export_prices(
    *,
    name: Annotated[PriceListName, Path(description="the price list", examples=["list"])],
    request: Request,
    session: Session,
    rules: Rules,
    caller: PriceReader,
    file_format: Annotated[Literal["csv", "xlsx"], Query(alias="format", description="how it is written")] = "csv",
) -> Response:
    """Every price of a list, past and future, as a sheet that an import takes and finds unchanged.

    Headings are in the language that is asked for.
    """
    check_list_within_reach(name, rules, caller)
    language = language_of(request.headers)
    prices = await repository.history_of(session, name, at_most=importing.MOST_PRICES + 1)
    if len(prices) > importing.MOST_PRICES:
        raise TooLongForASheet
    if file_format == "csv":
        return _file(await to_thread.run_sync(as_csv, prices, language), "text/csv; charset=utf-8", f"{name}.csv")
    return _file(await to_thread.run_sync(as_workbook, prices, language), XLSX, f"{name}.xlsx")


def _file(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


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
