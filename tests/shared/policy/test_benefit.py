"""Benefits: the row reached, the amount to the cent, the distance to the next row, and what is not due."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar import period
from shared.money import Money, rounded
from shared.policy.evaluation import Grant
from shared.policy.worth import Award, Gift, State
from shared.trace import Evidence, Gap, Node
from tests.shared.policy.asking import (
    ACCOUNT,
    LINE,
    ORDER,
    SUBSIDY,
    Recorded,
    case,
    changed_plan,
    cny,
    on,
    plan,
    usd,
    written,
)

NEW_BRAND = {"line.new_brand": True, "contract.new_brand_margin": Decimal("0.10"), "contract.first_of_brand": True}
GATES = {
    "account.first_order_on": date(2021, 1, 4),
    "account.orders_before_first": 0,
    "account.self_developed": True,
    "orders.count": 3,
    "orders.margin": Decimal("0.10"),
    "account.industrial": True,
    "account.first_order_prepaid_share": Decimal("0.50"),
}


def amount_of(award: Award) -> str | None:
    return None if award.amount is None else str(award.amount)


def node(tree: Node, what: str) -> Node:
    return next(found for found in walk(tree) if found.rule.what == what)


def walk(tree: Node):
    yield tree
    for inner in tree.inside:
        yield from walk(inner)


@pytest.mark.parametrize(
    ("purchases", "subsidy"),
    [
        pytest.param("352000.00", "88000.00", id="R1 352,000.00 earns a quarter"),
        pytest.param("528000.00", "158400.00", id="R1 528,000.00 earns 30 % of all of it"),
        pytest.param("484000.00", "121000.00", id="R1 after the return the month falls back to a quarter"),
        pytest.param("99999.99", "20000.00", id="S-A1 one cent below the edge"),
        pytest.param("100000.00", "25000.00", id="S-A1 the edge belongs to the row above"),
        pytest.param("100000.01", "25000.00", id="S-A1 one cent above the edge, half up"),
        pytest.param("999999.99", "300000.00", id="S-A1 one cent below negotiation"),
    ],
)
def test_the_volume_subsidy_is_the_rate_of_the_row_reached(purchases, subsidy):
    award = plan("volume-subsidy").decide(case(SUBSIDY | {"purchases": cny(purchases)})).outcome
    assert (award.state, amount_of(award)) == (State.GIVES, subsidy)


@pytest.mark.parametrize(
    ("amount", "bonus"),
    [
        ("9999.99", None),
        ("10000.00", None),
        ("10000.01", "300.00"),
        ("30000.00", "300.00"),
        ("30000.01", "500.00"),
        ("60000.00", "500.00"),
        ("60000.01", "800.00"),
        ("100000.00", "800.00"),
        ("100000.01", "1000.00"),
    ],
)
def test_the_new_product_bonus_has_its_upper_edges_inside(amount, bonus):
    """R2, S-A1"""
    award = plan("new-product-bonus").decide(case(NEW_BRAND | {"contract.new_brand_amount": usd(amount)})).outcome
    assert (award.state, amount_of(award)) == (State.GIVES if bonus else State.NOTHING, bonus)


@pytest.mark.parametrize(
    ("margin", "state"),
    [
        pytest.param("0.10", State.GIVES, id="S-A1 a margin of exactly 10 % qualifies"),
        pytest.param("0.09995", State.NOTHING, id="S-C5 9.995 % doesn't: the ratio is compared unrounded"),
    ],
)
def test_the_margin_gate_of_the_new_product_bonus(margin, state):
    facts = NEW_BRAND | {"contract.new_brand_amount": usd("50000.00"), "contract.new_brand_margin": Decimal(margin)}
    assert plan("new-product-bonus").decide(case(facts)).outcome.state is state


def test_a_failed_gate_pays_nothing_and_says_what_it_would_have_paid():
    facts = NEW_BRAND | {"contract.new_brand_amount": usd("50000.00"), "contract.first_of_brand": False}
    decision = plan("new-product-bonus").decide(case(facts))
    assert decision.outcome == Award(State.NOTHING, "cash")
    assert (decision.trace.why_not.reason, decision.trace.why_not.would_give) == ("condition_failed", cny("500.00"))


def test_an_unknown_margin_keeps_the_bonus_pending_at_its_figure():
    """S-C5, S-G11: no evidence is never a full margin."""
    facts = {name: value for name, value in NEW_BRAND.items() if name != "contract.new_brand_margin"}
    award = plan("new-product-bonus").decide(case(facts | {"contract.new_brand_amount": usd("81230.77")})).outcome
    assert (award.state, amount_of(award)) == (State.PENDING, "800.00")


@pytest.mark.parametrize(
    ("total", "orders", "bonus"),
    [
        pytest.param("99999.99", 3, None, id="R3 just below the first row"),
        pytest.param("100000.00", 3, "1000.00", id="R3 from 100,000"),
        pytest.param("200000.00", 3, "1500.00", id="R3 from 200,000"),
        pytest.param("300000.00", 3, "2500.00", id="R3 from 300,000"),
        pytest.param("300000.00", 2, None, id="R3 more than two orders are needed"),
    ],
)
def test_the_new_customer_bonus_after_its_window(total, orders, bonus):
    facts = GATES | {"purchases": cny(total), "orders.count": orders}
    award = plan("new-customer-bonus").decide(case(facts, as_of=on(date(2021, 4, 4)))).outcome
    assert (award.state, amount_of(award)) == (State.GIVES if bonus else State.NOTHING, bonus)


def test_too_few_orders_in_a_window_that_still_runs_keep_the_bonus_pending():
    facts = GATES | {"purchases": cny("300000.00"), "orders.count": 2}
    decision = plan("new-customer-bonus").decide(case(facts, as_of=on(date(2021, 4, 3))))
    assert (decision.outcome.state, decision.trace.why_not.reason) == (State.PENDING, "not_yet")


@pytest.mark.parametrize(
    ("policy", "facts", "expected"),
    [
        pytest.param(
            "vpn0-rent",
            {"subscription.plan": "vpn0", "subscription.seats": 530},
            usd("954.00"),
            id="P3 30 seats above 500 at 1.80 each",
        ),
        pytest.param(
            "vpn0-rent",
            {"subscription.plan": "vpn0", "subscription.seats": 500},
            usd("900.00"),
            id="P3 500 seats are inside the row",
        ),
        pytest.param(
            "cash-back", {"order.net_amount": cny("15000.00")}, cny("50.00"), id="R11 one percent above 10,000"
        ),
        pytest.param(
            "market-activity-award", {"market_activities.successful": 3}, cny("900.00"), id="R7 300 for each activity"
        ),
        pytest.param(
            "annual-rebate",
            {
                "account.channel": "modifier",
                "sales_target.attainment": Decimal("1.10"),
                "purchases": cny("1000000.00"),
            },
            cny("15000.00"),
            id="R5 the rate of the attainment reached, of another measure",
        ),
        pytest.param(
            "merchant-withholding",
            {"award.policy_row": "R9", "award.kind": "cash", "award.cash": cny("500.05")},
            cny("-50.01"),
            id="R9 a negative rate is rounded away from zero",
        ),
    ],
)
def test_amounts_of_the_drafts(policy, facts, expected):
    assert plan(policy).decide(case(facts, subject=ORDER)).outcome.amount == expected


@pytest.mark.parametrize(
    ("tier", "points"),
    [("regular", 999), ("silver", 1199), ("gold", 1499), ("diamond", 1999)],
)
def test_points_are_rounded_down(tier, points):
    facts = {"membership.enrolled": True, "account.tier": tier, "order.points_base": cny("999.99")}
    assert plan("points-earned").decide(case(facts, subject=ORDER)).outcome.points == points


def test_four_points_for_ten_of_999_99_are_399():
    facts = {"membership.enrolled": True, "account.tier": "regular", "order.points_base": cny("999.99")}
    at_four_for_ten = changed_plan("points-earned", set_={"table.rows[0].rate": "0.4"})
    assert at_four_for_ten.decide(case(facts, subject=ORDER)).outcome.points == 399


@pytest.mark.parametrize(
    ("policy", "facts", "gift"),
    [
        ("gift-line", {"order.amount_so_far": cny("20000.00")}, Gift(sku="GIFT-TOOLBAG", quantity=1)),
        (
            "birthday-gift",
            {"membership.enrolled": True, "account.main_contact_birthdays": 1},
            Gift(coupon="BIRTHDAY"),
        ),
        (
            "merchant-plan",
            {"account.in_merchant_plan": True, "sales_target.attainment": Decimal("1.50")},
            Gift(service="training"),
        ),
    ],
)
def test_a_row_gives_goods_a_coupon_or_a_service(policy, facts, gift):
    award = plan(policy).decide(case(facts, subject=ORDER)).outcome
    assert (award.state, award.gift) == (State.GIVES, gift)


def test_a_penalty_is_judged_only_when_its_year_is_over():
    """S-H6"""
    facts = {"salesperson.exempt_days": 0, "new_customers": 0}
    penalty = plan("no-new-customer-penalty")
    early = penalty.decide(case(facts, as_of=on(date(2021, 12, 31))))
    assert (early.outcome.state, early.trace.why_not.reason) == (State.PENDING, "not_yet")
    assert early.outcome.amount == cny("-1000.00")


def test_what_lies_outside_the_scope_is_no_failure():
    award = plan("volume-subsidy").decide(case(SUBSIDY | {"election.p4": "discount", "purchases": cny("5.00")})).outcome
    assert award == Award(State.OUT_OF_SCOPE, "cash")


def test_a_year_the_policy_does_not_cover_is_out_of_scope():
    """S-D3: 31 December is covered to its end, 1 January is not."""
    facts = SUBSIDY | {"purchases": cny("100.00")}
    last = datetime(2021, 12, 31, 22, 59, 59, 999999, tzinfo=UTC)
    subsidy = plan("volume-subsidy")
    assert subsidy.decide(case(facts, as_of=last)).outcome.state is State.GIVES
    after = subsidy.decide(case(facts, as_of=datetime(2021, 12, 31, 23, tzinfo=UTC)))
    assert (after.outcome.state, after.trace.why_not.reason) == (State.OUT_OF_SCOPE, "not_in_force")


def test_unknown_purchases_are_not_zero():
    assert plan("volume-subsidy").decide(case(SUBSIDY)).outcome.state is State.NO_EVIDENCE


@pytest.mark.parametrize(
    ("policy", "facts", "gap"),
    [
        pytest.param(
            "volume-subsidy",
            SUBSIDY | {"purchases": cny("352000.00")},
            Gap(cny("148000.00"), "table.rows[2]"),
            id="the subsidy's next row begins with its edge",
        ),
        pytest.param(
            "new-product-bonus",
            NEW_BRAND | {"contract.new_brand_amount": usd("9999.99")},
            Gap(usd("0.02"), "table.rows[1]"),
            id="R2 at 9,999.99 misses 0.02",
        ),
        pytest.param(
            "quarterly-target-bonus",
            {"sales_target.attainment": Decimal("0.995")},
            Gap(Decimal("0.005"), "table.rows[1]"),
            id="a rate's gap is exact",
        ),
        pytest.param(
            "vpn0-rent",
            {"subscription.plan": "vpn0", "subscription.seats": 20},
            Gap(1, "table.rows[1]"),
            id="one more seat reaches the next row",
        ),
    ],
)
def test_the_gap_to_the_next_row_is_the_smallest_that_reaches_it(policy, facts, gap):
    assert node(plan(policy).decide(case(facts)).trace, "row").gap == gap


# --- what experts expect ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        pytest.param("marginal", "350.00", id="S-A3 stepped: each slice by its own row"),
        pytest.param("whole_volume", "500.00", id="S-A3 cumulative: the row reached decides all"),
    ],
)
def test_s_a3_the_same_table_by_its_declared_mode(mode, expected):
    """D365's example: 2,000 at 10 % up to 1,000 and 25 % above."""
    rows = [{"from": 0, "to": 1000, "rate": "0.10"}, {"from": 1000, "rate": "0.25"}]
    stepped = written(
        "benefit",
        beneficiary="account",
        measure={"fact": "order.net_amount", "basis": "paid", "per": "order", "currency": "USD"},
        table={"mode": mode, "bounds": "(lower, upper]", "rows": rows},
        outcome={"kind": "cash", "of": "measure", "rounding": "half_up"},
        stacking="cash-back",
    )
    assert stepped.decide(case({"order.net_amount": usd("2000.00")}, subject=ORDER)).outcome.amount == usd(expected)


