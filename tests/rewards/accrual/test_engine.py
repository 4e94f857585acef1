"""Windows under the product's own policies: tiers, choices, asks, freezes, currencies, contracts."""

from collections.abc import Sequence
from datetime import date

import pytest

from services.rewards.accrual.books import Books
from services.rewards.accrual.reach import REACH
from services.rewards.accrual.windows import AskState, WindowKey
from services.rewards.consumers import TOPICS
from services.rewards.ledger.domain import State
from shared.events.approvals import ApprovalRejected
from shared.events.envelope import Event
from shared.events.registry import EVENT_CLASSES
from shared.policy.forms import Benefit
from tests.rewards import facts_told as said
from tests.rewards.accounts_kept import amounts, benefit, books, judges, take_all

MARCH = WindowKey("volume-subsidy", "account:acc-1", "2021-03")
BONUS = WindowKey("new-product-bonus", f"salesperson:{said.REP}", "contract:con-1")
MILLION = 100_000_000


def subsidised(*events: Event) -> Books:
    kept = books()
    take_all(kept, [said.listed(), said.elected(), *events])
    return kept


@pytest.mark.parametrize(
    ("paid", "subsidy"),
    [
        pytest.param(9_999_999, 2_000_000, id="a cent below 100,000 is 20 %"),
        pytest.param(10_000_000, 2_500_000, id="exactly 100,000 is 25 %"),
        pytest.param(49_999_999, 12_500_000, id="a cent below 500,000 is 25 %, rounded half up once"),
        pytest.param(50_000_000, 15_000_000, id="exactly 500,000 is 30 %"),
        pytest.param(99_999_999, 30_000_000, id="a cent below a million is 30 %"),
        pytest.param(MILLION, 0, id="from a million on it is negotiated: no figure"),
    ],
)
def test_r1_the_whole_month_is_at_the_row_it_reached(paid: int, subsidy: int) -> None:
    assert subsidised(*said.bought("o1", "2021-03-10", 1, paid)).windows[MARCH].posted.total == subsidy


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([said.listed(), *said.bought("o1", "2021-03-10", 1, 100)], id="nothing elected"),
        pytest.param(
            [said.listed(), said.elected("discount"), *said.bought("o1", "2021-03-10", 1, 100)], id="discount elected"
        ),
        pytest.param([said.elected(), *said.bought("o1", "2021-03-10", 1, 100)], id="on no key-account list"),
        pytest.param(
            [said.listed(), said.elected(), *said.bought("o1", "2021-03-10", 1, 100, p4_discount=True)],
            id="the line carries a P4 discount already",
        ),
        pytest.param(
            [said.listed(), said.elected(), *said.bought("o1", "2021-03-10", 1, 100)[:2]], id="delivered and not paid"
        ),
        pytest.param(
            [said.listed(), said.elected(), *said.bought("o1", "2022-01-01", 1, 100)], id="after the policy's last day"
        ),
    ],
)
def test_r1_what_is_out_of_scope_is_in_neither_tier_nor_amount(events: Sequence[Event]) -> None:
    assert take_all(books(), events) == []


def test_a_discounted_line_of_an_account_that_elected_subsidy_is_counted_as_a_disagreement() -> None:
    kept = subsidised(*said.bought("o1", "2021-03-10", 1, 100, p4_discount=True))
    assert kept.disagreements == 1


def test_a_line_belongs_to_the_local_month_of_its_delivery() -> None:
    """23:30 UTC on the last of February is March in Kinshasa."""
    kept = subsidised(*said.bought("o1", "2021-02-28T23:30", 1, 1_000))
    assert [key.window for key in kept.windows] == ["2021-03"]


def test_an_election_of_another_month_leaves_this_one_out() -> None:
    kept = books()
    february = said.bought("o1", "2021-02-10", 1, 1_000)
    take_all(
        kept, [said.listed(), said.elected(since="2021-03-01"), *february, *said.bought("o2", "2021-03-01", 1, 500)]
    )
    assert {key.window: state.posted.total for key, state in kept.windows.items()} == {"2021-03": 100}


def test_c6_reaching_a_million_reverses_what_was_accrued_and_opens_one_ask() -> None:
    kept = subsidised(*said.bought("o1", "2021-03-10", 1, 60_000_000))
    reached = take_all(kept, said.bought("o2", "2021-03-20", 1, 40_000_000), after=10)
    assert amounts(reached) == [("reversal", -18_000_000)]
    take_all(kept, said.bought("o3", "2021-03-21", 1, 100), after=20)
    (ask,) = kept.asks
    assert (ask.subject_id, ask.revision) == ("volume-subsidy/account:acc-1/2021-03", 1)
    assert kept.windows[MARCH].ask.state is AskState.OPEN


