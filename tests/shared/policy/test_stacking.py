"""Prices of an order: the declared order of groups, who yields where two meet, and shares that add up to the cent."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar import Period
from shared.money import Money
from shared.policy.measure import Measure
from shared.policy.order import AskedRoute, MoreThanOneInForce, OrderLine, PricedGift, ToPrice
from shared.policy.pricing import price_order
from shared.policy.stacking import compile_stacking
from shared.trace import Evidence, NoEvidence, Subject
from tests.shared.policy.asking import ACCOUNT, DISCOUNT, SUBSIDY, case, changed_plan, cny, plan, plans, written
from tests.shared.policy.test_benefit import walk

STACKING = compile_stacking(plan("stacking-groups").rows, plan("stacking-pairs").rows)
NO_MONEY = cny("0.00")
AT = datetime(2021, 3, 10, 11, tzinfo=UTC)
ORDER = Subject("order", "O-1", Subject("sale", "S-1", ACCOUNT))
NOTHING = {
    "account.is_key_account": False,
    "election.p4": "none",
    "membership.enrolled": False,
    "line.in_public_promotion": False,
    "line.in_complete_bundle": False,
    "order.bundles_complete": 0,
    "order.coupon_live": False,
    "order.coupon_uses_left": 0,
    "orders.count": 0,
    "account.years_of_cooperation": 0,
    "subscription.plan": "vpn6",
    "subscription.seats": 0,
}
PROMOTION = {"line.in_public_promotion": True, "line.quantity": 1}
COUPON = {"order.coupon_live": True, "order.coupon_uses_left": 1}


@dataclass(frozen=True)
class OrderBook:
    """What is known of an order, for all its lines or for one, and of the month before it."""

    known: dict[str, object]
    lines: dict[str, dict[str, object]] = field(default_factory=dict)
    before: Money = NO_MONEY
    nets: tuple[Money, ...] = ()

    alike = frozenset()

    def priced_so_far(self, nets):
        return replace(self, nets=tuple(nets.values()))

    def value(self, measure: Measure, subject: Subject, window: Period | None, as_of: datetime):
        so_far = Money(sum(net.amount_minor for net in self.nets), "CNY")
        line = subject.find("line")
        known = {"order.amount_so_far": so_far, "purchases_before_p4": self.before + so_far} | self.known
        found = (known | self.lines.get(line.id if line else "", {})).get(measure.fact)
        return NoEvidence() if found is None else Evidence(found)


def order(*prices, known=None, lines=None, before="0.00", quantity=1, days=None):
    subjects = [Subject("line", f"L{number}", ORDER) for number in range(1, len(prices) + 1)]
    listed = tuple(
        OrderLine(subject, quantity, cny(price), (days or {}).get(subject.id, AT))
        for subject, price in zip(subjects, prices, strict=True)
    )
    book = OrderBook(NOTHING | (known or {}), lines or {}, cny(before))
    return ToPrice(ORDER, listed, book, AT)


def priced(to_price, *benefits):
    chosen = benefits or tuple(
        one for one in plans().benefits() if one.document.id not in ("vpn0-rent", "vpn6-rent", "vpn9-rent")
    )
    return price_order(STACKING, chosen, to_price, policy="stacking-pairs@1")


def nets(decision):
    return [str(line.net) for line in decision.outcome.lines]


def against(decision, policy, line="L1"):
    """Why a benefit did not count on a line."""
    return next(
        node.why_not
        for node in decision.trace.inside
        if node.rule.rule == f"{policy}@1"
        and node.why_not
        and line in str((node.figures or {}).get("lines", "")).split(", ")
    )


def test_an_order_without_benefits_costs_its_list_price():
    decision = priced(order("100.00", "50.05", quantity=3))
    assert nets(decision) == ["300.00", "150.15"]
    assert all(line.taken == () for line in decision.outcome.lines)


@pytest.mark.parametrize(
    ("before", "net"),
    [
        pytest.param("0.00", "950.00", id="P4 5 % below 100,000"),
        pytest.param("98999.99", "950.00", id="P4 a cent below the edge, this order included"),
        pytest.param("99000.00", "930.00", id="P4 this order reaches the edge"),
        pytest.param("499000.00", "900.00", id="P4 10 % from 500,000"),
    ],
)
def test_the_volume_discount_goes_by_the_month_with_this_order(before, net):
    assert nets(priced(order("1000.00", known=DISCOUNT, before=before))) == [net]


def test_from_a_million_on_the_order_waits_for_terms():
    """S-A6, C6"""
    decision = priced(order("1000.00", known=DISCOUNT, before="999000.00"))
    assert decision.outcome.state == "requires_approval"
    assert decision.outcome.asks == (AskedRoute("volume-discount@1", "negotiated-benefit"),)


def test_s_b1_the_election_decides_each_line_on_its_own_day():
    """Lines outside the scope are in neither tier nor amount."""
    lines = {"L2": {"election.p4": "subsidy"}}
    decision = priced(order("1000.00", "1000.00", known=DISCOUNT, lines=lines, before="98500.00"))
    assert nets(decision) == ["950.00", "1000.00"]
    assert against(decision, "volume-discount", "L2").reason == "out_of_scope"


def test_s_b1_a_line_after_the_policy_ended_earns_nothing():
    days = {"L2": datetime(2022, 1, 3, tzinfo=UTC)}
    assert nets(priced(order("1000.00", "1000.00", known=DISCOUNT, days=days))) == ["950.00", "1000.00"]


def test_s_b1_two_branches_of_an_election_never_pay_together():
    """The loser stays visible, with what it would have given."""
    both = changed_plan("volume-subsidy", set_={"scope": {"fact": "account.is_key_account", "is": True}})
    decision = priced(order("1000.00", known=DISCOUNT), plan("volume-discount"), both)
    why = against(decision, "volume-discount")
    assert nets(decision) == ["1000.00"]
    assert (why.reason, why.by, why.would_give) == ("excluded", "volume-subsidy", cny("50.00"))
    assert why.title["zh"] == "二选一"


def test_while_an_election_is_in_force_the_member_discount_is_off():
    """P5: also under the subsidy, which another service pays."""
    member = {"membership.enrolled": True, "account.tier": "gold"}
    decision = priced(order("1000.00", known=SUBSIDY | member))
    assert nets(decision) == ["1000.00"]
    assert against(decision, "member-discount").would_give == cny("300.00")
    assert nets(priced(order("1000.00", known=member))) == ["700.00"]


def test_s_b2_a_fixed_price_stops_later_percentages():
    known = DISCOUNT | PROMOTION | {"line.contract_price": cny("40.00")}
    decision = priced(order("50.00", known=known, quantity=10))
    assert nets(decision) == ["400.00"]
    assert [taken.policy for taken in decision.outcome.lines[0].taken] == ["contract-price@1"]
    assert {against(decision, one).by for one in ("volume-discount", "public-promotion")} == {"contract-price"}


@pytest.mark.parametrize(
    ("taken_off", "net"),
    [
        pytest.param("previous", "872.20", id="S-B3 off what is left: 1 - 0.98 x 0.89 = 12.78 %"),
        pytest.param("base", "870.00", id="S-B3 each off the base: 13 %"),
    ],
)
def test_s_b3_what_a_percentage_is_taken_off_is_declared(taken_off, net):
    def percent(policy, group, rate):
        return written(
            "benefit",
            id=policy,
            beneficiary="account",
            measure={"fact": "line.quantity", "per": "line"},
            table={"mode": "whole_volume", "bounds": "[lower, upper)", "rows": [{"from": 0, "rate": rate}]},
            outcome={"kind": "discount", "of": "line", "rounding": "half_up"},
            stacking=group,
        )

    rows = [dict(row) | {"taken_off": taken_off} if row.get("order") else row for row in plan("stacking-groups").rows]
    stacking = compile_stacking(rows, plan("stacking-pairs").rows)
    benefits = percent("two", "promotion", "0.02"), percent("eleven", "coupon", "0.11")
    to_price = order("1000.00", known={"line.quantity": 1})
    assert nets(price_order(stacking, benefits, to_price, policy="x@1")) == [net]


def test_s_b4_of_two_in_a_group_the_better_counts():
    known = {"orders.count": 6, "account.years_of_cooperation": 5}
    decision = priced(order("1000.00", known=known))
    assert nets(decision) == ["980.00"]
    why = against(decision, "frequency-discount")
    assert (why.reason, why.by, why.would_give) == ("gave_less", "tenure-discount@1", cny("10.00"))


@pytest.mark.parametrize(
    ("tier", "net", "loser", "winner"),
    [
        pytest.param("silver", "800.00", "public-promotion", "member-discount", id="the member's 20 % beat 5 %"),
        pytest.param("regular", "950.00", "member-discount", "promotion", id="nothing for regular members"),
    ],
)
def test_s_b4_of_two_groups_that_exclude_each_other_the_better_counts(tier, net, loser, winner):
    known = PROMOTION | {"membership.enrolled": True, "account.tier": tier}
    decision = priced(order("1000.00", known=known))
    assert nets(decision) == [net]
    assert (against(decision, loser).reason, against(decision, loser).by) == ("gave_less", winner)


@pytest.mark.parametrize("benefits", list(permutations(["public-promotion", "volume-discount", "coupon-discount"])))
def test_the_order_of_documents_does_not_matter_only_that_of_groups(benefits):
    """5 % off the list, the coupon's 50.00, then 5 % of the rest."""
    known = DISCOUNT | PROMOTION | COUPON
    decision = priced(order("1000.00", "1000.00", known=known), *(plan(one) for one in benefits))
    assert nets(decision) == ["878.75", "878.75"]


