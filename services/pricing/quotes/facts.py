"""The facts pricing computes about a sale: pure functions over what was read at once; the rest has no evidence."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from services.pricing.accounts.domain import Account
from services.pricing.catalogue.domain import Product
from services.pricing.coupons.domain import GivenCoupon
from services.pricing.quotes.offers import NO_OFFERS, Offers
from services.pricing.quotes.terms import AT_ONCE, PaymentTerms
from services.pricing.rents.domain import Plan
from shared.calendar import Period, add_months, local_day
from shared.money import ExchangeRate, Money, convert, rate_on
from shared.policy.evaluation import unit_of
from shared.policy.index import Key
from shared.policy.measure import Measure
from shared.policy.registry import FactFunctions, load_registry
from shared.trace import Evidence, NoEvidence, Subject, Value


class Purchase(NamedTuple):
    """What orders priced on one local day came to before P4, in minor units, and what of it went back since."""

    currency: str
    day: date
    before_p4_minor: int
    returned_minor: int = 0


class OrderDays(NamedTuple):
    """How many orders were placed and not cancelled, by local day, from `since` on: of days before nothing is known."""

    since: date
    placed: Mapping[date, int]

    def within(self, window: Period, day: date) -> int | None:
        """Of the window as far as `day`."""
        if window.first < self.since:
            return None
        return sum(orders for placed, orders in self.placed.items() if window.holds(placed) and placed <= day)


class LineAt(NamedTuple):
    """A line as far as it is priced."""

    quantity: int
    new_brand: bool
    floor_unit_minor: int
    net: Money
    sku: str = ""
    product: Product | None = None

    @property
    def below_floor_by(self) -> Money:
        """The least fraction below the floor counts as a minor unit."""
        short = self.floor_unit_minor * self.quantity - self.net.amount_minor
        return Money(max(0, -(-short // self.quantity)), self.net.currency)


class GroupAt(NamedTuple):
    """The line that sells a plan, by the id of its subject, and the people of the group."""

    line: str
    plan: Plan
    seats: int


# The facts rules are looked up by, those first that tell them apart best.
KEYS = (
    "account.number",
    "order.coupon",
    "line.sku",
    "subscription.plan",
    "order.coupon_live",
    "line.contract_price",
    "membership.enrolled",
    "line.in_public_promotion",
    "line.in_complete_bundle",
)
# What the registry gives to the account belongs to no line, and an election here is that of the pricing day. An order
# being priced is not placed yet, so it is not among the orders counted.
SAME_FOR_EVERY_LINE = frozenset(
    fact.name
    for fact in load_registry().computed_by("pricing")
    if (fact.subject == ("account",) and not fact.windows) or fact.name in ("election.p4", "orders.count")
)
Whole = tuple[Measure, Period | None, datetime]


@dataclass(frozen=True)
class SaleFacts:
    """Everything known about one sale at its pricing instant.

    `lines` are by the id of their subject, `contract_prices` by SKU, in minor units of the sale's currency.
    """

    account: Account
    zone: str
    currency: str
    lines: Mapping[str, LineAt]
    purchases: tuple[Purchase, ...] = ()
    rates: Callable[[], Iterable[ExchangeRate]] = tuple
    first_ordered_at: datetime | None = None
    order_days: OrderDays | None = None
    contract_prices: Mapping[str, int] = field(default_factory=dict)
    offers: Offers = NO_OFFERS
    coupon: GivenCoupon | None = None
    terms: PaymentTerms = AT_ONCE
    prepaid_share: Decimal | None = None
    quote_state: str = "priced"
    contract_state: str = "none"
    plan: str = "none"
    group: GroupAt | None = None
    alike: frozenset[str] = SAME_FOR_EVERY_LINE
    known: dict[Whole, Evidence | NoEvidence] = field(default_factory=dict, compare=False)

    def value(
        self, measure: Measure, subject: Subject, window: Period | None, as_of: datetime
    ) -> Evidence | NoEvidence:
        """A fact that pricing does not compute has no evidence: never zero, never a pass.

        What belongs to the account on the day is the same for every line: it is looked up once.
        """
        if measure.fact not in self.alike:
            return self._found(Asked(measure, subject, window, as_of))
        key = measure, window, as_of
        if key not in self.known:
            self.known[key] = self._found(Asked(measure, subject, window, as_of))
        return self.known[key]

    def _found(self, asked: "Asked") -> Evidence | NoEvidence:
        compute = FACTS.get(asked.measure.fact)
        found = None if compute is None else compute(self, asked)
        return NoEvidence() if found is None else Evidence(found, unit_of(found))

    def priced_so_far(self, nets: Mapping[str, Money]) -> "SaleFacts":
        lines = {name: line._replace(net=nets[name]) if name in nets else line for name, line in self.lines.items()}
        return replace(self, lines=lines)

    @property
    def keys(self) -> Iterator[Key]:
        """What a rule can be looked up by: see KEYS. A fact that holds for no line of the sale is not among them."""
        skus = {line.sku for line in self.lines.values()}
        yield Key("account.number", self.account.number)
        yield from (Key("line.sku", sku) for sku in skus)
        if self.group is not None:
            yield Key("subscription.plan", self.group.plan.name)
        if self.coupon is not None:
            yield from (Key("order.coupon", self.coupon.code), Key("order.coupon_live", True))
        if self.account.tiers:
            yield Key("membership.enrolled", True)
        if self.contract_prices:
            yield Key("line.contract_price", True)
        if self.offers.promoted and not skus.isdisjoint(self.offers.promoted):
            yield Key("line.in_public_promotion", True)
        if not skus.isdisjoint(self.offers.in_bundles):
            yield Key("line.in_complete_bundle", True)

    @cached_property
    def pieces(self) -> Mapping[str, int]:
        """By SKU, of all lines together."""
        found: Counter[str] = Counter()
        for line in self.lines.values():
            found[line.sku] += line.quantity
        return found

    @property
    def total(self) -> Money:
        return Money(sum(line.net.amount_minor for line in self.lines.values()), self.currency)

    def in_currency(self, money: Money, currency: str, day: date) -> Money:
        """At the rate of that day; raises NoExchangeRate."""
        if money.currency == currency:
            return money
        return convert(money, currency, rate_on(self.rates(), money.currency, currency, day))


class Asked(NamedTuple):
    """One question: what, about whom, over which days, as of when."""

    measure: Measure
    subject: Subject
    window: Period | None
    as_of: datetime

    def line(self, facts: SaleFacts) -> LineAt | None:
        subject = self.subject.find("line")
        return facts.lines.get(subject.id) if subject else None

    def group(self, facts: SaleFacts) -> GroupAt | None:
        line = self.subject.find("line")
        return facts.group if facts.group and line and line.id == facts.group.line else None

    def day(self, facts: SaleFacts) -> date:
        return local_day(self.as_of, facts.zone)


Compute = Callable[[SaleFacts, Asked], Value | None]
FACTS: FactFunctions[Compute] = FactFunctions(load_registry(), "pricing")


@FACTS.computes("account.is_key_account")
def _is_key_account(facts: SaleFacts, asked: Asked) -> Value | None:
    return facts.account.is_key_account(asked.day(facts))


@FACTS.computes("account.number")
def _number(facts: SaleFacts, asked: Asked) -> Value | None:
    return facts.account.number


@FACTS.computes("account.class")
def _class(facts: SaleFacts, asked: Asked) -> Value | None:
    return facts.account.class_on(asked.day(facts))


@FACTS.computes("account.tier")
def _tier(facts: SaleFacts, asked: Asked) -> Value | None:
    return facts.account.tier_on(asked.day(facts))


@FACTS.computes("membership.enrolled")
def _enrolled(facts: SaleFacts, asked: Asked) -> Value | None:
    return facts.account.tier_on(asked.day(facts)) is not None


@FACTS.computes("orders.count")
def _orders(facts: SaleFacts, asked: Asked) -> Value | None:
    """By the day an order was placed, this one not counted; of deliveries nothing is known here."""
    if facts.order_days is None or asked.window is None or asked.measure.basis != "placed":
        return None
    return facts.order_days.within(asked.window, asked.day(facts))


@FACTS.computes("account.industrial")
def _industrial(facts: SaleFacts, asked: Asked) -> Value | None:
    return facts.account.industrial


@FACTS.computes("account.frozen")
def _frozen(facts: SaleFacts, asked: Asked) -> Value | None:
    return facts.account.frozen


@FACTS.computes("account.years_of_cooperation")
def _years(facts: SaleFacts, asked: Asked) -> Value | None:
    if facts.first_ordered_at is None:
        return 0
    first, day = local_day(facts.first_ordered_at, facts.zone), asked.day(facts)
    years = day.year - first.year
    return years if add_months(first, 12 * years) <= day else years - 1


@FACTS.computes("election.p4")
def _election(facts: SaleFacts, asked: Asked) -> Value | None:
    return facts.account.election(asked.day(facts))


@FACTS.computes("purchases_before_p4")
def _purchases(facts: SaleFacts, asked: Asked) -> Value | None:
    """Month to date at the price before P4, this order included (§6.2); each amount at the rate of its own day."""
    currency, window = asked.measure.currency or facts.currency, asked.window
    if window is None:
        return None
    total = facts.in_currency(facts.total, currency, asked.day(facts))
    for purchase in facts.purchases:
        if window.holds(purchase.day) and purchase.day <= asked.day(facts):
            back = purchase.returned_minor if "returns" in asked.measure.without else 0
            amount = Money(purchase.before_p4_minor - back, purchase.currency)
            total += facts.in_currency(amount, currency, purchase.day)
    return total


@FACTS.computes("order.amount_so_far")
def _amount_so_far(facts: SaleFacts, asked: Asked) -> Value | None:
    return facts.in_currency(facts.total, asked.measure.currency or facts.currency, asked.day(facts))


@FACTS.computes("line.sku")
def _sku(facts: SaleFacts, asked: Asked) -> Value | None:
    line = asked.line(facts)
    return line.sku if line and line.sku else None


@FACTS.computes("line.product_line")
def _product_line(facts: SaleFacts, asked: Asked) -> Value | None:
    line = asked.line(facts)
    return line.product.product_line if line and line.product else None


@FACTS.computes("line.brand")
def _brand(facts: SaleFacts, asked: Asked) -> Value | None:
    line = asked.line(facts)
    return line.product.brand if line and line.product else None


@FACTS.computes("line.contract_price")
def _contract_price(facts: SaleFacts, asked: Asked) -> Value | None:
    """Asked in another currency than the sale's it says nothing: a price that was agreed is not converted."""
    line = asked.line(facts)
    unit_minor = facts.contract_prices.get(line.sku) if line else None
    if unit_minor is None or asked.measure.currency not in (None, facts.currency):
        return None
    return Money(unit_minor, facts.currency)