def test_s_a4_splitting_an_order_does_not_change_the_tier_of_the_month():
    one = Recorded(("A-1", "2021-03-10", "120000.00"), known=SUBSIDY)
    split = Recorded(("A-1", "2021-03-02", "60000.00"), ("A-1", "2021-03-10", "60000.00"), known=SUBSIDY)
    subsidy = plan("volume-subsidy")
    whole = subsidy.decide(case(one, subject=LINE)).outcome
    assert subsidy.decide(case(split, subject=LINE)).outcome == whole
    assert whole.amount == cny("30000.00")
    assert ("account", "2021-03") in split.asked


def test_s_a5_a_tier_reached_later_pays_only_the_difference():
    """SAP's figures: 3,000 gives nothing, 7,000 gives 140, 27,000 gives 1,080, of which 940 are new."""
    rows = [
        {"from": 0, "to": 5000, "nothing": True},
        {"from": 5000, "to": 10000, "rate": "0.02"},
        {"from": 10000, "rate": "0.04"},
    ]
    retroactive = written(
        "benefit",
        beneficiary="account",
        measure={"fact": "purchases", "basis": "paid", "per": "account", "window": "year", "currency": "CNY"},
        table={"mode": "whole_volume", "bounds": "[lower, upper)", "rows": rows},
        outcome={"kind": "cash", "of": "measure", "rounding": "half_up"},
        timing={"accrue": "on_each_fact", "settle": "window_end", "pay": "at_settlement"},
        stacking="volume-subsidy",
        clawback="re_evaluate",
    )
    facts = Recorded(
        ("A-1", "2021-10-20", "3000.00"), ("A-1", "2021-11-20", "4000.00"), ("A-1", "2021-12-20", "20000.00")
    )
    months = [date(2021, 10, 31), date(2021, 11, 30), date(2021, 12, 31)]
    totals = [retroactive.decide(case(facts, as_of=on(day))).outcome.amount or cny("0.00") for day in months]
    assert totals == [cny("0.00"), cny("140.00"), cny("1080.00")]
    assert totals[2] - totals[1] == cny("940.00")


