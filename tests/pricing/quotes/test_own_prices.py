"""P6: prices of one customer, promotions, sets; how they meet the others is one table (S-B2, S-B3, S-B4)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.pricing.quotes.domain import SeveralRulesInForce
from services.pricing.quotes.offers import NO_OFFERS, Offers
from services.pricing.quotes.pricebook import PriceBook
from services.pricing.quotes.pricing import AskedLine
from shared.policy.forms import Document
from shared.policy.index import RuleIndex
from shared.policy.loader import read_json
from shared.policy.plan import compile_plans
from shared.policy.registry import load_registry
from tests.pricing.quotes.house import (
    DAY,
    WORDS,
    a_benefit,
    a_book,
    a_material,
    an_account,
    bought,
    findings,
    nets,
    percent,
    priced,
    rules_of,
    why_not,
)

ONE_EACH = [AskedLine("HANDSET-SAMPLE", 1), AskedLine("SIM-SAMPLE", 1)]


def own_price(
    policy: str, amount: str, *, number: str = "A-1", stacking: str = "customer-price", **scope: Any
) -> Document:
    """So much for each piece, for one account, of some SKUs."""
    tests = [
        {"fact": "account.number", "is": number},
        *({"fact": f"line.{name}", "in": said} for name, said in scope.items()),
    ]
    return a_benefit(
        policy,
        scope={"all": tests},
        measure={"fact": "line.quantity", "per": "line"},
        table={"mode": "whole_volume", "bounds": "[lower, upper)", "rows": [{"from": 0, "amount": amount}]},
        outcome={"kind": "price", "currency": "CNY", "rounding": "half_up"},
        stacking=stacking,
    )


def test_s_b2_a_customers_own_price_stops_later_percentages() -> None:
    """P6: fifty, forty for this customer, and no gold discount and no tier of the month on top of it."""
    own = own_price("a-1-handset", "40.00", sku=["S1"])
    assert findings(own) == []
    decided = bought("50.00", book=a_book(own), account=an_account(elects="discount", tier="gold"), quantity=10)
    assert (nets(decided.quote), rules_of(decided.quote)) == (["400.00"], [[("a-1-handset", 10_000)]])
    against = why_not(decided, "volume-discount-2026").why_not
    assert against is not None
    assert (against.reason, against.by, str(against.would_give)) == ("excluded", "customer-price", "20.00")


def test_s_b2_unless_it_says_that_discounts_come_on_top() -> None:
    own = own_price("a-1-base", "40.00", stacking="customer-base", sku=["S1"])
    decided = bought("50.00", book=a_book(own), account=an_account(elects="discount"), quantity=10)
    assert rules_of(decided.quote) == [[("a-1-base", 10_000), ("volume-discount-2026", 2_000)]]
    assert nets(decided.quote) == ["380.00"]


@pytest.mark.parametrize(
    ("number", "sku", "net"),
    [
        pytest.param("A-1", ["S1"], "40.00", id="for its customer and its SKU"),
        pytest.param("A-2", ["S1"], "50.00", id="for no other customer"),
        pytest.param("A-1", ["S2"], "50.00", id="for no other SKU"),
        pytest.param("A-1", ["S2", "S1"], "40.00", id="for any SKU of its list"),
    ],
)
def test_p6_an_own_price_is_of_its_customer_and_its_products(number: str, sku: list[str], net: str) -> None:
    assert nets(bought("50.00", book=a_book(own_price("own", "40.00", number=number, sku=sku))).quote) == [net]


@pytest.mark.parametrize("code", ["22423", "00123", "2021-03-01", "1.50", "85123A"])
def test_p6_codes_are_compared_as_they_are_written(code: str) -> None:
    """A customer or SKU whose name is all digits is no figure, and one with leading zeros keeps them."""
    own = own_price("own", "40.00", number=code, sku=[code])
    assert findings(own) == []
    material = a_material({code: "50.00"}, account=an_account(number=code))
    assert nets(priced(material, [AskedLine(code, 1)], book=a_book(own)).quote) == ["40.00"]


def test_s_b4_of_several_own_prices_the_best_counts_and_all_groups_of_an_account_are_looked_at() -> None:
    account = an_account(tier="silver", elects="")
    decided = bought("50.00", book=a_book(own_price("dear", "45.00"), own_price("cheap", "41.00")), account=account)
    assert rules_of(decided.quote) == [[("cheap", 900)]]
    against = why_not(decided, "dear").why_not
    assert against is not None
    assert (against.reason, against.by, str(against.would_give)) == ("gave_less", "cheap@1", "5.00")


@pytest.mark.parametrize(
    ("flat", "taken"),
    [
        pytest.param("9.99", [("ten-per-cent", 1_000)], id="a fen less than ten per cent of a hundred"),
        pytest.param("10.00", [("ten-per-cent", 1_000)], id="as much: the first by name"),
        pytest.param("10.01", [("yuan-off", 1_001)], id="a fen more"),
    ],
)
def test_s_b4_the_better_of_two_is_measured_on_the_same_price_and_never_are_both_taken(
    flat: str, taken: list[tuple[str, int]]
) -> None:
    """Ten per cent of what ten per cent has left is less than 9.99: measured on that, both would count."""
    table = {"mode": "whole_volume", "bounds": "[lower, upper)", "rows": [{"from": 0, "amount": flat}]}
    off = a_benefit(
        "yuan-off",
        measure={"fact": "line.quantity", "per": "line"},
        table=table,
        outcome={"kind": "discount", "currency": "CNY", "rounding": "half_up"},
        stacking="loyalty-discount",
    )
    book = a_book(off, percent("ten-per-cent", "0.10", stacking="loyalty-discount"))
    assert rules_of(bought("100.00", book=book).quote) == [taken]


def test_s_b4_a_contract_price_above_the_list_is_not_worse_than_no_other() -> None:
    line = {"currency": "CNY", "sku": "S1", "quantity": 1, "amount": 11_000}
    decided = bought("100.00", book=a_book(own_price("another", "90.00", number="A-2")), contract_lines=[line])
    assert rules_of(decided.quote) == [[("contract-price", -1_000)]]


@pytest.mark.parametrize(("elects", "net"), [("", "800.00"), ("discount", "902.50"), ("subsidy", "950.00")])
def test_s_b4_an_account_in_several_groups_gets_what_the_table_says_of_each_pair(elects: str, net: str) -> None:
    """A listed silver member in a promotion: the promotion yields to the member price, and adds to P4's discount."""
    promoted = percent("promoted", "0.05")
    assert nets(bought("1000.00", book=a_book(promoted), account=an_account(elects=elects, tier="silver")).quote) == [
        net
    ]


