"""Money: exact amounts, one rounding, shares that sum, and rates of a day (S-C1, S-C2, S-C3, S-C4)."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Problem
from shared.money import (
    CurrencyMismatch,
    ExchangeRate,
    InvalidAmount,
    Money,
    NoExchangeRate,
    UnknownCurrency,
    allocate,
    convert,
    minor_digits,
    rate_on,
    rounded,
    share_of,
)

USD_CNY = ExchangeRate("USD", "CNY", Decimal("6.50"), date(2021, 1, 1), "illustrative")


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        pytest.param("2000.00", "USD", 200000, id="two digits for dollars"),
        pytest.param("2000", "USD", 200000, id="whole dollars"),
        pytest.param("-0.05", "CNY", -5, id="a few fen owed"),
        pytest.param("2000", "JPY", 2000, id="no digits for yen"),
        pytest.param("1.234", "KWD", 1234, id="three digits for Kuwaiti dinar"),
        pytest.param("0.50", "CDF", 50, id="the Congolese franc has centimes"),
    ],
)
def test_an_amount_is_read_in_the_digits_of_its_currency(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency).amount_minor == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        pytest.param("2000.005", "USD", id="more digits than the dollar has"),
        pytest.param("20.5", "JPY", id="half a yen"),
        pytest.param("2e3", "USD", id="an exponent"),
        pytest.param(2000.0, "USD", id="a float"),
        pytest.param("2,000.00", "USD", id="a thousands separator"),
        pytest.param(" 20", "USD", id="a space"),
        pytest.param("", "USD", id="nothing"),
        pytest.param("NaN", "USD", id="not a number"),
        pytest.param("٥.00", "USD", id="digits of another script"),
        pytest.param("9999999999999999.00", "USD", id="more than a ledger holds"),
    ],
)
def test_what_is_no_plain_decimal_amount_is_refused(text: Any, currency: str) -> None:
    with pytest.raises(InvalidAmount):
        Money.parse(text, currency)


def test_a_currency_outside_iso_4217_is_refused() -> None:
    with pytest.raises(UnknownCurrency):
        minor_digits("RMB")


@given(st.integers(-(10**16), 10**16), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_an_amount_reads_back_as_it_was_written(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    if abs(money.decimal) < 10**15:
        assert Money.parse(str(money), currency) == money
    assert "E" not in str(money)


def test_json_holds_a_string_and_the_code() -> None:
    assert Money(200000, "USD").to_json() == {"amount": "2000.00", "currency": "USD"}


def test_currencies_never_mix() -> None:
    """S-C3: a sum over currencies converts first."""
    for act in (Money.__add__, Money.__sub__, Money.__lt__, Money.__ge__, Money.__gt__, Money.__le__):
        with pytest.raises(CurrencyMismatch):
            act(Money(1, "EUR"), Money(1, "USD"))
    assert Money(1, "EUR") != Money(1, "USD")


def test_amounts_add_subtract_negate_and_compare() -> None:
    assert Money(5, "CNY") + Money(7, "CNY") == Money(12, "CNY")
    assert Money(5, "CNY") - Money(7, "CNY") == -Money(2, "CNY")
    assert Money(5, "CNY") < Money(7, "CNY") <= Money(7, "CNY")


@pytest.mark.parametrize(
    ("value", "half_up", "down"),
    [
        pytest.param("0.5", 1, 0, id="a half goes up"),
        pytest.param("-0.5", -1, 0, id="a negative half goes away from zero"),
        pytest.param("2.5", 3, 2, id="not to the even neighbour"),
        pytest.param("0.4999999999999999999999999999999", 0, 0, id="just below the half"),
        pytest.param("-1.999", -2, -1, id="down is towards zero"),
        pytest.param("7", 7, 7, id="whole stays whole"),
    ],
)
def test_rounding_is_half_up_or_down(value: str, half_up: int, down: int) -> None:
    assert rounded(Decimal(value), "half_up") == half_up
    assert rounded(Decimal(value), "down") == down


def test_points_are_rounded_down() -> None:
    """R8: 999.99 at 4 per 10 earns 399."""
    assert share_of(99999, Decimal("0.4") / 100, "down") == 399


def test_a_share_is_exact_until_its_one_rounding() -> None:
    assert share_of(35_200_000, Decimal("0.25"), "half_up") == 8_800_000
    assert share_of(10**15 + 1, Decimal("0.123456789012345678901234567"), "down") == int(
        Fraction("0.123456789012345678901234567") * (10**15 + 1)
    )
    assert share_of(-333, Decimal("0.5"), "half_up") == -167


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_shares_always_sum_to_the_total(total: int, weights: list[int]) -> None:
    """S-C2"""
    shares = allocate(total, weights)
    assert sum(shares) == total
    assert shares == [-share for share in allocate(-total, weights)]
    if sum(weights):
        assert all(
            abs(share - Fraction(total * weight, sum(weights))) < 1
            for share, weight in zip(shares, weights, strict=True)
        )


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        pytest.param(1000, [100, 100, 100], [334, 333, 333], id="10.00 over three equals: the first takes the cent"),
        pytest.param(-1000, [100, 100, 100], [-334, -333, -333], id="a return mirrors it"),
        pytest.param(100, [0, 1, 0], [0, 100, 0], id="who weighs nothing gets nothing"),
        pytest.param(100, [0, 0], [100, 0], id="where nobody weighs the first takes all"),
        pytest.param(5, [1, 2, 2], [1, 2, 2], id="exact shares stay exact"),
        pytest.param(1, [1, 2, 1], [0, 1, 0], id="the largest remainder takes the cent"),
    ],
)
def test_shares_go_by_largest_remainder(total: int, weights: list[int], shares: list[int]) -> None:
    assert allocate(total, weights) == shares


def test_nobody_and_negative_weights_share_nothing() -> None:
    for weights in ([], [1, -1]):
        with pytest.raises(ValueError, match="weights"):
            allocate(100, weights)


def test_the_contract_of_the_story_is_81230_77_dollars() -> None:
    """C2: 528,000.00 CNY at 6.50."""
    assert convert(Money.parse("528000.00", "CNY"), "USD", USD_CNY) == Money.parse("81230.77", "USD")
    assert convert(Money.parse("2000.00", "USD"), "CNY", USD_CNY) == Money.parse("13000.00", "CNY")


def test_dividing_rounds_once() -> None:
    """0.005 exactly at the half must not be lost to an inverse that was rounded before."""
    third = ExchangeRate("USD", "CNY", Decimal("3"), date(2021, 1, 1), "x")
    assert convert(Money(15, "CNY"), "USD", third) == Money(5, "USD")
    assert (
        convert(Money(1, "CNY"), "USD", ExchangeRate("USD", "CNY", Decimal("2"), date(2021, 1, 1), "x")).amount_minor
        == 1
    )


def test_conversion_knows_the_digits_of_both_currencies() -> None:
    yen = ExchangeRate("USD", "JPY", Decimal("110.5"), date(2021, 1, 1), "x")
    assert convert(Money.parse("10.00", "USD"), "JPY", yen) == Money(1105, "JPY")
    assert convert(Money(1105, "JPY"), "USD", yen) == Money.parse("10.00", "USD")


def test_a_rate_of_another_pair_does_not_convert() -> None:
    with pytest.raises(CurrencyMismatch):
        convert(Money(1, "GBP"), "USD", USD_CNY)
    assert convert(Money(1, "GBP"), "GBP", USD_CNY) == Money(1, "GBP")


def test_the_newest_rate_on_or_before_the_day_holds_in_either_direction() -> None:
    """S-C3"""
    later = ExchangeRate("USD", "CNY", Decimal("6.40"), date(2021, 6, 1), "x")
    other = ExchangeRate("GBP", "CNY", Decimal("10.00"), date(2009, 1, 1), "x")
    rates = [later, other, USD_CNY]
    assert rate_on(rates, "USD", "CNY", date(2021, 5, 31)) is USD_CNY
    assert rate_on(rates, "CNY", "USD", date(2021, 6, 1)) is later


def test_no_rate_on_or_before_the_day_is_a_refusal_that_names_pair_and_day() -> None:
    with pytest.raises(NoExchangeRate, match="USD/CNY on or before 2020-12-31"):
        rate_on([USD_CNY], "USD", "CNY", date(2020, 12, 31))
    assert issubclass(NoExchangeRate, Problem)