def test_s_a5_falling_back_a_tier_gives_a_negative_difference():
    subsidy = plan("volume-subsidy")
    before = subsidy.decide(case(SUBSIDY | {"purchases": cny("528000.00")})).outcome.amount
    after = subsidy.decide(case(SUBSIDY | {"purchases": cny("484000.00")})).outcome.amount
    assert after - before == cny("-37400.00")


def test_s_a6_from_a_million_on_an_approval_is_asked_and_nothing_is_a_number():
    decision = plan("volume-subsidy").decide(case(SUBSIDY | {"purchases": cny("1000000.00")}))
    assert decision.outcome == Award(State.ASKS, "cash", ask="negotiated-benefit")


def test_s_a7_a_cap_on_the_measure_is_a_last_row_that_gives_nothing():
    """1 % on at most 100,000."""
    capped = changed_plan(
        "cash-back",
        set_={"table.rows": [{"from": 0, "to": 100000, "rate": "0.01"}, {"from": 100000, "nothing": True}]},
    )
    given = [
        capped.decide(case({"order.net_amount": cny(net)}, subject=ORDER)).outcome.amount
        for net in ("100000.00", "250000.00")
    ]
    assert given == [cny("1000.00"), cny("1000.00")]


def test_s_a8_the_year_before_a_programme_is_measured_as_it_was_known_at_its_start():
    known = {"programme.starts_on": date(2021, 1, 1)}
    asked = []

    class Baseline(Recorded):
        def value(self, measure, subject, window, as_of):
            if measure.fact == "purchases":
                asked.append((window.key, as_of))
                late_correction = as_of > datetime(2021, 2, 1, tzinfo=UTC)
                return Evidence(cny("1900000.00") if late_correction else cny("2000000.00"))
            return super().value(measure, subject, window, as_of)

    decision = plan("support-programme").decide(
        case(Baseline(known=known), subject=ACCOUNT, as_of=on(date(2021, 6, 1)))
    )
    sales = decision.trace.inside[0].inside[0]
    assert sales.result == "holds"
    assert asked[0] == ("2020-01-01/2020-12-31", period("2021").bounds("Africa/Kinshasa")[0])