@pytest.mark.parametrize(
    ("groups", "net"),
    [
        pytest.param(("promotion", "volume-discount"), "872.20", id="off what is left: 1 - 0.98 x 0.89 = 12.78 %"),
        pytest.param(("promotion", "contract-price"), "870.00", id="each off the base: 13 %"),
    ],
)
def test_s_b3_percentages_come_off_what_their_group_says(groups: tuple[str, str], net: str) -> None:
    """Two per cent and eleven: the group of the second says off what it is taken."""
    first, second = groups
    if second == "contract-price":
        pairs = _table("stacking-pairs", 2, {"answer": "both"})
        book = a_book(percent("two", "0.02", stacking=first), percent("eleven", "0.11", stacking=second), pairs)
    else:
        book = a_book(percent("two", "0.02", stacking=first), percent("eleven", "0.11", stacking=second))
    assert nets(bought("1000.00", book=book).quote) == [net]


def _table(policy: str, row: int, change: dict[str, Any]) -> Document:
    from shared.policy.forms import stored_form
    from tests.pricing.quotes.house import pack

    said = stored_form(next(one for one in pack() if one.id == policy))
    said["rows"][row] |= change
    return read_json(said)


@pytest.mark.parametrize(
    ("contract", "net"),
    [
        pytest.param({"quantity": 600, "amount": 52_800_000}, "880.00", id="what the contract names for a piece"),
        pytest.param({"quantity": 3, "amount": 10_000}, "33.33", id="a third, half up to a fen"),
        pytest.param({"quantity": 3, "amount": 20_000}, "66.67", id="two thirds, half up to a fen"),
        pytest.param({"currency": "USD"}, "1000.00", id="none in another currency than the sale's"),
        pytest.param({"sku": "S2"}, "1000.00", id="none for another SKU"),
    ],
)
def test_p6_a_contract_price_is_what_its_contract_names(contract: dict[str, Any], net: str) -> None:
    line = {"currency": "CNY", "sku": "S1", "quantity": 1, "amount": 90_000} | contract
    assert nets(bought("1000.00", book=a_book(), contract_lines=[line]).quote) == [net]


