"""An account, a catalogue and the pack's price rules without any database: a price is a pure function of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from services.pricing.accounts.domain import Account, Election, Grade, Listing, Tier
from services.pricing.catalogue.domain import ListPrice, Product
from services.pricing.quotes.domain import Quote
from services.pricing.quotes.facts import OrderDays
from services.pricing.quotes.material import Material
from services.pricing.quotes.pricebook import PriceBook
from services.pricing.quotes.pricing import AskedLine, PricedQuote, QuoteRequest, Setting, price_quote
from shared.money import Money
from shared.policy.forms import Document
from shared.policy.lint import lint
from shared.policy.loader import load_pack, read_json
from shared.policy.plan import Numbered, compile_plans
from shared.policy.registry import load_registry
from shared.policy.rulebook import Rulebook
from shared.trace import Node

ZONE = "Africa/Kinshasa"
NOON = datetime(2026, 3, 10, 11, tzinfo=UTC)
DAY = NOON.date()
ACCOUNT = UUID(int=1)
EVER = (date(2000, 1, 1), date(2100, 1, 1))
WORDS = {"en": "Made for a test", "zh": "测试用"}


@cache
def pack() -> tuple[Document, ...]:
    return tuple(placed.document for placed in load_pack(Path("deploy/policies")))


def a_benefit(policy: str, **said: Any) -> Document:
    """A price rule as its owner writes it: a document, and nothing else."""
    source = {"document": "policies.md", "clause": "P6", "says": WORDS}
    head = {"id": policy, "form": "benefit", "row": ["P6"], "title": WORDS, "source": source}
    who = {"owner": "marketing_director", "zone": ZONE, "valid": {"from": "2000-01-01"}, "beneficiary": "account"}
    return read_json(head | who | said)


def percent(policy: str, rate: str, *, stacking: str = "promotion", **said: Any) -> Document:
    """So much off each line."""
    return a_benefit(
        policy,
        measure={"fact": "line.quantity", "per": "line"},
        table={"mode": "whole_volume", "bounds": "[lower, upper)", "rows": [{"from": 0, "rate": rate}]},
        outcome={"kind": "discount", "of": "line", "rounding": "half_up"},
        stacking=stacking,
        **said,
    )


def a_book(*more: Document, on: date = DAY, without: Iterable[str] = ()) -> PriceBook:
    """The pack in force on a day with some documents added, or in place of those of the same id."""
    return _book(more, on, frozenset(without))


@cache
def _book(more: tuple[Document, ...], on: date, without: frozenset[str]) -> PriceBook:
    left_out = {*without, *(one.id for one in more)}
    documents = [one for one in pack() if one.id not in left_out and one.valid.covers(on)]
    return PriceBook.of(Rulebook(compile_plans([Numbered(one) for one in (*documents, *more)], load_registry())))


def findings(*more: Document) -> list[str]:
    """What lint says of the pack with some documents added."""
    known = {one.id for one in more}
    return [found.code for found in lint([*(one for one in pack() if one.id not in known), *more], load_registry())]


def an_account(*, elects: str = "", tier: str = "", listed: bool = True, number: str = "A-1", **more: Any) -> Account:
    """Of class A, on the key-account list."""
    return Account(
        ACCOUNT,
        number,
        "kinshasa",
        elections=(Election("e", "p4", elects, *EVER),) if elects else (),
        listings=(Listing("l", listed, *EVER),),
        **{"tiers": (Tier(tier, EVER[0]),) if tier else (), "classes": (Grade("p", "A", EVER[0]),)} | more,
    )


def a_material(
    prices: Mapping[str, str],
    *,
    account: Account | None = None,
    floor: str = "0.01",
    currency: str = "CNY",
    **more: Any,
) -> Material:
    """SKUs with their list prices; every one has the same floor."""
    return Material(
        account=account or an_account(),
        products={sku: Product(sku, WORDS, "handset", "handsets", "Nova") for sku in prices},
        prices={
            sku: ListPrice("standard", sku, currency, _minor(price), _minor(floor), EVER[0])
            for sku, price in prices.items()
        },
        **more,
    )


def _minor(amount: str) -> int:
    whole, _, rest = amount.partition(".")
    return int(whole) * 100 + int(rest.ljust(2, "0"))


def orders_on(*days: date, since: date = EVER[0]) -> OrderDays:
    return OrderDays(since, {day: days.count(day) for day in days})


def priced(
    material: Material, lines: Sequence[AskedLine], *, book: PriceBook, now: datetime = NOON, **more: Any
) -> PricedQuote:
    request = QuoteRequest(ACCOUNT, "standard", tuple(lines), "rep", **more)
    return price_quote(request, material, Setting(UUID(int=9), "Q-1", now, ZONE, book))


def bought(
    *prices: str, book: PriceBook, now: datetime = NOON, quantity: int = 1, account: Account | None = None, **known: Any
) -> PricedQuote:
    """One line of each price."""
    material = a_material({f"S{place}": price for place, price in enumerate(prices, 1)}, account=account, **known)
    return priced(material, [AskedLine(sku, quantity) for sku in material.prices], book=book, now=now)


def nets(quote: Quote) -> list[str]:
    return [str(Money(line.net_minor, quote.currency)) for line in quote.lines]


def rules_of(quote: Quote) -> list[list[tuple[str, int]]]:
    return [[(rule.policy.partition("@")[0], rule.amount_minor) for rule in line.rules] for line in quote.lines]


def why_not(decided: PricedQuote, policy: str) -> Node:
    """The node that says why a rule did not count."""
    [node] = [node for node in decided.decisions[0].trace.inside if node.rule.rule == f"{policy}@1" and node.why_not]
    return node
