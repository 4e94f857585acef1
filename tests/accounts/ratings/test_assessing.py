"""What may be assessed by hand, and how a share is written."""

import pytest

from services.accounts.ratings.assessing import NotAssessable, check_assessable
from shared.policy.registry import load_registry

SHARE = "account.territory_share"


@pytest.mark.parametrize("value", ["0", "1", "0.25", "0.123456", "1.000000"])
def test_a_share_of_one_is_taken(value: str) -> None:
    check_assessable(load_registry(), SHARE, value)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("1e-400000", id="four hundred thousand digits once written out"),
        pytest.param("1E-1", id="an exponent"),
        pytest.param("0.1234567", id="more than six digits"),
        pytest.param("1.000001", id="more than everything"),
        pytest.param("-0.1", id="less than nothing"),
        pytest.param("NaN", id="no number"),
        pytest.param("٠.٥", id="digits of another script"),
        pytest.param(" 0.5", id="a blank"),
    ],
)
def test_anything_else_is_refused(value: str) -> None:
    with pytest.raises(NotAssessable) as refused:
        check_assessable(load_registry(), SHARE, value)
    assert [error.pointer for error in refused.value.errors] == ["/value"]