# --- negotiated terms (C6) -------------------------------------------------------------------------------------------

GRANTED = Grant(
    request="R-7",
    route="negotiated-benefit",
    subject="A-1",
    granted_at=datetime(2021, 3, 5, tzinfo=UTC),
    terms={"rate": Decimal("0.33"), "from": date(2021, 3, 1), "until": date(2021, 4, 1), "applies_to": "subsidy"},
)


def test_granted_terms_take_the_place_of_the_row_that_asks():
    facts = SUBSIDY | {"purchases": cny("1000000.00")}
    decision = plan("volume-subsidy").decide(case(facts, grants=(GRANTED,)))
    assert decision.outcome == Award(State.GIVES, "cash", cny("330000.00"), request="R-7")
    assert node(decision.trace, "granted").rule.written["request"] == "R-7"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"applies_to": "discount"}, id="terms for the other branch"),
        pytest.param({"until": date(2021, 3, 10)}, id="terms that ended before the day"),
        pytest.param({"from": date(2021, 3, 11)}, id="terms that begin later"),
    ],
)
def test_terms_that_do_not_cover_the_case_leave_it_asking(change):
    grant = Grant(GRANTED.request, GRANTED.route, "A-1", GRANTED.granted_at, terms={**GRANTED.terms, **change})
    facts = SUBSIDY | {"purchases": cny("1000000.00")}
    assert plan("volume-subsidy").decide(case(facts, grants=(grant,))).outcome.state is State.ASKS


