"""What holds of every price: shares sum to it, it follows from what was known, and preview, quote and order agree."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.pricing.orders.placing import Drawn, OnTheOrderDay, draw
from services.pricing.quotes.facts import Purchase
from services.pricing.quotes.pricebook import PriceBook
from services.pricing.quotes.pricing import AskedLine, PricedQuote
from shared.policy.plan import Numbered, compile_plans
from shared.policy.registry import load_registry
from shared.policy.rulebook import Rulebook
from shared.trace import Decision, digest
from tests.pricing.quotes.house import DAY, a_book, a_material, an_account, orders_on, percent, priced

PROMOTED = percent("promoted", "0.03", scope={"fact": "line.sku", "in": ["S1", "S3"]})
SALES = st.fixed_dictionaries(
    {
        "prices": st.lists(st.integers(1, 500_000), min_size=1, max_size=5),
        "quantities": st.lists(st.integers(1, 300), min_size=5, max_size=5),
        "elects": st.sampled_from(["", "discount", "subsidy"]),
        "tier": st.sampled_from(["", "silver", "gold"]),
        "before": st.integers(0, 40_000_000),
        "orders": st.integers(0, 14),
    }
)
Sale = dict[str, Any]


def sold(sale: Sale, book: PriceBook) -> PricedQuote:
    prices = {f"S{place}": f"{minor // 100}.{minor % 100:02}" for place, minor in enumerate(sale["prices"], 1)}
    material = a_material(
        prices,
        account=an_account(elects=sale["elects"], tier=sale["tier"]),
        purchases=(Purchase("CNY", DAY, sale["before"]),),
        order_days=orders_on(*[date(2026, 3, 1)] * sale["orders"]),
    )
    lines = [AskedLine(sku, quantity) for sku, quantity in zip(prices, sale["quantities"], strict=False)]
    return priced(material, lines, book=book)


@settings(deadline=None, max_examples=80)
@given(sale=SALES)
def test_s_c2_what_was_taken_and_what_is_left_make_the_list_price_of_every_line(sale: Sale) -> None:
    quote = sold(sale, a_book(PROMOTED)).quote
    for line in quote.lines:
        assert sum(rule.amount_minor for rule in line.rules) + line.net_minor == line.list_minor
        assert line.net_minor >= 0
    if quote.total_minor is not None:
        assert quote.total_minor == sum(line.net_minor for line in quote.lines)


@settings(deadline=None, max_examples=40)
@given(sale=SALES)
def test_a_quote_is_a_pure_function_of_policies_facts_and_instant(sale: Sale) -> None:
    """The same again, from documents compiled again and read back as they are stored."""
    first, again = sold(sale, a_book(PROMOTED)), sold(sale, PriceBook.of(a_book(PROMOTED).rules))
    assert first.quote == again.quote
    assert [digest(one) for one in first.decisions] == [digest(one) for one in again.decisions]
    kept = [Decision.read_plain(said) for said in first.trace()["decisions"]]
    assert [digest(one) for one in kept] == [digest(one) for one in first.decisions]


@settings(deadline=None, max_examples=40)
@given(sale=SALES, order=st.randoms(use_true_random=False))
def test_the_order_in_which_rules_are_listed_changes_nothing(sale: Sale, order: Any) -> None:
    book = a_book(PROMOTED)
    documents = [plan.document for plan in book.rules.plans]
    order.shuffle(documents)
    shuffled = PriceBook.of(Rulebook(compile_plans([Numbered(one) for one in documents], load_registry())))
    assert sold(sale, book).quote == sold(sale, shuffled).quote


@settings(deadline=None, max_examples=60)
@given(sale=SALES, cuts=st.lists(st.integers(1, 300), max_size=6))
def test_orders_drawn_from_a_quote_sum_to_it_to_the_last_fen_however_it_is_cut(sale: Sale, cuts: Sequence[int]) -> None:
    """Preview, quote, orders: every amount and every rule's share, by line."""
    quote = replace(sold(sale, a_book(PROMOTED)).quote)
    today = OnTheOrderDay(DAY, "CNY", {}, {}, ())
    for line in quote.lines:
        left, drawn, parts = line.quantity, Drawn(), []
        for cut in [*cuts, line.quantity]:
            if quantity := min(cut, left):
                [part] = draw(quote, {line.line: quantity}, {line.line: drawn}, today)
                parts.append(part)
                left -= quantity
                drawn = _after(drawn, part)
        assert left == 0
        assert drawn == Drawn(
            line.quantity,
            line.list_minor,
            line.before_p4_minor,
            line.net_minor,
            {rule.policy: rule.amount_minor for rule in line.rules},
        )


def _after(drawn: Drawn, part: Any) -> Drawn:
    rules = dict(drawn.rules)
    for rule in part.rules:
        rules[rule.policy] = rules.get(rule.policy, 0) + rule.amount_minor
    return Drawn(
        drawn.quantity + part.quantity,
        drawn.list_minor + part.list_minor,
        drawn.before_p4_minor + part.before_p4_minor,
        drawn.net_minor + part.net_minor,
        rules,
    )
