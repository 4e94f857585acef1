"""A refusal says what was looked at, what it would have to be and what is missing, in both languages."""

from decimal import Decimal

import pytest

from shared.policy.rulebook import PolicyRefuses, Rulebook
from tests.shared.policy.asking import case, plans

CASH_SALE = {
    "sale.plan": "none",
    "sale.instalments": False,
    "sale.credit_days": 0,
    "account.industrial": False,
    "sale.consignment": False,
    "sale.prepaid_share_agreed": Decimal(0),
}


def refusal(**facts):
    with pytest.raises(PolicyRefuses) as refused:
        Rulebook(plans()).ask("quote.pricing", case(CASH_SALE | facts), subject="sale")
    return refused.value.errors


def test_p7_a_refusal_of_class_c_names_its_condition_and_how_far_off_it_is():
    (error,) = refusal(**{"account.class": "C"})
    said = "Class C pays first: Prepaid share agreed: 0 %, required ≥ 100 % – fails, short by 100 percentage points."
    assert error.detail["en"] == said
    assert error.detail["zh"].startswith("C类先款：")


def test_p7_a_refusal_for_want_of_a_class_says_that_there_is_no_evidence():
    unknown, short = refusal()
    assert (unknown.code, unknown.pointer, unknown.where) == ("no_evidence", "/require.all[2].when", "policy")
    assert unknown.detail["en"].startswith("Class C pays first: Class in force: no evidence")
    assert short.detail["zh"].startswith("C类先款：")
