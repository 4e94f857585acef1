"""Everything a price needs, read in one round trip: account, catalogue, month to date, rates and granted terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.accounts.domain import Account
from services.pricing.accounts.repository import account_of
from services.pricing.catalogue.domain import Cost, ListPrice, Product
from services.pricing.coupons.domain import GivenCoupon
from services.pricing.quotes.domain import PriceGrant
from services.pricing.quotes.facts import OrderDays, Purchase
from shared.calendar import Period, day_start, period_of
from shared.db.driver import fetch_value
from shared.money import ExchangeRate, rounded


@dataclass(frozen=True, slots=True)
class Negotiated:
    """Terms agreed with an account where a table names none (C6), on the local days `[valid_from, valid_until)`."""

    request_id: str
    subject_id: str
    applies_to: str
    rate: Decimal
    valid_from: date
    valid_until: date
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class Needs:
    """What the rules in force ask beside the month: since when orders are counted, if at all, and contract prices."""

    orders_since: date | None = None
    contract_prices: bool = False

    def cover(self, other: "Needs") -> bool:
        """Whether what was read for these is enough for the other."""
        if other.contract_prices and not self.contract_prices:
            return False
        since, wanted = self.orders_since, other.orders_since
        return wanted is None or (since is not None and since <= wanted)


NOTHING_MORE = Needs()


@dataclass(frozen=True)
class Material:
    """What was known of one account and some SKUs at one moment; `prices` are those offered by one list.

    `spent` is by budget, in minor units of its currency: what was not read yet counts as untouched.
    """

    account: Account
    products: dict[str, Product] = field(default_factory=dict)
    offered: tuple[ListPrice, ...] = ()
    prices: dict[str, ListPrice] = field(default_factory=dict)
    costs: dict[str, list[Cost]] = field(default_factory=dict)
    purchases: tuple[Purchase, ...] = ()
    first_ordered_at: datetime | None = None
    order_days: OrderDays | None = None
    contract_lines: Sequence[dict[str, Any]] = ()
    rate_cells: Sequence[dict[str, Any]] = ()
    grants: tuple[PriceGrant, ...] = ()
    negotiated: tuple[Negotiated, ...] = ()
    policy_epoch: int | None = None
    coupon: GivenCoupon | None = None
    spent: Mapping[str, int] = field(default_factory=dict)

    def by_list(self, name: str) -> "Material":
        return replace(self, prices={price.sku: price for price in self.offered if price.price_list == name})

    def contract_prices(self, currency: str) -> dict[str, int]:
        """By SKU the lowest of those in force, half up to a minor unit."""
        found: dict[str, int] = {}
        for cell in self.contract_lines:
            if cell["currency"] == currency and cell["quantity"]:
                unit = rounded(Fraction(cell["amount"], cell["quantity"]), "half_up")
                found[cell["sku"]] = min(unit, found.get(cell["sku"], unit))
        return found

    @cached_property
    def rates(self) -> tuple[ExchangeRate, ...]:
        """Read only where a price crosses currencies, which few do."""
        return tuple(_rate(cell) for cell in self.rate_cells)


@dataclass(frozen=True, slots=True)
class Asking:
    """Of whom and what a price is asked, by which lists, on a local day of a zone; what the rules need of the past."""

    account_id: UUID
    price_lists: Sequence[str]
    skus: Sequence[str]
    day: date
    zone: str
    needs: Needs = NOTHING_MORE


async def read_material(session: AsyncSession, asking: Asking) -> Material | None:
    """None where the account is not known here."""
    month: Period = period_of("month", asking.day)
    start, until = month.bounds(asking.zone)
    since = asking.needs.orders_since
    counted = None if since is None else day_start(since, asking.zone)
    more = counted, asking.needs.contract_prices
    asked = asking.account_id, list(asking.price_lists), list(asking.skus), asking.day, asking.zone
    found: dict[str, Any] = await fetch_value(session, MATERIAL, *asked, month.first, start, until, *more)
    return _material(found, since) if found["account"] else None


def _material(found: Mapping[str, Any], orders_since: date | None) -> Material:
    costs: dict[str, list[Cost]] = {}
    for cell in found["costs"] or ():
        cost = Cost(cell["sku"], cell["currency"], cell["cost_minor"], _day(cell["valid_from"]))
        costs.setdefault(cost.sku, []).append(cost)
    return Material(
        account=account_of({**found["account"], "id": UUID(found["account"]["id"])}),
        products={cell["sku"]: _product(cell) for cell in found["products"] or ()},
        offered=tuple(_price(cell) for cell in found["prices"] or ()),
        costs=costs,
        purchases=tuple(
            Purchase(cell["currency"], _day(cell["day"]), cell["before"], cell["returned"])
            for cell in found["purchases"] or ()
        ),
        first_ordered_at=_maybe_moment(found["first_ordered_at"]),
        order_days=None
        if orders_since is None
        else OrderDays(orders_since, {_day(cell["day"]): cell["orders"] for cell in found["order_days"] or ()}),
        contract_lines=found["contract_lines"] or (),
        rate_cells=found["rates"] or (),
        grants=tuple(_grant(cell) for cell in found["grants"] or ()),
        negotiated=tuple(_negotiated(cell) for cell in found["negotiated"] or ()),
        policy_epoch=found["policy_epoch"],
    )


def _day(written: str) -> date:
    return date.fromisoformat(written)


def _maybe_day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


def _maybe_moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _product(cell: dict[str, Any]) -> Product:
    days = _maybe_day(cell["new_brand_from"]), _maybe_day(cell["new_brand_until"])
    return Product(cell["sku"], cell["title"], cell["kind"], cell["product_line"], cell["brand"], *days)


def _price(cell: dict[str, Any]) -> ListPrice:
    return ListPrice(
        cell["price_list"],
        cell["sku"],
        cell["currency"],
        cell["price_minor"],
        cell["floor_minor"],
        _day(cell["valid_from"]),
        _maybe_day(cell["valid_until"]),
    )


def _rate(cell: dict[str, Any]) -> ExchangeRate:
    return ExchangeRate(cell["base"], cell["quote"], Decimal(cell["rate"]), _day(cell["day"]), cell["source"])


def _grant(cell: dict[str, Any]) -> PriceGrant:
    return PriceGrant(
        request_id=cell["request_id"],
        route=cell["route"],
        subject_id=cell["subject_id"],
        account_id=UUID(cell["account_id"]),
        sku=cell["sku"],
        currency=cell["currency"],
        price_minor=cell["price_minor"],
        quantity_from=cell["quantity_from"],
        quantity_to=cell["quantity_to"],
        valid_until=_day(cell["valid_until"]),
        granted_at=datetime.fromisoformat(cell["granted_at"]),
    )


def _negotiated(cell: dict[str, Any]) -> Negotiated:
    return Negotiated(
        request_id=cell["request_id"],
        subject_id=cell["subject_id"],
        applies_to=cell["applies_to"],
        rate=Decimal(cell["rate"]),
        valid_from=_day(cell["valid_from"]),
        valid_until=_day(cell["valid_until"]),
        granted_at=datetime.fromisoformat(cell["granted_at"]),
    )


# $1 account, $2 price lists, $3 SKUs, $4 day, $5 zone, $6 first day, $7 start and $8 end of the month, $9 since when
# orders are counted, null where nothing asks for it, $10 whether prices of contracts are asked for.
# The rate of a pair on a day is the newest row up to it: of older rows only the one in force when the month began.
MATERIAL = """
    SELECT to_jsonb(found) FROM (SELECT
      (SELECT epoch FROM policy_epoch) AS policy_epoch,
      (SELECT to_jsonb(a) FROM known_account a WHERE a.id = $1) AS account,
      (SELECT jsonb_agg(to_jsonb(p)) FROM product p WHERE p.sku = ANY ($3)) AS products,
      (SELECT jsonb_agg(to_jsonb(l)) FROM (
          SELECT * FROM list_price
          WHERE price_list = ANY ($2) AND sku = ANY ($3) AND valid_from <= $4
            AND (valid_until IS NULL OR valid_until > $4)) l) AS prices,
      (SELECT jsonb_agg(to_jsonb(c)) FROM product_cost c
          WHERE c.sku = ANY ($3) AND c.valid_from <= $4) AS costs,
      (SELECT jsonb_agg(to_jsonb(m)) FROM (
          SELECT currency, CAST(priced_at AT TIME ZONE $5::text AS date) AS day,
                 sum(before_p4_minor) AS before, sum(returned_before_p4_minor) AS returned
          FROM sales_order
          WHERE account_id = $1 AND priced_at >= $7 AND priced_at < $8 AND state <> 'cancelled'
          GROUP BY 1, 2) m) AS purchases,
      (SELECT jsonb_agg(to_jsonb(o)) FROM (
          SELECT CAST(placed_at AT TIME ZONE $5::text AS date) AS day, count(*) AS orders
          FROM sales_order
          WHERE account_id = $1 AND placed_at >= CAST($9 AS timestamptz) AND state <> 'cancelled'
          GROUP BY 1) o) AS order_days,
      (SELECT jsonb_agg(jsonb_build_object('currency', c.currency, 'sku', q.key, 'quantity', q.value,
                                           'amount', c.amounts -> q.key))
          FROM known_contract c, jsonb_each(c.quantities) q
          WHERE $10 AND c.account_id = $1 AND c.quote_id IS NULL AND c.state IN ('signed', 'active')
            AND (c.valid_from IS NULL OR c.valid_from <= $4) AND (c.valid_until IS NULL OR c.valid_until > $4)
            AND q.key = ANY ($3)) AS contract_lines,
      (SELECT placed_at FROM sales_order WHERE account_id = $1 AND state <> 'cancelled'
          ORDER BY priced_at LIMIT 1) AS first_ordered_at,
      (SELECT jsonb_agg(jsonb_build_object('base', r.base, 'quote', r.quote, 'day', r.day, 'source', r.source,
                                           'rate', CAST(r.rate AS text)))
          FROM exchange_rate r
          WHERE r.day <= $4 AND r.day >= coalesce(
              (SELECT max(q.day) FROM exchange_rate q
               WHERE q.base = r.base AND q.quote = r.quote AND q.day <= $6), r.day)) AS rates,
      (SELECT jsonb_agg(to_jsonb(g)) FROM price_grant g
          WHERE g.account_id = $1 AND g.sku = ANY ($3) AND g.valid_until > $4) AS grants,
      (SELECT jsonb_agg(to_jsonb(n) || jsonb_build_object('rate', CAST(n.rate AS text))) FROM negotiated_terms n
          WHERE n.account_id = $1 AND n.valid_from <= $4 AND n.valid_until > $4) AS negotiated) AS found
"""
