"""Shapes of quotes over HTTP."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.pricing.lines import Share
from services.pricing.quotes.domain import PriceGrant, Quote, QuoteGift, QuoteLine, QuoteState
from services.pricing.quotes.events import unit_price
from services.pricing.quotes.pricing import AskedLine, QuoteRequest
from services.pricing.quotes.terms import PaymentTerms
from services.pricing.schemas import Answer, Code, MoneyShown, MoneyText, Quantity, Request, Sku, Text
from shared.auth.principal import Reach
from shared.errors import Words
from shared.http.moments import Day
from shared.money import Money

ShareText = Annotated[str, Field(pattern=r"^(0(\.\d{1,6})?|1(\.0{1,6})?)$", examples=["1"])]


class Salesperson(Request):
    user_id: Text
    share: ShareText = "1"


class PaymentTermsBody(Request):
    prepaid_share: ShareText = Field("0", description="part of the total due before delivery")
    credit_days: Annotated[int, Field(ge=0, le=3650)] = Field(0, description="days between delivery and due day")
    instalments: Annotated[int, Field(ge=1, le=120)] = 1
    consignment: bool = False

    def terms(self) -> PaymentTerms:
        return PaymentTerms(Decimal(self.prepaid_share), self.credit_days, self.instalments, self.consignment)


class NewQuoteLine(Request):
    sku: Sku = Field(examples=["HANDSET-N1"])
    quantity: Quantity = Field(examples=[600])
    requested_unit_price: MoneyText | None = Field(None, description="asked instead of the list price, for one piece")
    reason: Text | None = Field(None, description="why; required with a requested price")
    seats: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        None, description="people of the group, where the SKU is a plan; the quantity is then its months (P3)"
    )

    def asked(self) -> AskedLine:
        requested = self.requested_unit_price
        return AskedLine(self.sku, self.quantity, requested.money() if requested else None, self.reason, self.seats)


class NewQuote(Request):
    account_id: UUID
    price_list: Code | None = Field(
        None, description="one that is meant for the account; its own if left out", examples=["standard-cny"]
    )
    lines: Annotated[list[NewQuoteLine], Field(min_length=1, max_length=500)]
    payment_terms: PaymentTermsBody = Field(default_factory=PaymentTermsBody)
    valid_days: Annotated[int, Field(ge=1, le=3650)] | None = Field(None, description="fewer days than the policy's")
    salespeople: Annotated[list[Salesperson], Field(min_length=1, max_length=20)] | None = Field(
        None,
        description="whose sale it is, with shares that sum to one: the account's team of the day, also if left out;"
        " others only by who may name them (`quotes.credit`)",
    )

    coupon: Code | None = Field(
        None, description="code of a coupon issued to the account or to all", examples=["BIRTHDAY"]
    )

    def request(self, requested_by: str) -> QuoteRequest:
        return QuoteRequest(
            account_id=self.account_id,
            price_list=self.price_list or "",
            lines=tuple(line.asked() for line in self.lines),
            requested_by=requested_by,
            terms=self.payment_terms.terms(),
            valid_days=self.valid_days,
            salespeople=tuple(Share(person.user_id, person.share) for person in self.salespeople or ()),
            coupon=self.coupon,
        )


class PreviewedQuote(NewQuote):
    alternatives: bool = Field(False, description="also say what a few more pieces would bring, which takes longer")

    def request(self, requested_by: str) -> QuoteRequest:
        return replace(super().request(requested_by), alternatives=self.alternatives)


class AskedPrice(Request):
    account_id: UUID
    sku: Sku = Field(examples=["HANDSET-N1"])
    quantity: Quantity = Field(1, examples=[1])
    price_list: Code | None = Field(None, description="the account's own if left out", examples=["standard-cny"])
    on: Day | None = Field(None, description="local day, by the rules and facts of that day; today if left out")

    def request(self, requested_by: str) -> QuoteRequest:
        return QuoteRequest(self.account_id, self.price_list or "", (AskedLine(self.sku, self.quantity),), requested_by)


class Acceptance(Request):
    accepted_by: Text = Field(
        description="who accepts on the account's side", examples=["Ms Chen, purchasing director"]
    )


class QuoteWithdrawal(Request):
    reason: Text | None = None


class RuleAnswer(Answer):
    policy: str = Field(description="version of the policy: id@version")
    amount: MoneyShown = Field(description="taken off the line")
    title: Mapping[str, str]


class GrantAnswer(Answer):
    unit_price: MoneyShown
    quantity_from: int
    quantity_to: int
    valid_until: date = Field(description="first local day on which it no longer covers")


class ExceptionAnswer(Answer):
    route: str
    state: Literal["asked", "covered", "granted", "rejected"]
    subject_id: str = Field(description="under which the request stands in approvals")
    granted: GrantAnswer | None = None


class UnitPrice(Answer):
    amount: str = Field(description="may be finer than the currency: the line is rounded, not the piece")
    currency: str


class QuoteLineAnswer(Answer):
    line: int
    sku: str
    quantity: int
    list_unit_price: MoneyShown
    net_unit_price: UnitPrice
    floor_unit_price: MoneyShown | None = Field(description="the house's alone: none for the customer's contact")
    net_amount: MoneyShown | None
    rules: list[RuleAnswer]
    new_brand: bool
    election: str
    below_floor_by: MoneyShown | None = None
    reason: str | None = None
    exception: ExceptionAnswer | None = None
    plan: str | None = Field(None, description="the plan it sells: its quantity is months", examples=["vpn0"])
    seats: int | None = Field(None, description="people of the group", examples=[120])


class GiftAnswer(Answer):
    policy: str
    sku: str = Field(examples=["GIFT-TOOLBAG"])
    quantity: int
    title: Mapping[str, str]


class GoodsAnswer(Answer):
    sku: str
    quantity: int


class AlternativeAnswer(Answer):
    """So many more pieces of a line reach the next row of a rule."""

    policy: str
    title: Mapping[str, str]
    line: int
    sku: str
    more: int = Field(description="pieces", examples=[30])
    rate: str | None = Field(None, description="what the row gives: a share of one", examples=["0.07"])
    amount: MoneyShown | None = None
    goods: GoodsAnswer | None = None
    route: str | None = Field(None, description="the row has no figure: its terms are asked for by this route")
    total: MoneyShown | None = Field(description="of the whole quote with them; none where terms have to be approved")
    says: Mapping[str, str] = Field(examples=[{"en": "30 more HANDSET-N1 reach 7 %", "zh": "再加30件HANDSET-N1可达7%"}])


class QuoteAnswer(Answer):
    id: UUID
    number: str
    account_id: UUID
    price_list: str
    state: QuoteState
    currency: str
    lines: list[QuoteLineAnswer]
    gifts: list[GiftAnswer] = Field(description="given with the order that takes the last of the lines")
    coupon: str | None = Field(description="the coupon's code where it takes something off; it is held by this quote")
    total: MoneyShown | None = Field(description="none while terms have to be approved first")
    priced_at: datetime
    expires_on: date = Field(description="first local day on which it is no longer alive")
    accepted_by: str | None = None
    explanation: str
    alternatives: list[AlternativeAnswer] = Field(
        description="what a few more pieces would bring, priced like this one"
    )
    revision: int = Field(description="version of the quote, from one", examples=[1])
    revises: UUID | None = Field(description="the version before this one")


Titles = Mapping[str, Mapping[str, str]]


INSIDE: Mapping[str, None] = {"floor_unit_price": None, "below_floor_by": None, "reason": None, "exception": None}


def show_quote(quote: Quote, titles: Titles, *, day: date, reach: Reach | None = None) -> QuoteAnswer:
    """As it stands on a local day; `titles` are those of the policies by id.

    Floors, and what was asked below them, are the house's alone: `reach` says who reads.
    """
    said = say_quote(quote, titles, day=day)
    if reach is not None and not reach.of_the_house:
        said["lines"] = [{**line, **INSIDE} for line in said["lines"]]
    return QuoteAnswer.model_validate(said)


def say_quote(quote: Quote, titles: Titles, *, day: date) -> dict[str, Any]:
    """A QuoteAnswer as plain values: a preview writes it as it is, which costs it a third."""
    total = quote.total_minor
    return {
        "id": quote.id,
        "number": quote.number,
        "account_id": quote.account_id,
        "price_list": quote.price_list,
        "state": quote.state_on(day),
        "currency": quote.currency,
        "lines": [_line(quote, line, titles) for line in quote.lines],
        "gifts": [_gift(gift, titles) for gift in quote.gifts],
        "coupon": quote.coupon,
        "total": None if total is None else _money(total, quote.currency),
        "priced_at": quote.priced_at,
        "expires_on": quote.expires_on,
        "accepted_by": quote.accepted_by,
        "explanation": f"/v1/quotes/{quote.id}/explanation",
        "alternatives": [_alternative(one, quote.currency, titles) for one in quote.alternatives],
        "revision": quote.revision,
        "revises": quote.revises,
    }


def _alternative(one: Mapping[str, Any], currency: str, titles: Titles) -> dict[str, Any]:
    total = one["total_minor"]
    reached = _reached(one)
    return {
        **{name: value for name, value in one.items() if name != "total_minor"},
        "title": titles.get(one["policy"].partition("@")[0], {}),
        "total": None if total is None else _money(total, currency),
        "says": {
            "en": f"{one['more']} more {one['sku']} reach {reached['en']}",
            "zh": f"再加{one['more']}件{one['sku']}可达{reached['zh']}",
        },
    }


def _reached(one: Mapping[str, Any]) -> Words:
    if one["rate"] is not None:
        share = f"{Decimal(one['rate']) * 100:f}"
        share = share.rstrip("0").rstrip(".") if "." in share else share
        return {"en": f"{share} %", "zh": f"{share}%"}
    if one["amount"] is not None:
        said = f"{one['amount']['amount']} {one['amount']['currency']}"
        return {"en": f"{said} off", "zh": f"减{said}"}
    if one["goods"] is not None:
        said = f"{one['goods']['quantity']} × {one['goods']['sku']}"
        return {"en": f"a gift of {said}", "zh": f"赠品{said}"}
    return {"en": "terms by negotiation", "zh": "商议条件"}


def _gift(gift: QuoteGift, titles: Titles) -> dict[str, Any]:
    return {**gift._asdict(), "title": titles.get(gift.policy.partition("@")[0], {})}


def _money(amount_minor: int, currency: str) -> dict[str, str]:
    return Money(amount_minor, currency).to_json()


def _line(quote: Quote, line: QuoteLine, titles: Titles) -> dict[str, Any]:
    currency, below = quote.currency, line.below_floor_by_minor
    unpriced = quote.state is QuoteState.REQUIRES_APPROVAL
    return {
        "line": line.line,
        "sku": line.sku,
        "quantity": line.quantity,
        "list_unit_price": _money(line.list_unit_minor, currency),
        "net_unit_price": {"amount": unit_price(line, currency), "currency": currency},
        "floor_unit_price": _money(line.floor_unit_minor, currency),
        "net_amount": None if unpriced else _money(line.net_minor, currency),
        "rules": [
            {
                "policy": rule.policy,
                "amount": _money(rule.amount_minor, currency),
                "title": titles.get(rule.policy.partition("@")[0], {}),
            }
            for rule in line.rules
        ],
        "new_brand": line.new_brand,
        "election": line.election,
        "below_floor_by": _money(below, currency) if below else None,
        "reason": line.reason,
        "exception": _exception(quote, line),
        "plan": line.plan,
        "seats": line.seats,
    }


def _exception(quote: Quote, line: QuoteLine) -> dict[str, Any] | None:
    found = line.exception
    if found is None:
        return None
    return {
        "route": found.route,
        "state": found.state,
        "subject_id": f"{quote.id}:{line.line}",
        "granted": None if found.grant is None else _grant(found.grant),
    }


def _grant(grant: PriceGrant) -> dict[str, Any]:
    return {
        "unit_price": _money(grant.price_minor, grant.currency),
        "quantity_from": grant.quantity_from,
        "quantity_to": grant.quantity_to,
        "valid_until": grant.valid_until,
    }


class DecisionExplained(Answer):
    policy: str = Field(description="version of the document: id@version")
    lines: list[str] = Field(description="each thing looked at, indented under what it belongs to")
    decision: dict[str, Any] = Field(description="outcome and whole trace: a stranger recomputes it from here")


class QuoteExplanation(Answer):
    """Every rule considered, applied or not and why."""

    quote_id: UUID
    language: Literal["en", "zh"]
    decisions: list[DecisionExplained]