def test_two_documents_of_a_group_that_allows_one_are_refused():
    twin = changed_plan("volume-discount", set_={"id": "volume-discount-again"})
    with pytest.raises(MoreThanOneInForce, match="volume-discount"):
        priced(order("1000.00", known=DISCOUNT), plan("volume-discount"), twin)


def test_s_c2_ten_over_three_equal_lines():
    """3.34, 3.33, 3.33; and on each line the list price less its share is the net."""
    ten = changed_plan(
        "coupon-discount", set_={"table.rows[1].amount": "10.00", "table.rows[0].to": 1, "table.rows[1].from": 1}
    )
    decision = priced(order("100.00", "100.00", "100.00", known=COUPON), ten)
    assert [str(line.taken[0].amount) for line in decision.outcome.lines] == ["3.34", "3.33", "3.33"]
    assert nets(decision) == ["96.66", "96.67", "96.67"]


def test_s_b5_the_floor_is_tested_on_the_net_unit_price_after_all_shares():
    """A coupon on the whole order pushes one line below its floor: that asks a route, it is no error."""
    decision = priced(order("600.00", "600.00", known=COUPON), plan("coupon-discount"))
    (first, _) = decision.outcome.lines
    below = Money(max(0, cny("580.00").amount_minor - first.net.amount_minor), "CNY")
    finding = plan("floor-price").decide(case({"line.below_floor_by": below})).outcome
    assert (str(first.net), finding.action, finding.code) == ("575.00", "ask", "price-exception")


