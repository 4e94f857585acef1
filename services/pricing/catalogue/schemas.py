"""Shapes of the catalogue over HTTP."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, ValidationInfo, field_validator

from services.pricing.catalogue.domain import Cost, ListPrice, Product
from services.pricing.catalogue.lists import Audience
from services.pricing.schemas import (
    Answer,
    BothLanguages,
    Code,
    Currency,
    Figure,
    MoneyText,
    Request,
    Sku,
    Text,
    money_text,
)
from shared.errors import FieldError, ValidationProblem, Words
from shared.http.field_errors import not_valid
from shared.http.moments import Day

Kind = Literal["handset", "sim_card", "top_up_card", "e_credit", "fixed_station", "goods", "service"]


def _no_formula(sku: str) -> str:
    if sku[0] in "=+-@":
        raise not_valid({"en": "a spreadsheet would take it for a formula", "zh": "电子表格会将其视为公式"})
    return sku


NewSku = Annotated[Sku, AfterValidator(_no_formula)]


class NewProduct(Request):
    sku: NewSku = Field(examples=["HANDSET-N1"])
    title: BothLanguages = Field(examples=[{"en": "Handset N1", "zh": "N1手机"}])
    kind: Kind = Field(examples=["handset"])
    product_line: Text = Field(examples=["handsets"])
    brand: Text = Field(examples=["Nova"])
    new_brand_from: Day | None = Field(None, description="first local day as a brand never sold before")
    new_brand_until: Day | None = Field(None, description="first local day on which it is no longer new")

    @field_validator("new_brand_until")
    @classmethod
    def _new_for_a_while(cls, until: date | None, given: ValidationInfo) -> date | None:
        first = given.data.get("new_brand_from")
        if until is not None and (first is None or until <= first):
            raise not_valid({"en": "later than new_brand_from", "zh": "须晚于新品牌起始日"})
        return until


class ProductAnswer(NewProduct):
    pass


class NewCost(Request):
    cost: MoneyText = Field(description="of one piece")
    valid_from: Day


class CostAnswer(Answer):
    sku: str
    cost: MoneyText
    valid_from: date


class PriceRange(Request):
    """What a price must not be: only written so that the refusal can say why."""

    from_: Figure | None = Field(None, alias="from")
    to: Figure | None = None
    currency: Currency | None = None


def _looks_like(price: Any) -> str:
    """What the sender meant, so that a mistake in one shape is not told of the other too."""
    is_range = isinstance(price, PriceRange) or (isinstance(price, dict) and not {"from", "to"}.isdisjoint(price))
    return "range" if is_range else "figure"


Price = Annotated[Annotated[MoneyText, Tag("figure")] | Annotated[PriceRange, Tag("range")], Discriminator(_looks_like)]


class NewPrice(Request):
    sku: Sku
    price: Price = Field(description="one figure for one piece; a range is refused (P1)")
    floor: MoneyText | None = Field(
        None, description="below it a quote needs an approval; the price itself if left out"
    )
    valid_from: Day
    valid_until: Day | None = Field(None, description="first local day on which it no longer holds")


def listed_price(price_list: str, body: NewPrice) -> ListPrice:
    """A price without a floor of its own may not be undercut at all (§6.7). A range has no figure: TypeError."""
    if not isinstance(body.price, MoneyText):
        raise TypeError("a range never gets here")
    price = body.price.money()
    floor = price if body.floor is None else body.floor.money()
    if floor.currency != price.currency:
        wrong: Words = {"en": "the floor is in the price's currency", "zh": "底价须与价格同币种"}
        raise ValidationProblem(errors=[FieldError("/floor/currency", "currency_differs", wrong)])
    minor = price.amount_minor, floor.amount_minor
    return ListPrice(price_list, body.sku, price.currency, *minor, body.valid_from, body.valid_until)


class PriceAnswer(Answer):
    price_list: str
    sku: str
    price: MoneyText
    floor: MoneyText
    valid_from: date
    valid_until: date | None = Field(
        description="first local day on which it no longer holds: its own, or the next one's"
    )


class PricesMerged(Answer):
    """What became of a sheet: every row was `published`, or was known already; prices that `ended` made way."""

    price_list: str = Field(examples=["standard-cny"])
    rows: int = Field(examples=[120])
    published: int = Field(examples=[20])
    ended: int = Field(examples=[18])
    unchanged: int = Field(examples=[100])


class AudienceAnswer(Answer):
    """Whom a list is for; what is null does not limit."""

    price_list: str = Field(examples=["standard-cny"])
    title: BothLanguages = Field(examples=[{"en": "Standard", "zh": "标准价目"}])
    branch: str | None
    channel: str | None = Field(examples=["dealer"])
    sales_class: str | None = Field(examples=["wholesale"])


class PriceListsAnswer(Answer):
    items: list[AudienceAnswer]


def show_audience(row: Audience) -> AudienceAnswer:
    return AudienceAnswer(
        price_list=row.price_list,
        title=BothLanguages(**row.title),
        branch=row.branch,
        channel=row.channel,
        sales_class=row.sales_class,
    )


def _more_than_zero(rate: str) -> str:
    if not Decimal(rate):
        raise not_valid({"en": "a rate is more than zero", "zh": "汇率须大于零"})
    return rate


class NewExchangeRate(Request):
    base: Currency = Field(examples=["USD"])
    quote: Currency = Field(examples=["CNY"])
    rate: Annotated[str, AfterValidator(_more_than_zero)] = Field(
        pattern=r"^\d{1,9}(\.\d{1,12})?$", description="1 base = rate quote, more than zero", examples=["6.50"]
    )
    date: Day
    source: Text = Field(examples=["central bank fixing"])

    @field_validator("quote")
    @classmethod
    def _another_currency(cls, quote: str, given: ValidationInfo) -> str:
        if quote == given.data.get("base"):
            raise not_valid({"en": "a rate is between two currencies", "zh": "汇率须在两种币种之间"})
        return quote


class ExchangeRateAnswer(Answer):
    base: str
    quote: str
    rate: str
    date: date
    source: str


PriceListName = Code


def show_product(product: Product) -> ProductAnswer:
    return ProductAnswer(
        sku=product.sku,
        title=BothLanguages(**product.title),
        kind=product.kind,
        product_line=product.product_line,
        brand=product.brand,
        new_brand_from=product.new_brand_from,
        new_brand_until=product.new_brand_until,
    )


def show_price(price: ListPrice) -> PriceAnswer:
    return PriceAnswer(
        price_list=price.price_list,
        sku=price.sku,
        price=money_text(price.price_minor, price.currency),
        floor=money_text(price.floor_minor, price.currency),
        valid_from=price.valid_from,
        valid_until=price.valid_until,
    )


def show_cost(cost: Cost) -> CostAnswer:
    return CostAnswer(sku=cost.sku, cost=money_text(cost.cost_minor, cost.currency), valid_from=cost.valid_from)