def test_c6_falling_below_a_million_again_withdraws_the_ask_and_pays_by_the_table() -> None:
    kept = subsidised(*said.bought("o1", "2021-03-10", 10, MILLION))
    back = take_all(kept, [said.returned("o1", "2021-03-20", [(1, 1, 10_000_000)])], after=10)
    assert amounts(back) == [("re_evaluation", 27_000_000)]
    assert [type(ask).__name__ for ask in kept.asks] == ["ApprovalSought", "ApprovalAskWithdrawn"]


def test_c6_a_grant_pays_by_its_terms_even_when_it_comes_after_the_month() -> None:
    kept = subsidised(*said.bought("o1", "2021-03-10", 1, MILLION))
    terms = {"rate": "0.35", "from_": "2021-03-01", "until": "2021-04-01", "applies_to": "subsidy", "account": "acc-1"}
    granted = take_all(kept, [said.granted("benefit", MARCH.subject_id, "2021-04-20", **terms)], after=10)
    assert amounts(granted) == [("re_evaluation", 35_000_000)]


@pytest.mark.parametrize(
    "terms",
    [
        pytest.param({"rate": "0.35", "from_": "2021-04-01", "applies_to": "subsidy"}, id="terms of another month"),
        pytest.param({"rate": "0.35", "applies_to": "discount"}, id="terms of the discount"),
    ],
)
def test_c6_terms_that_do_not_cover_the_window_pay_nothing(terms: dict[str, str]) -> None:
    kept = subsidised(*said.bought("o1", "2021-03-10", 1, MILLION))
    assert take_all(kept, [said.granted("benefit", MARCH.subject_id, "2021-04-20", **terms)], after=10) == []


def test_c6_a_rejected_ask_is_asked_again_only_after_falling_below() -> None:
    kept = subsidised(*said.bought("o1", "2021-03-10", 10, MILLION))
    rejected = ApprovalRejected(
        occurred_at=said.at("2021-03-21"),
        request_id="request-1",
        subject_type="benefit",
        subject_id=MARCH.subject_id,
        revision=1,
        account_id=said.ACCOUNT,
        reason="too early",
    )
    take_all(kept, [rejected, *said.bought("o2", "2021-03-22", 1, 100)], after=10)
    assert kept.windows[MARCH].ask.state is AskState.REJECTED
    take_all(kept, [said.returned("o1", "2021-03-23", [(1, 1, 10_000_000)])], after=20)
    take_all(kept, said.bought("o3", "2021-03-24", 1, 10_000_000), after=30)
    assert (kept.windows[MARCH].ask.state, kept.windows[MARCH].ask.revision) == (AskState.OPEN, 2)


def test_s_i3_orders_of_a_frozen_account_accrue_to_pending_and_are_released_with_it() -> None:
    kept = subsidised(said.frozen("2021-03-05"), *said.bought("o1", "2021-03-10", 1, 35_200_000))
    assert kept.windows[MARCH].posted.pending == 8_800_000
    (released,) = take_all(kept, [said.unfrozen("2021-03-20")], after=20)
    assert (released.kind, released.source, released.target) == ("release", State.PENDING, State.ACCRUED)


def test_s_i3_a_freeze_holds_what_is_accrued_and_not_payable_yet() -> None:
    kept = subsidised(*said.bought("o1", "2021-03-10", 1, 35_200_000))
    (held,) = take_all(kept, [said.frozen("2021-03-20")], after=20)
    assert (held.kind, held.amount_minor, kept.windows[MARCH].posted.pending) == ("hold", 8_800_000, 8_800_000)


def test_each_line_is_converted_at_the_rate_of_its_delivery_and_rounded_once() -> None:
    rates = [said.rate("2009-01-01", "10.005", base="GBP"), said.rate("2021-03-15", "9.00", base="GBP")]
    first = said.bought("o1", "2021-03-14", 1, 33, currency="GBP")
    second = said.bought("o2", "2021-03-15", 1, 1_000, currency="GBP")
    assert subsidised(*rates, *first, *second).windows[MARCH].tally.amount_minor == 330 + 9_000


def test_without_a_rate_nothing_is_paid_until_it_comes() -> None:
    kept = subsidised(*said.bought("o1", "2021-03-14", 1, 1_000, currency="GBP"))
    assert kept.windows[MARCH].posted.total == 0
    late = take_all(kept, [said.rate("2021-03-01", "10.00", base="GBP")], after=20)
    assert amounts(late) == [("re_evaluation", 2_000)]


def test_a_full_return_in_another_currency_is_exactly_zero() -> None:
    kept = subsidised(
        said.rate("2009-01-01", "9.87", base="GBP"), *said.bought("o1", "2021-03-14", 3, 1_001, currency="GBP")
    )
    for number, (pieces, net) in enumerate(((1, 334), (2, 667))):
        take_all(kept, [said.returned("o1", "2021-03-20", [(1, pieces, net)], back=f"r{number}")], after=20 + number)
    assert (kept.windows[MARCH].tally.amount_minor, kept.windows[MARCH].posted.total) == (0, 0)


