"""The figures of one key account's spring, to the penny."""

import pytest

from services.rewards.accrual.books import Books
from services.rewards.accrual.windows import WindowKey
from services.rewards.ledger.domain import State, balances
from tests.rewards import facts_told as said
from tests.rewards.accounts_kept import amounts, books, take_all

FIRST = said.bought("o1", "2021-03-10", 400, 35_200_000, contract="con-1", new_brand=True, cost_minor=28_000_000)
SECOND = said.bought("o2", "2021-03-25", 200, 17_600_000, contract="con-1", new_brand=True, cost_minor=14_000_000)
BONUS = WindowKey("new-product-bonus", f"salesperson:{said.REP}", "contract:con-1")


@pytest.fixture
def march() -> Books:
    """The account is listed and elected subsidy, the contract is signed and both orders are delivered and paid."""
    kept = books()
    take_all(kept, [said.listed(), said.elected(), said.product(), said.signed(), *FIRST, *SECOND])
    return kept


def test_each_paid_delivery_accrues_and_a_new_tier_trues_up_the_first_as_a_line_of_its_own() -> None:
    kept = books()
    take_all(kept, [said.listed(), said.elected()])
    assert amounts(take_all(kept, FIRST, after=2)) == [("accrual", 8_800_000)]
    assert amounts(take_all(kept, SECOND, after=5)) == [("accrual", 5_280_000), ("re_evaluation", 1_760_000)]
    assert sum(balances(booked.posting for booked in kept.booked).values()) == 15_840_000


def test_the_bonus_is_pending_at_signature_and_payable_once_confirmed(march: Books) -> None:
    window = march.windows[BONUS]
    assert (window.posted.pending, window.tally.amount_minor) == (80_000, 8_123_077)
    window.confirmation = window.confirmation.opened("new-product-confirmation")
    (confirmed,) = take_all(march, [said.granted("award", BONUS.subject_id, "2021-03-12")], after=20)
    assert (confirmed.kind, confirmed.source, confirmed.target) == ("confirmation", State.PENDING, State.PAYABLE)
    assert (confirmed.amount_minor, confirmed.period) == (80_000, "2021-03")


def test_a_return_after_the_close_takes_back_the_line_and_trues_up_the_month_as_adjustments(march: Books) -> None:
    march.open_from = "2021-04"
    back = take_all(march, [said.returned("o2", "2021-04-12", [(1, 50, 4_400_000)])], after=30)
    subsidy = [posting for posting in back if posting.policy_id == "volume-subsidy"]
    assert amounts(subsidy) == [("clawback", -1_320_000), ("re_evaluation", -2_420_000)]
    assert {(one.period, one.origin_period, one.version) for one in subsidy} == {("2021-04", "2021-03", 1)}


def test_the_bonus_is_tested_again_on_what_remains_and_a_record_says_that_it_stays(march: Books) -> None:
    back = take_all(march, [said.returned("o2", "2021-04-12", [(1, 50, 4_400_000)])], after=30)
    (bonus,) = [posting for posting in back if posting.policy_id == "new-product-bonus"]
    assert (bonus.amount_minor, bonus.measure_before, bonus.measure_after) == (0, 8_123_077, 7_446_154)
    assert march.windows[BONUS].posted.total == 80_000
