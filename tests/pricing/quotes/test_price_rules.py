"""P4, P5, P6: each price rule is a document of the pack or of its owner; no line of code knows any of them."""

from datetime import UTC, date, datetime

import pytest

from services.pricing.accounts.domain import Tier
from services.pricing.quotes.facts import Purchase
from tests.pricing.quotes.house import (
    NOON,
    a_benefit,
    a_book,
    an_account,
    bought,
    findings,
    nets,
    orders_on,
    rules_of,
    why_not,
)

ORDER_VOLUME = a_benefit(
    "order-volume",
    measure={"fact": "order.amount_so_far", "per": "order", "currency": "CNY"},
    table={
        "mode": "whole_volume",
        "bounds": "[lower, upper)",
        "rows": [
            {"from": 0, "to": 1000, "nothing": True},
            {"from": 1000, "to": 5000, "rate": "0.02"},
            {"from": 5000, "rate": "0.04"},
        ],
    },
    outcome={"kind": "discount", "of": "order", "rounding": "half_up"},
    stacking="promotion",
)


@pytest.mark.parametrize(
    ("before", "price", "net"),
    [
        pytest.param(0, "99999.99", "94999.99", id="5 % a fen below 100,000"),
        pytest.param(0, "100000.00", "93000.00", id="7 % at 100,000 exactly"),
        pytest.param(0, "100000.01", "93000.01", id="7 % a fen above it"),
        pytest.param(9_999_999, "0.01", "0.01", id="the fen that reaches the tier: 7 % of a fen is none"),
        pytest.param(9_900_000, "999.99", "949.99", id="5 % where the month stays a fen below, this order included"),
        pytest.param(9_900_000, "1000.00", "930.00", id="7 % for this order where it brings the month to the tier"),
    ],
)
def test_p4_the_volume_discount_goes_by_the_month_to_date_this_order_included(
    before: int, price: str, net: str
) -> None:
    month = (Purchase("CNY", date(2026, 3, 2), before), Purchase("CNY", date(2026, 2, 28), 90_000_000))
    decided = bought(price, book=a_book(), account=an_account(elects="discount"), purchases=month)
    assert nets(decided.quote) == [net]


@pytest.mark.parametrize(
    ("price", "net"),
    [
        pytest.param("999.99", "999.99", id="nothing a fen below 1,000"),
        pytest.param("1000.00", "980.00", id="2 % at 1,000 exactly"),
        pytest.param("1000.01", "980.01", id="2 % a fen above"),
        pytest.param("4999.99", "4899.99", id="2 % a fen below 5,000"),
        pytest.param("5000.00", "4800.00", id="4 % at 5,000 exactly"),
    ],
)
def test_p4_a_volume_discount_may_look_at_this_order_only(price: str, net: str) -> None:
    """Another measure in the document, and what was bought before says nothing."""
    assert findings(ORDER_VOLUME) == []
    month = (Purchase("CNY", date(2026, 3, 2), 90_000_000),)
    assert nets(bought(price, book=a_book(ORDER_VOLUME), purchases=month).quote) == [net]


@pytest.mark.parametrize(
    ("tier", "net"),
    [("", "1000.00"), ("regular", "1000.00"), ("silver", "800.00"), ("gold", "700.00"), ("diamond", "650.00")],
)
def test_p5_members_pay_by_their_tier_and_others_the_list(tier: str, net: str) -> None:
    assert nets(bought("1000.00", book=a_book(), account=an_account(tier=tier)).quote) == [net]


@pytest.mark.parametrize(
    ("now", "net"),
    [
        pytest.param(datetime(2026, 3, 31, 22, 59, 59, tzinfo=UTC), "700.00", id="gold until local midnight"),
        pytest.param(datetime(2026, 3, 31, 23, 0, tzinfo=UTC), "800.00", id="silver from local midnight on"),
        pytest.param(datetime(2026, 5, 31, 23, 0, tzinfo=UTC), "1000.00", id="no member after leaving"),
    ],
)
def test_p5_a_tier_holds_on_its_local_days(now: datetime, net: str) -> None:
    tiers = Tier("gold", date(2026, 1, 1)), Tier("silver", date(2026, 4, 1)), Tier(None, date(2026, 6, 1))
    assert nets(bought("1000.00", book=a_book(on=now.date()), account=an_account(tiers=tiers), now=now).quote) == [net]


