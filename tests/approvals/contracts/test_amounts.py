"""C2, C12, S-C3: the amount that decides a contract's route."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.approvals.contracts.amounts import Counted, NoExchangeRate, rates_at_submission, routing_amount, worth
from shared.calendar import Duration
from shared.money import ExchangeRate, Money
from tests.approvals.contracts.build import CONTENT, TODAY, USD_CNY, one_line

YEAR = Duration(months=12)


def usd(minor):
    return Money(minor, "USD")


def counted(amount, on=TODAY, rates=(), name="c-2"):
    return Counted(name, amount, on, rates)


def test_the_story_528000_cny_at_6_50_is_81230_77_usd():
    amount = routing_amount(worth(CONTENT, open_ended=YEAR), [], currency="USD", on=TODAY, rates=[USD_CNY])
    assert amount.total == usd(81_230_77)
    assert amount.rates == (USD_CNY,)


@pytest.mark.parametrize(
    ("term", "amount_minor"),
    [
        pytest.param(Duration(months=6), 6 * 100_00, id="six months of rent"),
        pytest.param(Duration(years=2), 24 * 100_00, id="two years"),
        pytest.param(None, 12 * 100_00, id="open-ended counts as the table says"),
    ],
)
def test_c2_rent_counts_for_its_term(term, amount_minor):
    rented = one_line(1_00, monthly_rent_minor=100_00, term=term)
    assert worth(rented, open_ended=YEAR) == usd(1_00 + amount_minor)


def test_c12_each_contract_is_converted_at_its_own_submission_and_then_added():
    february = ExchangeRate("USD", "CNY", Decimal("8.00"), date(2021, 2, 1), "illustrative")
    beside = [counted(Money(650_00, "CNY"), rates=(USD_CNY,)), counted(usd(50_00), name="c-3")]
    amount = routing_amount(usd(1_00), beside, currency="USD", on=TODAY, rates=[USD_CNY, february])
    assert amount.beside[1] == ("c-3", usd(50_00))
    assert amount.total == usd(1_00) + amount.beside[0][1] + usd(50_00)


def test_s_c3_a_stored_rate_outlives_a_later_one():
    later = ExchangeRate("USD", "CNY", Decimal("8.00"), date(2021, 3, 5), "illustrative")
    beside = [counted(Money(650_00, "CNY"), on=TODAY, rates=(USD_CNY,))]
    amount = routing_amount(usd(0), beside, currency="USD", on=date(2021, 3, 10), rates=[USD_CNY, later])
    assert amount.total == usd(100_00)


def test_no_rate_on_or_before_the_day_is_a_refusal_that_names_pair_and_day():
    with pytest.raises(NoExchangeRate) as refused:
        routing_amount(Money(1, "GBP"), [], currency="USD", on=TODAY, rates=[USD_CNY])
    assert "GBP" in refused.value.detail["en"]
    assert "2021-03-03" in refused.value.detail["zh"]


def test_the_rates_of_submission_are_kept_for_every_currency_a_route_asks_in():
    assert rates_at_submission(Money(1, "CNY"), ["USD", "CNY"], on=TODAY, rates=[USD_CNY]) == (USD_CNY,)


@given(parts=st.lists(st.integers(1, 10**9), min_size=1, max_size=6))
def test_c12_splitting_a_contract_never_lowers_what_is_routed(parts):
    whole = routing_amount(usd(sum(parts)), [], currency="USD", on=TODAY, rates=[])
    beside = [counted(usd(part), name=str(i)) for i, part in enumerate(parts[1:])]
    assert routing_amount(usd(parts[0]), beside, currency="USD", on=TODAY, rates=[]).total == whole.total