@FACTS.computes("line.in_public_promotion")
def _in_promotion(facts: SaleFacts, asked: Asked) -> Value | None:
    line = asked.line(facts)
    return facts.offers.is_promoted(line.sku, asked.day(facts)) if line else None


@FACTS.computes("line.in_complete_bundle")
def _in_bundle(facts: SaleFacts, asked: Asked) -> Value | None:
    line = asked.line(facts)
    return facts.offers.is_in_complete(line.sku, facts.pieces) if line else None


@FACTS.computes("order.bundles_complete")
def _bundles(facts: SaleFacts, asked: Asked) -> Value | None:
    return facts.offers.complete(facts.pieces)


@FACTS.computes("order.coupon")
def _coupon(facts: SaleFacts, asked: Asked) -> Value | None:
    return facts.coupon.code if facts.coupon else None


@FACTS.computes("order.coupon_live")
def _coupon_live(facts: SaleFacts, asked: Asked) -> Value | None:
    return facts.coupon is not None


@FACTS.computes("order.coupon_uses_left")
def _coupon_uses(facts: SaleFacts, asked: Asked) -> Value | None:
    return facts.coupon.uses_left if facts.coupon else 0


@FACTS.computes("line.quantity")
def _quantity(facts: SaleFacts, asked: Asked) -> Value | None:
    line = asked.line(facts)
    return None if line is None else line.quantity


