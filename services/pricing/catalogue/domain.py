"""What makes a price, a cost and a rate valid, and which of the dated ones counts on a day."""

from collections.abc import Iterable
from datetime import date
from typing import ClassVar, NamedTuple

from shared.errors import Conflict, NotFound, Problem, Words


class ProductExists(Conflict):
    code = "product_exists"
    title: ClassVar[Words] = {"en": "The SKU is taken", "zh": "SKU已存在"}


class UnknownProduct(NotFound):
    code = "unknown_product"
    title: ClassVar[Words] = {"en": "No product has this SKU", "zh": "没有该SKU的产品"}


class PriceExists(Conflict):
    code = "price_exists"
    title: ClassVar[Words] = {
        "en": "A figure of that first day is already published; publish one from a later day",
        "zh": "该起始日已有数值，请从更晚的日期发布",
    }


class RateExists(Conflict):
    code = "rate_exists"
    title: ClassVar[Words] = {
        "en": "The pair has another rate of that day; publish one of a later day",
        "zh": "该币种对当日已有其他汇率，请从更晚的日期发布",
    }


class WorthNothing(Problem):
    status = 422
    code = "worth_nothing"
    title: ClassVar[Words] = {"en": "A price is more than nothing", "zh": "价格须大于零"}


class PriceRefused(Problem):
    """P1: the conditions at `price.publishing` say which."""

    status = 422
    code = "price_refused"
    title: ClassVar[Words] = {"en": "A price is one figure, set by marketing", "zh": "价格须为市场部定出的单一数值"}


class FloorAboveList(Problem):
    status = 422
    code = "floor_above_list"
    title: ClassVar[Words] = {"en": "The floor lies above the list price", "zh": "底价高于价目价"}


class ListPrice(NamedTuple):
    """One price list's price and floor of one piece, in minor units, on the local days `[valid_from, valid_until)`.

    The days of one list's prices of a SKU never meet; one without an end holds until the next begins.
    """

    price_list: str
    sku: str
    currency: str
    price_minor: int
    floor_minor: int
    valid_from: date
    valid_until: date | None = None


class Cost(NamedTuple):
    """What one piece costs us from a day on."""

    sku: str
    currency: str
    cost_minor: int
    valid_from: date


class Product(NamedTuple):
    """`new_brand` holds on the local days `[new_brand_from, new_brand_until)` (R2)."""

    sku: str
    title: Words
    kind: str
    product_line: str
    brand: str
    new_brand_from: date | None = None
    new_brand_until: date | None = None

    def new_brand(self, day: date) -> bool:
        until = self.new_brand_until
        return self.new_brand_from is not None and self.new_brand_from <= day and (until is None or day < until)


def price_on(prices: Iterable[ListPrice], day: date) -> ListPrice | None:
    """The price in force: of those whose days hold it, the one that began last."""
    inside = [
        price for price in prices if price.valid_from <= day and (not price.valid_until or day < price.valid_until)
    ]
    return max(inside, key=lambda price: price.valid_from, default=None)


def cost_on(costs: Iterable[Cost], currency: str, day: date) -> Cost | None:
    """The latest cost on or before the day, in the currency of the sale; another currency's cost says nothing."""
    begun = [cost for cost in costs if cost.currency == currency and cost.valid_from <= day]
    return max(begun, key=lambda cost: cost.valid_from, default=None)
