"""P1: dated prices never meet, whichever is entered first, and no past day gets another price."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pricing.catalogue.dating import DatedPrices, DayIsPast, EndsBeforeItBegins, PriceOverlaps
from services.pricing.catalogue.domain import ListPrice, PriceExists, price_on
from shared.errors import Problem

TODAY = date(2021, 3, 2)
JAN, FEB, MARCH, JUNE, JULY = (date(2021, month, 1) for month in (1, 2, 3, 6, 7))


def price(minor: int, first: date, until: date | None = None) -> ListPrice:
    return ListPrice("standard", "HANDSET", "CNY", minor, minor, first, until)


def entered(*prices: ListPrice, known: tuple[ListPrice, ...] = ()) -> DatedPrices:
    dated = DatedPrices.of(known, TODAY)
    for one in prices:
        dated.enter(one)
    return dated


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["the earlier first", "the later first"])
def test_p1_an_open_price_holds_until_the_next_begins(order: tuple[int, int]) -> None:
    both = (price(100, JUNE), price(200, JULY))
    rows = entered(*(both[place] for place in order)).rows["HANDSET"]
    assert rows == {JUNE: price(100, JUNE, JULY), JULY: price(200, JULY)}


def test_p1_a_known_open_price_makes_way_and_is_told_as_ended() -> None:
    dated = entered(price(200, JUNE), known=(price(100, JAN),))
    assert dated.entered().ended == (price(100, JAN, JUNE),)
    assert dated.entered().added == (price(200, JUNE),)


def test_p1_after_a_promotions_end_nothing_comes_back_by_itself() -> None:
    rows = entered(price(80, JUNE, JULY), known=(price(100, JAN),)).rows["HANDSET"].values()
    assert [price_on(rows, day) for day in (date(2021, 6, 30), JULY)] == [price(80, JUNE, JULY), None]


@pytest.mark.parametrize(
    ("new", "refusal", "pointer"),
    [
        pytest.param(price(90, JUNE), PriceExists, "/valid_from", id="another figure of the same first day"),
        pytest.param(price(100, JUNE, date(2021, 9, 1)), PriceExists, "/valid_until", id="a later end than was said"),
        pytest.param(price(90, date(2021, 6, 15)), PriceOverlaps, "/valid_from", id="inside days that have a price"),
        pytest.param(price(90, MARCH, date(2021, 6, 2)), PriceOverlaps, "/valid_until", id="into days that have one"),
        pytest.param(price(90, JULY, JULY), EndsBeforeItBegins, "/valid_until", id="on no day at all"),
    ],
)
def test_p1_days_of_two_prices_never_meet(new: ListPrice, refusal: type[Problem], pointer: str) -> None:
    with pytest.raises(refusal) as refused:
        entered(new, known=(price(100, JUNE, date(2021, 8, 1)),))
    assert refused.value.errors[0].pointer == pointer


def test_p1_the_price_of_a_past_day_stays() -> None:
    known = (price(100, JAN),)
    with pytest.raises(DayIsPast):
        entered(price(90, date(2021, 3, 1)), known=known)
    with pytest.raises(DayIsPast):
        entered(price(100, JAN, date(2021, 3, 1)), known=known)
    assert entered(price(90, TODAY), known=known).rows["HANDSET"][JAN].valid_until == TODAY


def test_p1_the_same_price_again_changes_nothing_or_ends_it() -> None:
    known = (price(100, JAN),)
    assert entered(price(100, JAN), known=known).entered() == ((), (), 1)
    assert entered(price(100, JAN, JUNE), known=known).entered() == ((), (price(100, JAN, JUNE),), 0)


entries = st.builds(
    lambda minor, first, days: price(
        minor, JAN + timedelta(days=first), JAN + timedelta(days=first + days) if days else None
    ),
    st.integers(1, 3),
    st.integers(0, 120),
    st.sampled_from([0, 0, 1, 10, 60]),
)


@given(known=st.lists(entries, max_size=5), new=st.lists(entries, max_size=8))
def test_p1_whatever_is_entered_every_day_has_one_price_at_most_and_past_days_the_one_they_had(
    known: list[ListPrice], new: list[ListPrice]
) -> None:
    before = DatedPrices.of((), JAN)
    after = DatedPrices.of((), TODAY)
    for one in known:
        _if_it_may(before, one)
    after = DatedPrices.of(before.rows.get("HANDSET", {}).values(), TODAY)
    for one in new:
        _if_it_may(after, one)
    rows = list(after.rows.get("HANDSET", {}).values())
    for day in (JAN + timedelta(days=number) for number in range(200)):
        held = [row for row in rows if row.valid_from <= day and (row.valid_until is None or day < row.valid_until)]
        assert len(held) <= 1
        was = price_on(before.rows.get("HANDSET", {}).values(), day)
        if day < TODAY and was is not None:
            assert (held[0].price_minor, held[0].valid_from) == (was.price_minor, was.valid_from)


def _if_it_may(dated: DatedPrices, one: ListPrice) -> None:
    try:
        dated.enter(one)
    except Problem:
        return