def test_a_percentage_rounds_the_discount_and_the_net_is_the_rest():
    """0.05 of 0.10 is 0.005: the discount is 0.01, the net 0.09."""
    decision = priced(order("0.10", known=PROMOTION), plan("public-promotion"))
    assert nets(decision) == ["0.09"]


def test_a_discount_never_takes_more_than_is_left():
    large = changed_plan("coupon-discount", set_={"table.rows[1].amount": "5000.00"})
    decision = priced(order("600.00", "500.00", known=COUPON), large)
    assert nets(decision) == ["0.00", "0.00"]


def test_a_gift_changes_no_price():
    decision = priced(order("20000.00"))
    assert nets(decision) == ["20000.00"]
    assert decision.outcome.gifts == (PricedGift("gift-line@1", "GIFT-TOOLBAG", 1),)


def test_a_plan_is_sold_at_its_rent_and_may_join_the_promotion():
    """P3: 100 seats rent at 240.00 USD a month; the promotion comes off the rent, not off the list."""
    known = NOTHING | PROMOTION | {"subscription.plan": "vpn0", "subscription.seats": 100}
    line = OrderLine(Subject("line", "L1", ORDER), 12, Money.parse("300.00", "USD"), AT)
    benefits = (plan("vpn0-rent"), plan("public-promotion"))
    decision = priced(ToPrice(ORDER, (line,), OrderBook(known), AT), *benefits)
    assert nets(decision) == [str(Decimal(240 * 12) * Decimal("0.95"))]