def test_r14_a_cancelled_order_takes_back_all_it_earned() -> None:
    kept = subsidised(*said.bought("o1", "2021-03-10", 1, 35_200_000), *said.bought("o2", "2021-03-25", 1, 17_600_000))
    back = take_all(kept, [said.cancelled("o2", "2021-03-28")], after=20)
    assert amounts(back) == [("clawback", -5_280_000), ("re_evaluation", -1_760_000)]


def test_s_e4_an_amendment_leaves_what_was_delivered_and_counts_what_comes_after_it() -> None:
    four, three = said.line(quantity=4, net=40_000), said.line(quantity=3, net=30_000)
    other = said.line(2, quantity=1, net=5_000)
    kept = subsidised(
        said.placed("o1", "2021-03-10", [four]),
        said.delivered("o1", "2021-03-11", [(1, 2)]),
        said.paid("o1", "2021-03-11", 40_000),
    )
    assert kept.windows[MARCH].posted.total == 4_000
    take_all(kept, [said.amended("o1", "2021-03-12", [four], [three, other])], after=20)
    assert kept.windows[MARCH].posted.total == 4_000
    take_all(kept, [said.delivered("o1", "2021-03-13", [(1, 1), (2, 1)], delivery="d2")], after=30)
    assert (kept.windows[MARCH].tally.amount_minor, kept.windows[MARCH].posted.total) == (35_000, 7_000)


def test_s_e4_more_ordered_after_a_whole_delivery_is_not_delivered_with_it() -> None:
    two, five = said.line(quantity=2, net=20_000), said.line(quantity=5, net=50_000)
    kept = subsidised(*said.bought("o1", "2021-03-10", 2, 20_000))
    take_all(kept, [said.amended("o1", "2021-03-12", [two], [five])], after=20)
    assert kept.windows[MARCH].tally.amount_minor == 20_000


def test_r14_the_last_of_several_returns_takes_the_rest() -> None:
    kept = subsidised(*said.bought("o1", "2021-03-10", 3, 1_000))
    taken = [
        amount
        for number, net in enumerate((333, 334, 333))
        for _, amount in amounts(
            take_all(kept, [said.returned("o1", "2021-03-20", [(1, 1, net)], back=f"r{number}")], after=20 + number)
        )
    ]
    assert (sum(taken), kept.windows[MARCH].posted.total) == (-200, 0)


def test_s_d7_a_window_keeps_the_version_of_its_first_evaluation_and_later_windows_take_the_newer() -> None:
    document = benefit("volume-subsidy")
    first, second, *rest = document.table.rows
    table = document.table.model_copy(update={"rows": (first.model_copy(update={"rate": second.rate}), second, *rest)})
    old = books()
    take_all(old, [said.listed(), said.elected(), *said.bought("o1", "2021-03-10", 1, 1_000)])
    newer = judges((document, 1), (document.model_copy(update={"table": table}), 2))
    kept = Books(judges=newer, rates=old.rates, accounts=old.accounts, orders=old.orders, windows=old.windows)
    take_all(kept, [*said.bought("o2", "2021-03-11", 1, 1_000), *said.bought("o3", "2021-04-11", 1, 1_000)], after=10)
    found = {key.window: (state.version, state.posted.total) for key, state in kept.windows.items()}
    assert found == {"2021-03": (1, 400), "2021-04": (2, 250)}


@pytest.mark.parametrize(
    ("net", "cost", "bonus"),
    [
        pytest.param(6_500_000, 1_000_000, 0, id="exactly 10,000 USD earns none"),
        pytest.param(6_500_004, 1_000_000, 30_000, id="10,000.01 USD earns 300"),
        pytest.param(19_500_000, 1_000_000, 30_000, id="exactly 30,000 USD earns 300"),
        pytest.param(39_000_000, 1_000_000, 50_000, id="exactly 60,000 USD earns 500"),
        pytest.param(65_000_000, 1_000_000, 80_000, id="exactly 100,000 USD earns 800"),
        pytest.param(65_000_004, 1_000_000, 100_000, id="100,000.01 USD earns 1,000"),
        pytest.param(52_800_000, 47_520_000, 80_000, id="a margin of exactly 10 % qualifies"),
        pytest.param(52_800_000, 47_520_001, 0, id="a cent of cost more does not"),
    ],
)
def test_r2_amount_and_margin_of_the_signed_contract(net: int, cost: int, bonus: int) -> None:
    kept = books()
    take_all(kept, [said.product(), said.signed(net=net, cost=cost)])
    assert kept.windows[BONUS].posted.total == bonus