@pytest.mark.parametrize("elects", ["discount", "subsidy"])
def test_p5_is_off_while_a_p4_election_is_in_force_and_the_trace_says_what_it_would_have_given(elects: str) -> None:
    decided = bought("1000.00", book=a_book(), account=an_account(elects=elects, tier="gold"))
    against = why_not(decided, "member-discount").why_not
    assert rules_of(decided.quote) == [[("volume-discount-2026", 5_000)] if elects == "discount" else []]
    assert against is not None
    assert (against.reason, str(against.would_give)) == ("excluded", "300.00")


@pytest.mark.parametrize(
    ("orders", "net"),
    [
        pytest.param(5, "1000.00", id="nothing after five orders in three months"),
        pytest.param(6, "990.00", id="1 % after six"),
        pytest.param(11, "990.00", id="1 % after eleven"),
        pytest.param(12, "980.00", id="2 % after twelve"),
    ],
)
def test_p6_by_frequency_of_orders(orders: int, net: str) -> None:
    days = [date(2026, 3, 1)] * orders
    assert nets(bought("1000.00", book=a_book(), order_days=orders_on(*days)).quote) == [net]


@pytest.mark.parametrize(
    ("day", "net"),
    [
        pytest.param(date(2025, 12, 10), "1000.00", id="the day three months ago is out"),
        pytest.param(date(2025, 12, 11), "990.00", id="the day after it counts"),
        pytest.param(date(2026, 3, 10), "990.00", id="today counts"),
        pytest.param(date(2026, 3, 11), "1000.00", id="tomorrow does not"),
    ],
)
def test_p6_frequency_looks_at_the_last_three_months(day: date, net: str) -> None:
    assert nets(bought("1000.00", book=a_book(), order_days=orders_on(*[day] * 6)).quote) == [net]


def test_p6_frequency_that_nobody_has_counted_is_no_evidence_and_gives_nothing() -> None:
    late = orders_on(*[date(2026, 3, 1)] * 20, since=date(2026, 1, 1))
    decided = bought("1000.00", book=a_book(), order_days=late)
    against = why_not(decided, "frequency-discount").why_not
    assert nets(decided.quote) == ["1000.00"]
    assert against is not None
    assert against.reason == "no_evidence"


def test_p6_what_the_rules_count_is_what_is_read() -> None:
    assert a_book().needs(NOON.date()).orders_since == date(2025, 12, 11)
    assert a_book(without=["frequency-discount"]).needs(NOON.date()).orders_since is None


@pytest.mark.parametrize(
    ("first", "net"),
    [
        pytest.param(datetime(2023, 3, 11, 11, tzinfo=UTC), "1000.00", id="nothing a day before the third year"),
        pytest.param(datetime(2023, 3, 10, 11, tzinfo=UTC), "990.00", id="1 % from the third year's day"),
        pytest.param(datetime(2021, 3, 11, 11, tzinfo=UTC), "990.00", id="1 % a day before the fifth"),
        pytest.param(datetime(2021, 3, 10, 11, tzinfo=UTC), "980.00", id="2 % from the fifth"),
    ],
)
def test_p6_by_years_of_cooperation(first: datetime, net: str) -> None:
    assert nets(bought("1000.00", book=a_book(), first_ordered_at=first).quote) == [net]


def test_p6_frequency_and_years_the_better_one_counts_and_the_other_says_what_it_would_have_given() -> None:
    days = orders_on(*[date(2026, 3, 1)] * 6)
    decided = bought("1000.00", book=a_book(), order_days=days, first_ordered_at=datetime(2020, 1, 1, tzinfo=UTC))
    against = why_not(decided, "frequency-discount").why_not
    assert rules_of(decided.quote) == [[("tenure-discount", 2_000)]]
    assert against is not None
    assert (against.reason, against.by, str(against.would_give)) == ("gave_less", "tenure-discount@1", "10.00")
