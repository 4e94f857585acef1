"""What is sold, for how much, at which cost and at which exchange rate."""

from __future__ import annotations

import datetime as dt

from shared.events.envelope import Contents, Event


class ProductEvent(Event):
    topic = "catalogue.v1"
    aggregate = "product"

    sku: str

    def aggregate_id(self) -> str:
        return self.sku


class BothLanguages(Contents):
    en: str
    zh: str


class ProductChanged(ProductEvent):
    title: BothLanguages
    kind: str
    product_line: str
    brand: str
    new_brand_from: dt.date | None = None
    new_brand_until: dt.date | None = None


class PricePublished(ProductEvent):
    """Prices of one piece in minor units; below the floor a quote needs an approval."""

    price_list: str
    currency: str
    price_minor: int
    floor_minor: int
    valid_from: dt.date
    valid_until: dt.date | None = None


class CostChanged(ProductEvent):
    currency: str
    cost_minor: int
    valid_from: dt.date


class ExchangeRatePublished(Event):
    """One unit of `base` was worth `rate` units of `quote` on that day, according to `source`."""

    topic = "catalogue.v1"
    aggregate = "exchange_rate"

    base: str
    quote: str
    rate: str
    date: dt.date
    source: str

    def aggregate_id(self) -> str:
        return f"{self.base}/{self.quote}"


class CouponIssued(Event):
    """Usable by one account, or by all, on the local days `[valid_from, valid_until)`."""

    topic = "catalogue.v1"
    aggregate = "coupon"

    coupon_id: str
    code: str
    account_id: str | None = None
    valid_from: dt.date
    valid_until: dt.date
    uses_total: int | None = None
    uses_per_account: int

    def aggregate_id(self) -> str:
        return self.coupon_id


EVENTS = (ProductChanged, PricePublished, CostChanged, ExchangeRatePublished, CouponIssued)
