"""Traces: canonical both ways, one digest each, and enough for a stranger to recompute every outcome."""

import dataclasses
import json
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.calendar import Duration
from shared.canonical import canonical, plain, restored
from shared.money import Money
from shared.trace import Decision, Events, Evidence, Journal, Node, Rule, Subject, Value, digest
from tests.recompute import Differs, recompute
from tests.shared.policy.asking import LINE, SUBSIDY, case, cny, plan, plans, usd
from tests.shared.policy.test_benefit import GATES, GRANTED, NEW_BRAND, walk
from tests.shared.policy.test_conditions import InItsCurrency, some_value
from tests.shared.policy.test_route import DUTIES, KINSHASA
from tests.shared.policy.test_scorecard import FIRST_RATING
from tests.shared.policy.test_stacking import COUPON, DISCOUNT, PROMOTION, order, priced

SCRIPT = Path(__file__).parents[2] / "recompute.py"
JOURNAL = Journal(17, 4711, 2, cny("528000.00"), "ab" * 32)


def decisions():
    accrued = SUBSIDY | {"purchases": Evidence(cny("528000.00"), "CNY", JOURNAL)}
    listed = DISCOUNT | PROMOTION | COUPON | {"account.class": "A"}
    return {
        "a subsidy": plan("volume-subsidy").decide(case(accrued, subject=LINE)),
        "a marginal cash-back": plan("cash-back").decide(case({"order.net_amount": cny("12345.67")})),
        "a rent with extra seats": plan("vpn0-rent").decide(
            case({"subscription.plan": "vpn0", "subscription.seats": 530})
        ),
        "points": plan("points-earned").decide(
            case({"membership.enrolled": True, "account.tier": "silver", "order.points_base": cny("999.99")})
        ),
        "a bonus with gates": plan("new-product-bonus").decide(
            case(NEW_BRAND | {"contract.new_brand_amount": usd("81230.77")})
        ),
        "a bonus over a counted window": plan("new-customer-bonus").decide(
            case(GATES | {"purchases": cny("300000.00")})
        ),
        "negotiated terms": plan("volume-subsidy").decide(
            case(SUBSIDY | {"purchases": cny("1000000.00")}, grants=(GRANTED,))
        ),
        "a rating": plan("account-class").decide(case(FIRST_RATING)),
        "a route": plan("contract-route").decide(case({"contract.routing_amount": usd("81230.77")}), KINSHASA),
        "a short route": plan("contract-route").decide(case({"contract.routing_amount": usd("2000.00")}), KINSHASA),
        "a refusal": plan("payment-terms").decide(case({"sale.credit_days": 30, "account.class": "C"})),
        "a price": priced(order("1000.00", "333.33", "0.07", known=listed, before="99000.00")),
        "an order that waits for terms": priced(order("1000.00", known=DISCOUNT, before="999000.00")),
    }


@pytest.mark.parametrize("name", sorted(decisions()))
def test_a_decision_is_read_back_as_it_was_written(name):
    decision = decisions()[name]
    again = Decision.read_plain(json.loads(canonical(decision)))
    assert again == decision
    assert digest(again) == digest(decision)


@pytest.mark.parametrize("policy", sorted(plans().by_id))
def test_every_draft_decides_something_that_is_read_back(policy):
    decision = plan(policy).decide(case(subject=LINE))
    assert Decision.read_plain(json.loads(canonical(decision))) == decision


@pytest.mark.parametrize("name", sorted(decisions()))
def test_a_stranger_recomputes_the_outcome_from_the_json_alone(name):
    text = canonical(decisions()[name]).decode()
    done = subprocess.run([sys.executable, "-I", str(SCRIPT)], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_stranger_imports_nothing_of_ours():
    imports = [line for line in SCRIPT.read_text().splitlines() if line.startswith(("import", "from"))]
    assert {line.split()[1] for line in imports} == {"json", "sys", "decimal"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param(("outcome", "amount", "amount"), "158400.01", id="an amount that was changed"),
        pytest.param(
            ("trace", "inside", 1, "inputs", 0, "value", "amount"), "499999.99", id="an input that was changed"
        ),
        pytest.param(("trace", "inside", 1, "written", "rows", 2, "rate"), "0.31", id="a rate that was changed"),
        pytest.param(("trace", "inside", 0, "inside", 1, "inputs", 0, "value"), "discount", id="an election changed"),
    ],
)
def test_a_stranger_notices(path, value):
    decision = json.loads(canonical(decisions()["a subsidy"]))
    at = decision
    for part in path[:-1]:
        at = at[part]
    at[path[-1]] = value
    with pytest.raises(Differs):
        recompute(decision)


