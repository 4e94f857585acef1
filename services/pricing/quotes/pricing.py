"""One quote priced as of one instant: list prices, the rules in force, the floor, and what has to be asked."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from services.pricing.accounts.domain import Choice
from services.pricing.catalogue.domain import ListPrice, cost_on
from services.pricing.lines import AppliedRule, Share
from services.pricing.quotes.domain import (
    CannotBePriced,
    ExceptionState,
    ExchangeRateMissing,
    FloorException,
    PriceGrant,
    Quote,
    QuoteGift,
    QuoteLine,
    QuoteState,
    SeveralRulesInForce,
)
from services.pricing.quotes.facts import GroupAt, LineAt, SaleFacts, Whole
from services.pricing.quotes.groups import At, GroupSold, WantedGroup, group_wanted, rented
from services.pricing.quotes.material import Material
from services.pricing.quotes.pricebook import PriceBook
from services.pricing.quotes.terms import AT_ONCE, PaymentTerms
from shared.calendar import Duration, local_day
from shared.errors import FieldError, Words
from shared.money import Money, NoExchangeRate
from shared.policy.evaluation import Case, Grant
from shared.policy.order import AskedRoute, MoreThanOneInForce, PricedLine, ToPrice
from shared.policy.order import OrderLine as ListedLine
from shared.policy.pricing import PricedOrder
from shared.trace import Decision, Evidence, NoEvidence, Subject

PRICING = "quote.pricing"
QUOTE_TERMS = "quote-terms"


class AskedLine(NamedTuple):
    """What the customer asks for; a requested price is of one piece, in minor units of the price list's currency.

    Of a plan the pieces are months, and `seats` the people of the group.
    """

    sku: str
    quantity: int
    requested: Money | None = None
    reason: str | None = None
    seats: int | None = None


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """`valid_days` may only shorten the policy's life of a quote; an empty list, no salespeople: the account's own."""

    account_id: UUID
    price_list: str
    lines: tuple[AskedLine, ...]
    requested_by: str
    terms: PaymentTerms = AT_ONCE
    valid_days: int | None = None
    salespeople: tuple[Share, ...] = ()
    coupon: str | None = None
    alternatives: bool = False


class Setting(NamedTuple):
    """Under which name, when and by which rules a quote is priced."""

    quote_id: UUID
    number: str
    now: datetime
    zone: str
    book: PriceBook

    @property
    def day(self) -> date:
        return local_day(self.now, self.zone)


class PricedQuote(NamedTuple):
    """The quote, why it came out so, the routes that a rule asked for terms, and what it takes from each budget."""

    quote: Quote
    decisions: tuple[Decision[Any], ...]
    asks: tuple[AskedRoute, ...] = ()
    spending: Mapping[str, int] = {}

    def trace(self) -> dict[str, Any]:
        return {"decisions": [decision.to_plain() for decision in self.decisions]}


def price_quote(request: QuoteRequest, material: Material, setting: Setting) -> PricedQuote:
    """Raises CannotBePriced, PolicyRefuses, ExchangeRateMissing, SeveralRulesInForce, NotGoverned."""
    material, group = _with_rent(request, material, setting)
    listed = _listed(request, material)
    currency = _one_currency(listed)
    work = _Work(request, material, setting, listed, currency, group)
    try:
        return work.priced()
    except MoreThanOneInForce as several:
        line = several.line.rpartition(":")[2]
        said: Words = {
            "en": f"{several.one} and {several.other} on line {line}: only one of them may count",
            "zh": f"第{line}行同时适用{several.one}与{several.other}，只许一项生效",
        }
        raise SeveralRulesInForce(said) from several
    except NoExchangeRate as missing:
        pair = f"{missing.base}/{missing.quote}"
        words: Words = {"en": f"{pair} on {missing.day}", "zh": f"{pair}，{missing.day}"}
        raise ExchangeRateMissing(words) from missing


def _with_rent(request: QuoteRequest, material: Material, setting: Setting) -> tuple[Material, GroupSold | None]:
    """A plan costs its designated rent, whatever a list says."""
    rules = setting.book.rules
    group = group_wanted([WantedGroup(line.sku, line.seats) for line in request.lines], setting.book.plans)
    if group is None:
        return material, None
    return rented(material, group, request.price_list, At(rules, setting.now, setting.day, setting.zone))


def _listed(request: QuoteRequest, material: Material) -> tuple[ListPrice, ...]:
    errors = list(_wrong_lines(request, material))
    if errors:
        raise CannotBePriced(errors=errors)
    return tuple(material.prices[line.sku] for line in request.lines)


def _wrong_lines(request: QuoteRequest, material: Material) -> Iterator[FieldError]:
    for index, line in enumerate(request.lines):
        price = material.prices.get(line.sku)
        if price is None or line.sku not in material.products:
            yield FieldError(f"/lines/{index}/sku", "no_price", _NO_PRICE)
        elif line.requested is not None:
            yield from _wrong_request(f"/lines/{index}/requested_unit_price", line, line.requested, price)


def _wrong_request(pointer: str, line: AskedLine, requested: Money, price: ListPrice) -> Iterator[FieldError]:
    if requested.currency != price.currency:
        yield FieldError(f"{pointer}/currency", "currency_differs", _OTHER_CURRENCY)
    elif requested.amount_minor > price.price_minor:
        yield FieldError(pointer, "above_list_price", _ABOVE_LIST)
    elif not line.reason:
        yield FieldError(pointer.replace("requested_unit_price", "reason"), "missing", _NO_REASON)


_NO_PRICE: Words = {"en": "this price list has no price of it today", "zh": "该价目表今日无此产品价格"}
_OTHER_CURRENCY: Words = {"en": "not the currency of the price list", "zh": "与价目表币种不符"}
_ABOVE_LIST: Words = {"en": "above the list price", "zh": "高于价目价"}
_NO_REASON: Words = {"en": "a requested price needs its reason", "zh": "申请价须说明理由"}


MOST_MINOR = 10**16  # a hundred billion in most currencies: sums of lines stay far inside what a database column holds


def _refuse_astronomic(lines: Sequence[QuoteLine]) -> None:
    if sum(line.list_minor for line in lines) > MOST_MINOR:
        raise CannotBePriced(errors=[FieldError("/lines", "amount_too_large", _TOO_LARGE)])


_TOO_LARGE: Words = {"en": "the amounts are too large to be meant", "zh": "金额过大"}


def _one_currency(listed: Sequence[ListPrice]) -> str:
    currencies = {price.currency for price in listed}
    if len(currencies) != 1:
        raise CannotBePriced(errors=[FieldError("/lines", "several_currencies", _OTHER_CURRENCY)])
    return currencies.pop()


@dataclass(frozen=True)
class _Work:
    request: QuoteRequest
    material: Material
    setting: Setting
    listed: tuple[ListPrice, ...]
    currency: str
    group: GroupSold | None = None

    @cached_property
    def _id(self) -> str:
        return str(self.setting.quote_id)

    @cached_property
    def _sale(self) -> Subject:
        return Subject("sale", self._id, Subject("account", str(self.request.account_id)))

    @cached_property
    def _subjects(self) -> tuple[Subject, ...]:
        numbers = range(1, len(self.listed) + 1)
        return tuple(Subject("line", f"{self._id}:{number}", self._sale) for number in numbers)

    @cached_property
    def _known(self) -> dict[Whole, Evidence | NoEvidence]:
        """What is the same for every line is so before the rules and after them."""
        return {}

    @cached_property
    def _contract_prices(self) -> dict[str, int]:
        return self.material.contract_prices(self.currency) if self.material.contract_lines else {}

    @cached_property
    def _salespeople(self) -> tuple[Share, ...]:
        return self.request.salespeople or self.material.account.salespeople(self.setting.day)

    @cached_property
    def _election(self) -> Choice:
        return self.material.account.election(self.setting.day)

    @cached_property
    def _group_at(self) -> GroupAt | None:
        group = self.group
        return GroupAt(self._subject(group.line).id, group.plan, group.seats) if group else None

    def _subject(self, number: int) -> Subject:
        return self._subjects[number - 1]

    def priced(self) -> PricedQuote:
        at_list = tuple(self._at_list(index) for index in range(len(self.listed)))
        _refuse_astronomic(at_list)
        decision, spending = self._within_budgets(at_list)
        lines = self._after_rules(at_list, decision.outcome)
        facts = self._facts(lines)
        asked = self.setting.book.rules.ask(PRICING, self._case(facts, self._sale), subject="sale")
        covered = [self._held_to_floor(facts, line) for line in lines]
        groups = self.group.decisions if self.group else ()
        decisions = (decision, *groups, *asked, *(one for _, found in covered for one in found))
        quote = self._quote(tuple(line for line, _ in covered), self._state(decision.outcome, covered))
        if quote.state is QuoteState.REQUIRES_APPROVAL:
            return PricedQuote(quote, decisions, decision.outcome.asks)
        gifts = tuple(QuoteGift(gift.policy, gift.sku, gift.quantity) for gift in decision.outcome.gifts if gift.sku)
        used = self._coupon_used(decision.outcome)
        quote = replace(quote, gifts=gifts, coupon=used) if gifts or used else quote
        return PricedQuote(quote, decisions, decision.outcome.asks, spending)

    def _within_budgets(self, lines: Sequence[QuoteLine]) -> tuple[Decision[PricedOrder], Mapping[str, int]]:
        """What a budget does not hold is not given, and the rest is priced as if its rule were not there."""
        exhausted: frozenset[str] = frozenset()
        while True:
            decision = self.setting.book.price(self._to_price(lines, exhausted))
            spending, over = self._spending(decision.outcome)
            if not over:
                return decision, spending
            exhausted |= over

    def _spending(self, outcome: PricedOrder) -> tuple[dict[str, int], frozenset[str]]:
        """By budget in minor units of its currency, and the documents that ask for more than is left."""
        spending, over = dict[str, int](), set[str]()
        budgets = self.setting.book.budget_of
        for policy, given in self._given(outcome) if budgets else ():
            budget = self.setting.book.offers.budget(budgets[policy], self.setting.day)
            worth = budget and given and self._in_currency(given, budget.currency)
            before = spending.get(budgets[policy], 0) + self.material.spent.get(budgets[policy], 0)
            if not budget or not worth or before + worth.amount_minor > budget.amount_minor:
                over.add(policy.partition("@")[0])
            else:
                spending[budget.name] = spending.get(budget.name, 0) + worth.amount_minor
        return spending, frozenset(over)

    def _given(self, outcome: PricedOrder) -> Iterator[tuple[str, Money | None]]:
        """What each rule with a budget takes off, or its gift is worth; none where nobody said what that is."""
        budgets, taken = self.setting.book.budget_of, Counter[str]()
        for line in outcome.lines:
            taken.update({one.policy: one.amount.amount_minor for one in line.taken if one.policy in budgets})
        yield from ((policy, Money(amount, self.currency)) for policy, amount in taken.items())
        for gift in outcome.gifts:
            worth = self.setting.book.offers.goods.get(gift.sku)
            if gift.policy in budgets:
                yield gift.policy, worth and Money(worth.amount_minor * gift.quantity, worth.currency)

    def _in_currency(self, money: Money, currency: str) -> Money:
        return self._facts(()).in_currency(money, currency, self.setting.day)

    def _coupon_used(self, outcome: PricedOrder) -> str | None:
        """The coupon's code where a rule that looks at it gave something; else it stays unused."""
        coupon, rules = self.material.coupon, self.setting.book.by_coupon
        if coupon is None:
            return None
        applied = {one.policy for line in outcome.lines for one in line.taken} | {one.policy for one in outcome.gifts}
        return coupon.code if applied & rules else None

    def _at_list(self, index: int) -> QuoteLine:
        asked, price, day = self.request.lines[index], self.listed[index], self.setting.day
        unit = price.price_minor if asked.requested is None else asked.requested.amount_minor
        cost = cost_on(self.material.costs.get(asked.sku, ()), self.currency, day)
        group = self.group if self.group and self.group.line == index + 1 else None
        return QuoteLine(
            line=index + 1,
            sku=asked.sku,
            quantity=asked.quantity,
            list_unit_minor=price.price_minor,
            floor_unit_minor=price.floor_minor,
            list_minor=price.price_minor * asked.quantity,
            before_p4_minor=unit * asked.quantity,
            net_minor=unit * asked.quantity,
            requested_unit_minor=None if asked.requested is None else unit,
            reason=asked.reason,
            cost_minor=None if cost is None else cost.cost_minor * asked.quantity,
            new_brand=self.material.products[asked.sku].new_brand(day),
            salespeople=self._salespeople,
            election=self._election,
            plan=group.plan.name if group else None,
            seats=group.seats if group else None,
        )

    def _to_price(self, lines: Sequence[QuoteLine], exhausted: frozenset[str]) -> ToPrice:
        """A requested price is a fixed one: no percentage comes on top of it, but it counts in the month (S-B2)."""
        listed = tuple(
            ListedLine(
                self._subject(line.line), line.quantity, Money(line.list_unit_minor, self.currency), self.setting.now
            )
            for line in lines
            if line.requested_unit_minor is None
        )
        return ToPrice(self._sale, listed, self._facts(lines), self.setting.now, self._negotiated(), exhausted)

    def _negotiated(self) -> tuple[Grant, ...]:
        """Agreed terms answer whichever route a rule would ask; the terms themselves say for which branch and days."""
        return tuple(
            Grant(
                request=one.request_id,
                route=route,
                subject=str(self.request.account_id),
                granted_at=one.granted_at,
                terms={
                    "rate": one.rate,
                    "from": one.valid_from,
                    "until": one.valid_until,
                    "applies_to": one.applies_to,
                },
            )
            for one in self.material.negotiated
            for route in self.setting.book.routes_asked
        )

    def _facts(self, lines: Sequence[QuoteLine]) -> SaleFacts:
        at = {
            self._subject(line.line).id: LineAt(
                line.quantity,
                line.new_brand,
                line.floor_unit_minor,
                Money(line.net_minor, self.currency),
                line.sku,
                self.material.products[line.sku],
            )
            for line in lines
        }
        return SaleFacts(
            account=self.material.account,
            zone=self.setting.zone,
            currency=self.currency,
            lines=at,
            purchases=self.material.purchases,
            order_days=self.material.order_days,
            contract_prices=self._contract_prices,
            offers=self.setting.book.offers,
            coupon=self.material.coupon,
            rates=lambda: self.material.rates,
            first_ordered_at=self.material.first_ordered_at,
            terms=self.request.terms,
            group=self._group_at,
            known=self._known,
        )

    def _after_rules(self, lines: Sequence[QuoteLine], outcome: PricedOrder) -> tuple[QuoteLine, ...]:
        by_id = {priced.id: priced for priced in outcome.lines}
        return tuple(self._after(line, by_id.get(self._subject(line.line).id)) for line in lines)

    def _after(self, line: QuoteLine, priced: PricedLine | None) -> QuoteLine:
        if priced is None:
            return line
        rules = tuple(AppliedRule(taken.policy, taken.amount.amount_minor) for taken in priced.taken)
        before = self.setting.book.before_p4(priced)
        return line._replace(before_p4_minor=before, net_minor=priced.net.amount_minor, rules=rules)

    def _case(self, facts: SaleFacts, subject: Subject, *grants: Grant) -> Case:
        return Case(facts, subject, self.setting.now, grants)

    def _held_to_floor(self, facts: SaleFacts, line: QuoteLine) -> tuple[QuoteLine, list[Decision[Any]]]:
        """The line documents asked at its final price (S-B5); a grant that fits is not sought again (S-B6)."""
        subject = self._subject(line.line)
        grant = self._grant_for(line)
        known = () if grant is None else (Grant(grant.request_id, grant.route, subject.id, grant.granted_at),)
        found = self.setting.book.rules.ask(PRICING, self._case(facts, subject, *known), subject="line")
        for decision in found:
            if decision.outcome.action == "ask":
                return line._replace(exception=FloorException(decision.outcome.code, ExceptionState.ASKED)), found
            if decision.outcome.request and grant is not None:
                covered = FloorException(grant.route, ExceptionState.COVERED, grant)
                return line._replace(exception=covered), found
        return line, found

    def _grant_for(self, line: QuoteLine) -> PriceGrant | None:
        day = self.setting.day
        fitting = (
            grant
            for grant in self.material.grants
            if grant.covers(line.sku, self.currency, line.net_unit, line.quantity, day)
        )
        return max(fitting, key=lambda grant: grant.valid_until, default=None)

    def _state(self, outcome: PricedOrder, covered: Sequence[tuple[QuoteLine, list[Decision[Any]]]]) -> QuoteState:
        if outcome.state == "requires_approval":
            return QuoteState.REQUIRES_APPROVAL
        waiting = any(line.exception and line.exception.state is ExceptionState.ASKED for line, _ in covered)
        return QuoteState.PENDING_EXCEPTION if waiting else QuoteState.PRICED

    def _quote(self, lines: tuple[QuoteLine, ...], state: QuoteState) -> Quote:
        return Quote(
            id=self.setting.quote_id,
            number=self.setting.number,
            account_id=self.request.account_id,
            branch=self.material.account.branch,
            price_list=self.request.price_list,
            currency=self.currency,
            state=state,
            priced_at=self.setting.now,
            expires_on=self._expires_on(),
            lines=lines,
            requested_by=self.request.requested_by,
            terms=self.request.terms,
        )

    def _expires_on(self) -> date:
        """`quote-terms` after the pricing day; a request may name fewer days."""
        longest = str(self.setting.book.rules.table(QUOTE_TERMS)[0]["valid"])
        until = Duration.parse(longest).after(self.setting.day)
        asked = self.request.valid_days
        return until if asked is None else min(until, self.setting.day + timedelta(days=asked))