def test_p6_of_two_contracts_the_lower_price_counts() -> None:
    lines = [{"currency": "CNY", "sku": "S1", "quantity": 1, "amount": amount} for amount in (95_000, 91_000, 93_000)]
    assert nets(bought("1000.00", book=a_book(), contract_lines=lines).quote) == ["910.00"]


def test_p6_two_contract_prices_that_both_claim_a_line_are_refused_by_name() -> None:
    """Lint lets nobody publish them; where they are there all the same, nobody chooses for their owners."""
    twice = [percent(name, "0.01", stacking="contract-price") for name in ("one", "two")]
    assert "stacking_one_in_force" in findings(*twice)
    with pytest.raises(SeveralRulesInForce) as refused:
        bought("1000.00", book=a_book(*twice, without=["contract-price"]))
    assert "one@1 and two@1 on line 1" in refused.value.detail["en"]


PROMOTED = read_json(
    {
        "id": "promotion-list",
        "form": "table",
        "row": ["P6"],
        "title": WORDS,
        "source": {"document": "policies.md", "clause": "P6", "says": WORDS},
        "owner": "marketing_director",
        "zone": "Africa/Kinshasa",
        "valid": {"from": "2000-01-01"},
        "columns": {"sku": "text", "from": "date", "until": "date"},
        "rows": [{"sku": "S1", "from": "2026-03-01", "until": "2026-04-01"}],
    }
)
SPRING = a_benefit(
    "spring",
    valid={"from": "2000-01-01"},
    scope={"fact": "line.in_public_promotion", "is": True},
    measure={"fact": "line.quantity", "per": "line"},
    table={"mode": "whole_volume", "bounds": "[lower, upper)", "rows": [{"from": 0, "rate": "0.05"}]},
    outcome={"kind": "discount", "of": "line", "rounding": "half_up"},
    stacking="promotion",
)


@pytest.mark.parametrize(
    ("now", "promoted"),
    [
        pytest.param(datetime(2026, 2, 28, 22, 59, 59, tzinfo=UTC), False, id="not a second before local midnight"),
        pytest.param(datetime(2026, 2, 28, 23, tzinfo=UTC), True, id="from local midnight of its first day"),
        pytest.param(datetime(2026, 3, 31, 22, 59, 59, tzinfo=UTC), True, id="to the last second of its last day"),
        pytest.param(datetime(2026, 3, 31, 23, tzinfo=UTC), False, id="expired at local midnight"),
    ],
)
def test_s_d3_a_promotion_ends_at_local_midnight(now: datetime, promoted: bool) -> None:
    book = a_book(PROMOTED, SPRING, on=now.date())
    assert nets(bought("1000.00", "1000.00", book=book, now=now).quote) == [
        "950.00" if promoted else "1000.00",
        "1000.00",
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(ONE_EACH, ["95.00", "9.50"], id="5 % off both where the set is whole"),
        pytest.param(ONE_EACH[:1], ["100.00"], id="nothing while a piece of it is missing"),
        pytest.param([*ONE_EACH, AskedLine("OTHER", 1)], ["95.00", "9.50", "50.00"], id="nothing off what is no part"),
        pytest.param([*ONE_EACH, AskedLine("SIM-SAMPLE", 4)], ["95.00", "9.50", "38.00"], id="two lines of one SKU"),
    ],
)
def test_p6_a_bundle_is_cheaper_when_it_is_whole(lines: list[AskedLine], expected: list[str]) -> None:
    material = a_material({"HANDSET-SAMPLE": "100.00", "SIM-SAMPLE": "10.00", "OTHER": "50.00"})
    assert nets(priced(material, lines, book=a_book()).quote) == expected