@FACTS.computes("line.new_brand")
def _new_brand(facts: SaleFacts, asked: Asked) -> Value | None:
    line = asked.line(facts)
    return None if line is None else line.new_brand


@FACTS.computes("line.below_floor_by")
def _below_floor_by(facts: SaleFacts, asked: Asked) -> Value | None:
    line = asked.line(facts)
    return None if line is None else line.below_floor_by


@FACTS.computes("subscription.plan")
def _groups_plan(facts: SaleFacts, asked: Asked) -> Value | None:
    """Of the line that sells it, and of no other."""
    group = asked.group(facts)
    return None if group is None else group.plan.name


@FACTS.computes("subscription.plan_launched")
def _launched(facts: SaleFacts, asked: Asked) -> Value | None:
    group = asked.group(facts)
    return None if group is None else group.plan.launched


@FACTS.computes("subscription.seats")
def _seats(facts: SaleFacts, asked: Asked) -> Value | None:
    group = asked.group(facts)
    return None if group is None else group.seats


@FACTS.computes("sale.plan")
def _plan(facts: SaleFacts, asked: Asked) -> Value | None:
    return facts.plan if facts.group is None else facts.group.plan.name


@FACTS.computes("sale.instalments")
def _instalments(facts: SaleFacts, asked: Asked) -> Value | None:
    return facts.terms.instalments > 1


@FACTS.computes("sale.credit_days")
def _credit_days(facts: SaleFacts, asked: Asked) -> Value | None:
    return facts.terms.credit_days


@FACTS.computes("sale.consignment")
def _consignment(facts: SaleFacts, asked: Asked) -> Value | None:
    return facts.terms.consignment


@FACTS.computes("sale.prepaid_share_agreed")
def _prepaid_share(facts: SaleFacts, asked: Asked) -> Value | None:
    """What the terms say; when a payment is recorded, what was received before delivery."""
    return facts.terms.prepaid_share if facts.prepaid_share is None else facts.prepaid_share


@FACTS.computes("sale.is_first")
def _is_first(facts: SaleFacts, asked: Asked) -> Value | None:
    return facts.first_ordered_at is None


@FACTS.computes("sale.quote_state")
def _quote_state(facts: SaleFacts, asked: Asked) -> Value | None:
    return facts.quote_state


@FACTS.computes("sale.contract_state")
def _contract_state(facts: SaleFacts, asked: Asked) -> Value | None:
    return facts.contract_state