def test_terms_do_not_touch_a_month_that_stays_below_negotiation():
    decision = plan("volume-subsidy").decide(case(SUBSIDY | {"purchases": cny("352000.00")}, grants=(GRANTED,)))
    assert decision.outcome.amount == cny("88000.00")


# --- properties ------------------------------------------------------------------------------------------------------

amounts = st.integers(0, 2_000_000_00)
edges = st.lists(st.integers(1, 1_000_000), min_size=1, max_size=6, unique=True).map(sorted)
rates = st.lists(st.decimals(Decimal("0.001"), 1, places=3), min_size=7, max_size=7)
bounds = st.sampled_from(["[lower, upper)", "(lower, upper]"])


def tiers(edges_, rates_, bounds_, mode):
    starts = [0, *edges_]
    rows = [{"from": start, "rate": f"{rate:f}"} for start, rate in zip(starts, rates_, strict=False)]
    for row, end in zip(rows, edges_, strict=False):
        row["to"] = end
    return written(
        "benefit",
        beneficiary="account",
        measure={"fact": "order.net_amount", "basis": "paid", "per": "order", "currency": "CNY"},
        table={"mode": mode, "bounds": bounds_, "rows": rows},
        outcome={"kind": "cash", "of": "measure", "rounding": "half_up"},
        stacking="cash-back",
    )


def inside(row, cents, bounds_, first):
    low, high = row.from_ * 100, None if row.to is None else row.to * 100
    if bounds_ == "[lower, upper)":
        return low <= cents and (high is None or cents < high)
    return (low < cents or (first and low == cents)) and (high is None or cents <= high)


@given(edges, rates, bounds, amounts)
def test_every_value_reaches_exactly_the_one_row_that_holds_it(edges_, rates_, bounds_, cents):
    """S-A2"""
    benefit = tiers(edges_, rates_, bounds_, "whole_volume")
    holding = [index for index, row in enumerate(benefit.ladder.rows) if inside(row, cents, bounds_, index == 0)]
    assert holding == [benefit.ladder.reach(cents)]


@given(edges, rates, bounds)
def test_a_row_change_moves_the_whole_volume_at_its_edge(edges_, rates_, bounds_):
    benefit = tiers(edges_, rates_, bounds_, "whole_volume")
    edge = edges_[0] * 100
    below, above = (edge - 1, edge) if bounds_ == "[lower, upper)" else (edge, edge + 1)
    for cents, rate in ((below, rates_[0]), (above, rates_[1])):
        award = benefit.decide(case({"order.net_amount": Money(cents, "CNY")}, subject=ORDER)).outcome
        assert award.amount == Money(rounded(Decimal(cents) * rate, "half_up"), "CNY")


@given(edges, rates, bounds, amounts)
def test_marginal_slices_add_up_to_the_measure_and_to_the_amount(edges_, rates_, bounds_, cents):
    decision = tiers(edges_, rates_, bounds_, "marginal").decide(
        case({"order.net_amount": Money(cents, "CNY")}, subject=ORDER)
    )
    slices = node(decision.trace, "slices")
    assert sum(one.figures["units"] for one in slices.inside) == Decimal(cents) / 100
    exact = sum(one.result for one in slices.inside)
    assert decision.outcome.amount == Money(rounded(exact * 100, "half_up"), "CNY")


@given(edges, rates, bounds, amounts)
def test_the_gap_is_the_smallest_step_that_reaches_the_next_row(edges_, rates_, bounds_, cents):
    ladder = tiers(edges_, rates_, bounds_, "whole_volume").ladder
    row = ladder.reach(cents)
    gap = ladder.gap(row, cents, Money(cents, "CNY"))
    if gap is None:
        assert row == len(edges_)
    else:
        assert ladder.reach(cents + gap.amount.amount_minor) == row + 1
        assert ladder.reach(cents + gap.amount.amount_minor - 1) == row
