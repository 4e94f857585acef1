"""Parts of a quote: each at its share of the line's amounts, the last one taking the rest."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pricing.catalogue.domain import Cost
from services.pricing.lines import AppliedRule
from services.pricing.orders.domain import OrderLine
from services.pricing.orders.placing import Drawn, OnTheOrderDay, OverDraw, UnknownQuoteLine, draw
from services.pricing.quotes.domain import QuoteLine
from tests.pricing.quotes.test_domain import a_quote

ORDER_DAY = date(2021, 3, 10)
COSTS = {
    "HANDSET": [Cost("HANDSET", "CNY", 70_000, date(2021, 1, 1)), Cost("HANDSET", "CNY", 99_000, date(2021, 3, 11))]
}
TODAY = OnTheOrderDay(ORDER_DAY, "CNY", {}, COSTS, ())


def a_line(quantity: int, net_minor: int) -> QuoteLine:
    rules = (AppliedRule("volume-discount@1", 10 * quantity),)
    return QuoteLine(1, "HANDSET", quantity, 100, 1, 100 * quantity, 100 * quantity, net_minor, rules=rules)


def test_an_order_freezes_the_cost_of_its_own_day() -> None:
    [line] = draw(a_quote(a_line(10, 900)), {1: 4}, {}, TODAY)
    assert (line.quantity, line.net_minor, line.cost_minor, line.quote_line) == (4, 360, 280_000, 1)
    assert line.rules == (AppliedRule("volume-discount@1", 40),)


def test_a_cost_in_another_currency_is_no_cost() -> None:
    usd = OnTheOrderDay(ORDER_DAY, "CNY", {}, {"HANDSET": [Cost("HANDSET", "USD", 1, date(2021, 1, 1))]}, ())
    assert draw(a_quote(a_line(10, 900)), {1: 4}, {}, usd)[0].cost_minor is None


def test_more_than_is_left_is_refused() -> None:
    with pytest.raises(OverDraw) as refused:
        draw(a_quote(a_line(10, 900)), {1: 4}, {1: Drawn(7, 700, 700, 630)}, TODAY)
    [error] = refused.value.errors
    assert (error.pointer, error.detail["en"]) == ("/lines/0/quantity", "3 of 10 HANDSET are left")


def test_a_line_that_the_quote_has_not_is_refused() -> None:
    with pytest.raises(UnknownQuoteLine) as refused:
        draw(a_quote(a_line(10, 900)), {1: 1, 2: 1}, {}, TODAY)
    assert [error.pointer for error in refused.value.errors] == ["/lines/1/quote_line"]


@given(net_minor=st.integers(0, 10**8), parts=st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_s_c2_the_parts_of_a_line_sum_to_the_line(net_minor: int, parts: list[int]) -> None:
    quote, drawn = a_quote(a_line(sum(parts), net_minor)), Drawn()
    for quantity in parts:
        [line] = draw(quote, {1: quantity}, {1: drawn}, TODAY)
        drawn = Drawn(
            drawn.quantity + quantity,
            drawn.list_minor + line.list_minor,
            drawn.before_p4_minor + line.before_p4_minor,
            drawn.net_minor + line.net_minor,
        )
    assert (drawn.net_minor, drawn.list_minor) == (net_minor, 100 * sum(parts))


def taken_of(line: OrderLine) -> dict[str, int]:
    return {rule.policy: rule.amount_minor for rule in line.rules}


@given(
    at_list=st.integers(0, 10**6),
    rates=st.lists(st.integers(0, 300), min_size=1, max_size=3),
    parts=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    given_back=st.booleans(),
)
def test_s_c2_the_rules_of_each_part_are_what_was_taken_off_it_and_those_of_all_parts_the_lines(
    at_list: int, rates: list[int], parts: list[int], given_back: bool
) -> None:
    rules = tuple(AppliedRule(f"rule-{n}@1", at_list * rate // 1000) for n, rate in enumerate(rates))
    net = at_list - sum(rule.amount_minor for rule in rules)
    line = QuoteLine(1, "HANDSET", sum(parts), 1, 1, at_list, at_list, net, rules=rules)
    taken: list[OrderLine] = []
    left = sum(parts)
    while left:
        quantity = min(left, parts[len(taken) % len(parts)])
        [part] = draw(a_quote(line), {1: quantity}, {1: drawn_by(taken)}, TODAY)
        assert sum(taken_of(part).values()) == part.before_p4_minor - part.net_minor
        assert all(amount >= 0 for amount in taken_of(part).values())
        taken.append(part)
        if given_back and len(taken) == 2:
            taken.pop(0)
            given_back = False
        left = sum(parts) - sum(one.quantity for one in taken)
    assert drawn_by(taken).rules == taken_of(OrderLine(1, "", 1, 0, 0, 0, rules=rules))


def drawn_by(parts: list[OrderLine]) -> Drawn:
    """What orders that stand took, as the repository adds it up."""
    rules: Counter[str] = Counter()
    for part in parts:
        rules.update(taken_of(part))
    return Drawn(
        sum(part.quantity for part in parts),
        sum(part.list_minor for part in parts),
        sum(part.before_p4_minor for part in parts),
        sum(part.net_minor for part in parts),
        rules,
    )