def test_every_pair_of_groups_of_the_drafts_has_its_answer():
    groups = list(STACKING.groups)
    for one in groups:
        for other in groups:
            if one != other:
                there, back = STACKING.meet(one, other).meeting, STACKING.meet(other, one).meeting
                assert {there, back} in ({"both"}, {"better"}, {"elected"}, {"wins", "yields"})


@pytest.mark.parametrize("turned", [False, True])
def test_a_row_that_names_a_group_beats_one_that_names_its_family(turned):
    """The order of the rows says nothing."""
    why = plan("stacking-pairs").rows[0]["why"]
    named = {"first": ("coupon",), "second": ("gift",), "answer": "first", "why": why}
    half = {"first": ("coupon",), "second": ("price",), "answer": "better", "why": why}
    family = {"first": ("price",), "second": ("price",), "answer": "both", "why": why}
    rows = [named, half, family][:: -1 if turned else 1]
    groups = [row for row in plan("stacking-groups").rows if row["family"] == "price"]
    stacking = compile_stacking(groups, rows)
    assert stacking.meet("gift", "coupon").meeting == "yields"
    assert stacking.meet("promotion", "coupon").meeting == "better"
    assert stacking.meet("promotion", "gift").meeting == "both"


def test_a_pair_without_an_answer_is_refused():
    with pytest.raises(LookupError, match="no answer where"):
        compile_stacking(plan("stacking-groups").rows, plan("stacking-pairs").rows[:3])


@given(
    st.lists(st.integers(1, 500_000), min_size=1, max_size=8),
    st.sampled_from(["discount", "subsidy", "none"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["regular", "silver", "gold", "diamond"]),
)
def test_what_was_taken_and_what_is_left_always_make_the_list_price(cents, election, promoted, coupon, tier):
    known = SUBSIDY | {"election.p4": election, "membership.enrolled": tier != "regular", "account.tier": tier}
    known |= (PROMOTION if promoted else {}) | (COUPON if coupon else {})
    decision = priced(order(*(str(Decimal(one) / 100) for one in cents), known=known))
    for line in decision.outcome.lines:
        assert line.net.amount_minor >= 0
        assert (
            sum(taken.amount.amount_minor for taken in line.taken) + line.net.amount_minor == line.at_list.amount_minor
        )
    for node in walk(decision.trace):
        if node.rule.what == "price_rule" and node.applied:
            shares = [share.result.amount_minor for share in node.inside if share.rule.what == "share"]
            assert sum(shares) == node.result.amount_minor


def test_the_day_of_a_line_is_its_own():
    days = {"L1": datetime(2020, 12, 31, 22, tzinfo=UTC), "L2": datetime(2020, 12, 31, 23, tzinfo=UTC)}
    decision = priced(order("1000.00", "1000.00", known=DISCOUNT, days=days), plan("volume-discount"))
    assert nets(decision) == ["1000.00", "950.00"]
    assert date(2021, 1, 1) == plan("volume-discount").document.valid.from_
