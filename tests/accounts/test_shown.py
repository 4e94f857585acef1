"""How figures are shown (policies §6.4): scores half up, shares of targets down."""

from decimal import Decimal

import pytest

from services.accounts.shown import share_reached, two_digits


@pytest.mark.parametrize(
    ("score", "shown"),
    [
        pytest.param("79.995", "80.00", id="a half goes up from odd"),
        pytest.param("80.005", "80.01", id="a half goes up from even"),
        pytest.param("-0.005", "-0.01", id="away from zero"),
        pytest.param("79.994", "79.99", id="less than a half stays"),
    ],
)
def test_a_score_is_shown_half_up(score: str, shown: str) -> None:
    assert two_digits(Decimal(score)) == shown


def test_no_score_is_shown_as_none() -> None:
    assert two_digits(None) is None


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        pytest.param("0.999999999", "0.9999", id="nearly reached is not reached"),
        pytest.param("1", "1.0000", id="reached"),
        pytest.param("-0.00009", "-0.0000", id="more returned than bought"),
    ],
)
def test_a_share_of_a_target_is_shown_rounded_down(share: str, shown: str) -> None:
    assert share_reached(Decimal(share)) == shown