@settings(deadline=None)
@given(pieces=st.dictionaries(st.sampled_from(["HANDSET-SAMPLE", "SIM-SAMPLE", "OTHER"]), st.integers(0, 9)))
def test_p6_as_many_bundles_are_whole_as_their_scarcest_part_allows(pieces: dict[str, int]) -> None:
    offers = a_book().offers
    assert offers.complete(pieces) == min(pieces.get("HANDSET-SAMPLE", 0), pieces.get("SIM-SAMPLE", 0))
    assert offers.is_in_complete("OTHER", pieces) is False


def test_p6_without_its_table_nothing_is_known_of_a_bundle_or_a_promotion() -> None:
    nothing = Offers.of(compile_plans([], load_registry()))
    assert (nothing, nothing.complete({}), nothing.is_promoted("S1", DAY)) == (NO_OFFERS, None, None)
    assert nothing.is_in_complete("S1", {}) is None


def test_s_c2_an_amount_off_ten_yuan_over_three_lines_is_shared_to_the_last_fen() -> None:
    off = a_benefit(
        "ten-off",
        measure={"fact": "order.amount_so_far", "per": "order", "currency": "CNY"},
        table={"mode": "whole_volume", "bounds": "[lower, upper)", "rows": [{"from": 0, "amount": "10.00"}]},
        outcome={"kind": "discount", "currency": "CNY", "rounding": "half_up"},
        stacking="promotion",
    )
    decided = bought("100.00", "100.00", "100.00", book=a_book(off))
    assert [rules[0][1] for rules in rules_of(decided.quote)] == [334, 333, 333]
    assert nets(decided.quote) == ["96.66", "96.67", "96.67"]


def test_s_c3_ten_yuan_are_not_ten_dollars() -> None:
    off = a_benefit(
        "ten-off",
        measure={"fact": "line.quantity", "per": "line"},
        table={"mode": "whole_volume", "bounds": "[lower, upper)", "rows": [{"from": 0, "amount": "10.00"}]},
        outcome={"kind": "discount", "currency": "CNY", "rounding": "half_up"},
        stacking="promotion",
    )
    dollars = a_material({"S1": "100.00"}, currency="USD")
    decided = priced(dollars, [AskedLine("S1", 1)], book=a_book(off, without=["gift-line"]))
    against = why_not(decided, "ten-off").why_not
    assert nets(decided.quote) == ["100.00"]
    assert against is not None
    assert (against.reason, str(against.would_give)) == ("other_currency", "10.00")


def test_p6_a_rule_for_those_who_are_no_members_is_asked_of_everybody() -> None:
    for_others = percent("for-others", "0.04", scope={"fact": "membership.enrolled", "is": False})
    book = a_book(for_others)
    assert nets(bought("100.00", book=book).quote) == ["96.00"]
    assert nets(bought("100.00", book=book, account=an_account(tier="regular")).quote) == ["100.00"]


customers = st.lists(st.tuples(st.sampled_from(["A-1", "A-2", "A-3"]), st.integers(1, 99)), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(rules=customers, skus=st.lists(st.sampled_from(["S1", "S2", "S3"]), min_size=1, max_size=3, unique=True))
def test_a_price_is_the_same_whether_rules_are_looked_up_or_all_asked(
    rules: list[tuple[str, int]], skus: list[str]
) -> None:
    """Terms of other customers change nothing, and stand in no trace of this one's."""
    documents = [
        own_price(f"own-{place}", f"{price}.00", number=number, sku=skus) for place, (number, price) in enumerate(rules)
    ]
    book = a_book(*documents, percent("for-all", "0.03"))
    looked_up = bought("99.00", "98.00", book=book)
    asked = PriceBook.of(book.rules)
    asked.__dict__["_index"] = RuleIndex(asked.benefits, {})
    assert looked_up.quote.lines == bought("99.00", "98.00", book=asked).quote.lines
    told = str(looked_up.trace())
    others = [f"own-{place}@1" for place, (number, _) in enumerate(rules) if number != "A-1"]
    assert not [name for name in others if name in told]