FORMS = sorted(name for name, found in plans().by_id.items() if found.heading.rule.what not in ("table", "route"))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FORMS), st.data())
def test_whatever_is_known_a_stranger_comes_to_the_same(policy, data):
    facts = sorted({asked.fact for asked in _asked(policy)})
    known = {fact: data.draw(some_value(fact)) for fact in facts}
    kept = data.draw(st.sets(st.sampled_from(facts)))
    given_facts = {"programme.starts_on": date(2020, 1, 1)} | {fact: known[fact] for fact in kept}
    decision = plan(policy).decide(case(InItsCurrency(given_facts)))
    recompute(json.loads(canonical(decision)))


def _asked(policy):
    document = plan(policy)
    for node in walk(document.decide(case()).trace):
        yield from node.rule.asks
    for name in ("question", "of"):
        if getattr(document, name, None) is not None:
            yield getattr(document, name).asked
    if getattr(document, "requires", None) is not None:
        for node in walk(document.requires.answer(case())):
            yield from node.rule.asks


def test_windowed_inputs_name_a_stretch_of_the_journal_and_never_a_list():
    said = json.loads(canonical(decisions()["a subsidy"]))["trace"]["inside"][1]["inputs"][0]
    assert said["origin"] == {
        "journal_from": 17,
        "journal_to": 4711,
        "count": 2,
        "sum": {"amount": "528000.00", "currency": "CNY"},
        "digest": "ab" * 32,
    }


def test_equal_decisions_have_one_text_whatever_the_order_of_their_facts():
    facts = SUBSIDY | {"purchases": cny("352000.00")}
    turned = dict(reversed(list(facts.items())))
    subsidy = plan("volume-subsidy")
    assert canonical(subsidy.decide(case(facts))) == canonical(subsidy.decide(case(turned)))


def test_a_digest_changes_with_any_input():
    subsidy = plan("volume-subsidy")
    one, other = (subsidy.decide(case(SUBSIDY | {"purchases": cny(amount)})) for amount in ("99999.98", "99999.99"))
    assert one.outcome == other.outcome
    assert digest(one) != digest(other)


def test_s_c1_figures_are_text_and_never_floats():
    for decision in decisions().values():
        json.loads(canonical(decision), parse_float=_refuse)


def _refuse(text):
    raise AssertionError(f"{text} is a float")


values = st.one_of(
    st.integers(-(10**12), 10**12),
    st.booleans(),
    st.text(),
    st.dates(),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=6),
    st.builds(Money, st.integers(-(10**14), 10**14), st.sampled_from(["CNY", "USD", "JPY", "KWD"])),
    st.builds(Duration, *[st.integers(0, 99)] * 5),
)


@given(values)
def test_every_kind_of_value_is_read_back(value):
    assert restored(Value, json.loads(canonical(value))) == value


def _tree(result, inside, figures):
    return Node(Rule("x", "y"), result, figures=figures or None, inside=tuple(inside))


some_figures = st.dictionaries(st.sampled_from("abc"), values)
trees = st.recursive(
    st.builds(_tree, values, st.just(()), some_figures),
    lambda inside: st.builds(_tree, values, st.lists(inside, max_size=3), some_figures),
    max_leaves=6,
)


@given(trees)
def test_every_tree_is_read_back(tree):
    assert Node.read_plain(json.loads(canonical(tree))) == tree


def test_what_a_trace_is_made_of_cannot_be_changed():
    evidence = Evidence(Decimal(1), "", Events(("e-1",)))
    with pytest.raises(dataclasses.FrozenInstanceError):
        evidence.value = Decimal(2)
    with pytest.raises(AttributeError):
        Node(Rule("x", "y")).result = 1


def test_a_subject_finds_what_it_belongs_to():
    assert LINE.find("account") == Subject("account", "A-1")
    assert LINE.find("branch") is None
    assert plain(LINE)["of"]["kind"] == "order"


def test_duties_of_the_drafts_are_known():
    assert set(DUTIES) >= {"responsible_head", "finance_in_copy"}