def test_r2_a_contract_that_falls_to_a_lower_row_gives_the_difference_back() -> None:
    order = said.bought("o1", "2021-03-10", 600, 52_800_000, contract="con-1", new_brand=True, cost_minor=42_000_000)
    kept = books()
    take_all(kept, [said.product(), said.signed(), *order])
    back = take_all(kept, [said.returned("o1", "2021-03-20", [(1, 200, 17_600_000)])], after=20)
    assert amounts(back) == [("re_evaluation", -30_000)]


def test_r2_only_the_first_contract_of_a_brand_earns_and_an_earlier_one_told_later_takes_its_place() -> None:
    kept = books()
    take_all(kept, [said.product(), said.signed("con-2", on="2021-03-20")])
    take_all(kept, [said.signed("con-1", on="2021-03-08")], after=10)
    earned = {key.window: state.posted.total for key, state in kept.windows.items()}
    assert earned == {"contract:con-2": 0, "contract:con-1": 80_000}


def test_r2_the_bonus_is_shared_by_the_frozen_shares_of_the_salespeople() -> None:
    kept = books()
    take_all(kept, [said.product(), said.signed(sold_by=[("a", "0.5"), ("b", "0.3"), ("c", "0.2")])])
    assert [state.posted.pending for _, state in sorted(kept.windows.items())] == [40_000, 24_000, 16_000]


@pytest.mark.parametrize(
    "contract",
    [
        pytest.param([said.product(), said.signed(cost=0)], id="a cost of zero"),
        pytest.param([said.product(), said.signed(cost=None)], id="no cost"),
        pytest.param([said.signed()], id="a brand the catalogue has not told yet"),
    ],
)
def test_r2_without_evidence_the_bonus_stays_pending_even_when_confirmed(contract: list[Event]) -> None:
    kept = books()
    take_all(kept, contract)
    kept.windows[BONUS].confirmation = kept.windows[BONUS].confirmation.opened("new-product-confirmation")
    assert take_all(kept, [said.granted("award", BONUS.subject_id, "2021-03-12")], after=5) == []
    assert kept.windows[BONUS].posted.pending == 80_000


def test_r2_a_confirmed_bonus_is_payable_as_soon_as_the_missing_evidence_comes() -> None:
    kept = books()
    take_all(kept, [said.signed()])
    kept.windows[BONUS].confirmation = kept.windows[BONUS].confirmation.opened("new-product-confirmation")
    take_all(kept, [said.granted("award", BONUS.subject_id, "2021-03-12"), said.product()], after=5)
    assert kept.windows[BONUS].posted.payable == 80_000


def test_a_confirmation_asked_for_another_amount_is_withdrawn() -> None:
    order = said.bought("o1", "2021-03-10", 600, 52_800_000, contract="con-1", new_brand=True, cost_minor=42_000_000)
    kept = books()
    take_all(kept, [said.product(), said.signed(), *order])
    window = kept.windows[BONUS]
    window.confirmation = window.confirmation.opened("new-product-confirmation")
    take_all(kept, [said.returned("o1", "2021-03-20", [(1, 200, 17_600_000)])], after=20)
    assert window.confirmation.state is AskState.WITHDRAWN
    assert [type(ask).__name__ for ask in kept.asks] == ["ApprovalAskWithdrawn"]


def test_every_event_class_of_every_topic_rewards_reads_says_what_it_re_evaluates() -> None:
    read = {event_class for event_class in EVENT_CLASSES.values() if event_class.topic in TOPICS}
    assert read == set(REACH)


def test_a_benefit_per_order_has_a_window_for_each() -> None:
    document = _cash_back()
    kept = books((document, 1))
    take_all(kept, [*said.bought("o1", "2021-03-10", 1, 1_500_000), *said.bought("o2", "2021-03-10", 1, 500_000)])
    found = {key.window: state.posted.total for key, state in kept.windows.items() if key.policy_id == document.id}
    assert found == {"order:o1": 5_000, "order:o2": 0}


def _cash_back() -> Benefit:
    """1 % of what an order is above 10,000.00, marginal."""
    said_so = {
        **benefit("volume-subsidy").model_dump(by_alias=True, exclude_none=True, mode="json"),
        "id": "cash-back",
        "valid": {"from": date(2021, 1, 1).isoformat()},
        "measure": {"fact": "order.net_amount", "basis": "paid", "per": "order", "currency": "CNY"},
        "table": {
            "mode": "marginal",
            "bounds": "[lower, upper)",
            "rows": [{"from": 0, "to": 10000, "nothing": True}, {"from": 10000, "rate": "0.01"}],
        },
    }
    return Benefit.model_validate({name: value for name, value in said_so.items() if name != "scope"})
