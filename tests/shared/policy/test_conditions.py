"""Conditions: four answers and *not yet*, how far off a failure is, and what is asked, refused or granted."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar import Duration
from shared.money import Money
from shared.policy.conditions import Finding
from shared.policy.evaluation import Answer, GivenFacts, Grant, NothingKnown
from shared.policy.plan import Numbered, compile_plan
from shared.policy.registry import load_registry
from shared.trace import Evidence, Gap, NoEvidence, Subject
from tests.shared.policy.asking import ACCOUNT, LINE, case, cny, on, plan, plans, usd, written
from tests.shared.policy.drafts import drafts
from tests.shared.policy.test_benefit import walk

SALE = {"sale.plan": "none", "sale.instalments": False, "sale.credit_days": 0, "sale.consignment": False}
HOLDS, FAILS, UNKNOWN, LATER, AWAY = (
    Answer.HOLDS,
    Answer.FAILS,
    Answer.NO_EVIDENCE,
    Answer.NOT_YET,
    Answer.DOES_NOT_APPLY,
)


def requiring(**condition):
    return written("conditions", subject="line", require=condition)


def compares(fact="contract.new_brand_amount", **comparison):
    return requiring(fact=fact, **comparison)


def test_an_order_is_admitted_when_its_quote_lives_and_nothing_is_frozen():
    facts = {"sale.quote_state": "accepted", "sale.plan": "none", "account.frozen": False}
    assert plan("order-admission").decide(case(facts)).outcome == Finding(HOLDS)


def test_a_frozen_account_refuses_the_order_with_its_code():
    """S-I3"""
    facts = {"sale.quote_state": "accepted", "sale.plan": "none", "account.frozen": True}
    assert plan("order-admission").decide(case(facts)).outcome == Finding(FAILS, "refuse", "order_not_admitted")


def test_what_nobody_knows_is_refused_too():
    facts = {"sale.quote_state": "accepted", "sale.plan": "none"}
    assert plan("order-admission").decide(case(facts)).outcome == Finding(UNKNOWN, "refuse", "order_not_admitted")


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        pytest.param({}, AWAY, id="P7 a plain cash sale to a class A customer is none of its business"),
        pytest.param({"sale.plan": "vpn0", "sale.instalments": True}, FAILS, id="P7 VPN0 is not paid in instalments"),
        pytest.param({"sale.credit_days": 30}, HOLDS, id="P7 credit for class A"),
        pytest.param({"sale.credit_days": 30, "account.class": "C"}, FAILS, id="P7 no credit for class C"),
        pytest.param(
            {"account.class": "C", "sale.prepaid_share_agreed": Decimal(1)}, HOLDS, id="P7 class C pays first"
        ),
    ],
)
def test_payment_terms(changes, answer):
    facts = SALE | {"account.class": "A"} | changes
    assert plan("payment-terms").decide(case(facts)).outcome.answer is answer


def test_a_condition_is_not_passed_because_nobody_knows_whether_it_applies():
    """An unrated customer is treated as one who must pay first, until the class is known."""
    unrated = plan("payment-terms").decide(case(SALE | {"sale.prepaid_share_agreed": Decimal("0.3")}))
    assert unrated.outcome == Finding(UNKNOWN, "refuse", "payment_terms_not_allowed")
    prepaid = plan("payment-terms").decide(case(SALE | {"sale.prepaid_share_agreed": Decimal(1)}))
    assert prepaid.outcome == Finding(HOLDS)


def test_a_sale_outside_the_scope_is_no_failure():
    facts = {"account.industrial": True, "sale.is_first": False, "sale.prepaid_share_agreed": Decimal(0)}
    decision = plan("first-order-prepayment").decide(case(facts))
    assert decision.outcome == Finding(AWAY)
    assert decision.trace.why_not.reason == "out_of_scope"


def test_a_flag_is_raised_when_its_day_has_come():
    assert plan("contract-renewal").decide(case({"contract.days_to_expiry": 60})).outcome.action == "flag"
    assert plan("contract-renewal").decide(case({"contract.days_to_expiry": 59})).outcome.action is None


# --- how far off -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("comparison", "value", "gap"),
    [
        pytest.param({"more_than": "10000.00"}, usd("9999.99"), Gap(usd("0.02"), "x"), id="R2 9,999.99 misses 0.02"),
        pytest.param(
            {"more_than": "10000.00"}, usd("10000.00"), Gap(usd("0.01"), "x"), id="the strict edge misses a cent"
        ),
        pytest.param({"at_least": "10000.00"}, usd("9999.99"), Gap(usd("0.01"), "x"), id="at least misses to the edge"),
        pytest.param({"at_most": "10.00"}, usd("10.05"), Gap(usd("0.05"), "x", downwards=True), id="over the most"),
        pytest.param(
            {"less_than": "10.00"}, usd("10.00"), Gap(usd("0.01"), "x", downwards=True), id="at the strict top"
        ),
        pytest.param(
            {"at_least": "5.00", "at_most": "10.00"}, usd("10.01"), Gap(usd("0.01"), "x", downwards=True), id="a range"
        ),
    ],
)
def test_a_failure_says_the_smallest_amount_that_changes_it(comparison, value, gap):
    decision = compares(currency="USD", **comparison).decide(case({"contract.new_brand_amount": value}))
    found = decision.trace.inside[0].gap
    assert decision.outcome.answer is FAILS
    assert (found.amount, found.downwards, found.open) == (gap.amount, gap.downwards, gap.open)


@pytest.mark.parametrize(
    ("fact", "comparison", "value", "amount"),
    [
        ("orders.margin", {"at_least": "0.10"}, Decimal("0.09995"), Decimal("0.00005")),
        ("account.orders_before_first", {"is": 0, "window": {"last": "P24M"}}, 3, 3),
        ("account.first_order_on", {"at_least": "2021-03-01"}, date(2021, 2, 26), Duration(days=3)),
    ],
)
def test_the_distance_has_the_unit_of_the_fact(fact, comparison, value, amount):
    window = {"window": "month", "basis": "placed"} if fact == "orders.margin" else {}
    node = (
        compares(fact, **(window | comparison)).decide(case({fact: value}, as_of=on(date(2021, 2, 28)))).trace.inside[0]
    )
    assert node.gap.amount == amount


def test_a_strict_limit_of_a_rate_has_no_smallest_step():
    node = (
        compares("amendment.monthly_rent_up_share", more_than="0.10")
        .decide(case({"amendment.monthly_rent_up_share": Decimal("0.10")}))
        .trace.inside[0]
    )
    assert (node.gap.amount, node.gap.open) == (Decimal("0.00"), True)


@pytest.mark.parametrize(
    ("days", "answer"),
    [("P1Y", HOLDS), ("P12M", HOLDS), ("P365D", HOLDS), ("P364D", FAILS), ("P11M30D", FAILS), ("P2Y3M", HOLDS)],
)
def test_durations_compare_by_the_calendar_back_from_the_day(days, answer):
    """A4: contracts of at least a year"""
    facts = {"account.has_large_orders": True, "account.continuous_contracts": Duration.parse(days)}
    others = ("strategic_project", "major_effect", "absorbs_technology", "develops_market")
    facts |= {f"account.{name}": False for name in others}
    assert plan("key-account-eligibility").decide(case(facts)).outcome.answer is answer


def test_existence_asks_for_evidence_only():
    facts = {"account.is_key_account": True, "election.lead_days": 1, "election.is_switch": False}
    facts |= {"election.touches_settled_period": False}
    decision = plan("election-p4").decide(case(facts))
    assert decision.outcome == Finding(FAILS, "refuse", "election_not_allowed")
    assert plan("election-p4").decide(case(facts | {"election.elected_by": "M. Ilunga"})).outcome == Finding(HOLDS)


# --- combining -------------------------------------------------------------------------------------------------------


def three(word, *answers, **more):
    """Yes-or-no facts whose evidence gives each wanted answer."""
    names = ("programme.own_unit", "programme.office", "programme.dormitory")
    known = {"programme.starts_on": date(2020, 1, 1)}
    known |= {name: answer is HOLDS for name, answer in zip(names, answers, strict=True) if answer is not UNKNOWN}
    require = {word: [{"fact": name, "window": "first_year", "is": True} for name in names]} | more
    return written("conditions", subject="programme", require=require).decide(case(known)).outcome.answer


@pytest.mark.parametrize(
    ("word", "more", "answers", "expected"),
    [
        ("all", {}, (HOLDS, HOLDS, HOLDS), HOLDS),
        ("all", {}, (HOLDS, UNKNOWN, FAILS), FAILS),
        ("all", {}, (HOLDS, UNKNOWN, HOLDS), UNKNOWN),
        ("any", {}, (FAILS, UNKNOWN, HOLDS), HOLDS),
        ("any", {}, (FAILS, UNKNOWN, FAILS), UNKNOWN),
        ("any", {}, (FAILS, FAILS, FAILS), FAILS),
        ("of", {"at_least": 2}, (HOLDS, FAILS, HOLDS), HOLDS),
        ("of", {"at_least": 2}, (HOLDS, FAILS, UNKNOWN), UNKNOWN),
        ("of", {"at_least": 2}, (FAILS, FAILS, UNKNOWN), FAILS),
    ],
)
def test_combinations_fail_only_when_nothing_unknown_could_save_them(word, more, answers, expected):
    assert three(word, *answers, **more) is expected


def where(applies, holds):
    """A part that applies only to industrial customers, or to nobody."""
    when = {"fact": "account.industrial", "is": True} if applies else {"fact": "account.industrial", "is": False}
    return {"when": when, "fact": "account.frozen", "is": holds}


@pytest.mark.parametrize(
    ("word", "more", "parts", "expected"),
    [
        pytest.param("all", {}, [where(False, False), where(True, True)], HOLDS, id="the others decide"),
        pytest.param("all", {}, [where(False, False)], AWAY, id="where no part applies, neither does the whole"),
        pytest.param("any", {}, [where(False, True), where(True, False)], FAILS, id="a part left out saves nothing"),
        pytest.param(
            "of",
            {"at_least": 2},
            [where(False, True), where(False, True), where(True, True)],
            HOLDS,
            id="all that apply",
        ),
        pytest.param("of", {"at_least": 2}, [where(False, True), where(True, False)], FAILS, id="the only one fails"),
    ],
)
def test_parts_that_do_not_apply_are_left_out(word, more, parts, expected):
    combined = requiring(**{word: parts}, **more)
    assert combined.decide(case({"account.industrial": True, "account.frozen": True})).outcome.answer is expected


def test_a_window_that_still_runs_answers_not_yet_with_its_last_day():
    """A11: the deadline is the window's end."""
    facts = {"programme.starts_on": date(2021, 1, 15), "programme.promoters": 12}
    promoters = written(
        "conditions",
        subject="programme",
        require={"fact": "programme.promoters", "window": "first_year", "at_least": 15},
    )
    early = promoters.decide(case(facts, as_of=on(date(2022, 1, 14))))
    assert early.outcome.answer is LATER
    assert early.trace.inside[0].figures == {"deadline": date(2022, 1, 14)}
    assert early.trace.inside[0].gap.amount == 3
    assert promoters.decide(case(facts, as_of=on(date(2022, 1, 15)))).outcome.answer is FAILS
    assert promoters.decide(case(facts | {"programme.promoters": 15})).outcome.answer is HOLDS


def test_a_final_question_judges_a_running_window_as_it_stands():
    """A9, A10: a closing asks of the month it closes, and a form that is due on the 25th fails on the 26th."""
    monthly = written(
        "conditions", require={"fact": "account.manager_visits", "window": "month", "at_least": 1}, subject="account"
    )
    asked = case({"account.manager_visits": 0}, as_of=on(date(2021, 3, 31)))
    assert monthly.decide(asked).outcome.answer is LATER
    assert monthly.decide(asked._replace(final=True)).outcome.answer is FAILS


def test_a_window_counted_from_an_unknown_day_has_no_evidence():
    node = plan("new-customer-gates").decide(case({"orders.count": 9})).trace.inside[0].inside[1]
    assert node.result == UNKNOWN
    assert node.inputs == (NoEvidence("window_start"),)


def test_a_document_that_is_not_in_force_gives_no_evidence():
    alone = compile_plan(Numbered(drafts()["new-customer-gates"]), load_registry())
    node = alone.decide(case({"orders.count": 3})).trace.inside[0].inside[0]
    assert (node.result, node.why_not.reason, node.why_not.by) == (UNKNOWN, "not_in_force", "new-customer")


# --- asking and granting ---------------------------------------------------------------------------------------------

BELOW = {"line.below_floor_by": cny("20.00")}
GRANT = Grant("R-1", "price-exception", "O-1/1", datetime(2021, 3, 2, tzinfo=UTC), datetime(2021, 4, 1, tzinfo=UTC))


def test_a_price_below_the_floor_asks_its_route():
    assert plan("floor-price").decide(case(BELOW, subject=LINE)).outcome == Finding(FAILS, "ask", "price-exception")


def test_a_grant_that_covers_the_line_is_not_asked_again():
    """S-B6"""
    decision = plan("floor-price").decide(case(BELOW, subject=LINE, grants=(GRANT,)))
    assert decision.outcome == Finding(FAILS, request="R-1")
    assert decision.outcome.lets_pass


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"as_of": datetime(2021, 4, 1, tzinfo=UTC)}, id="after its life"),
        pytest.param({"as_of": datetime(2021, 3, 1, tzinfo=UTC)}, id="before it was granted"),
        pytest.param({"subject": Subject("line", "O-2/1", ACCOUNT)}, id="for another line"),
        pytest.param({"more": {"exception.price_down": cny("0.01")}}, id="for a lower price"),
        pytest.param({"more": {"exception.quantity_outside": True}}, id="for another quantity"),
    ],
)
def test_a_grant_that_does_not_cover_the_line_is_asked_again(change):
    more = change.pop("more", {})
    asked = case(BELOW | more, **({"subject": LINE, "grants": (GRANT,)} | change))
    assert plan("floor-price").decide(asked).outcome == Finding(FAILS, "ask", "price-exception")


# --- the whole pack --------------------------------------------------------------------------------------------------


ASK_FOR_EXISTENCE = {"contract-papers": "fails", "election-p4": "fails", "contract-price": "out_of_scope"}


@pytest.mark.parametrize("policy", sorted(plans().by_id))
def test_a_document_of_which_nothing_is_known_answers_no_evidence(policy):
    """What asks whether evidence exists knows the answer; a table and a route without conditions ask nothing."""
    decision = plan(policy).decide(case(NothingKnown(), subject=LINE))
    said = getattr(decision.outcome, "answer", None) or decision.outcome.state
    if decision.trace.rule.what == "table" or _every_step_is_certain(policy):
        assert said == HOLDS
    else:
        assert said == ASK_FOR_EXISTENCE.get(policy, UNKNOWN)


def _every_step_is_certain(policy):
    route = getattr(plan(policy), "steps", None)
    return route is not None and not any(step.when or any(part.when for part in step.parts) for step in route)


CONDITIONS = sorted(name for name, found in plans().by_id.items() if found.heading.rule.what == "conditions")


def some_value(fact):
    kinds = plans()["floor-price"].place.registry.fact(fact)
    return {
        "money": st.integers(0, 10**9).map(lambda minor: Money(minor, "CNY")),
        "rate": st.decimals(0, 2, places=3),
        "count": st.integers(0, 70),
        "date": st.dates(date(2020, 1, 1), date(2021, 3, 1)),
        "duration": st.integers(1, 900).map(lambda days: Duration(days=days)),
        "choice": st.sampled_from(kinds.choices or ("x",)),
        "yes_no": st.booleans(),
        "text": st.just("somebody"),
    }[kinds.type]


class InItsCurrency(GivenFacts):
    """Money in whatever currency a measure asks for."""

    def value(self, measure, subject, window, as_of):
        given = super().value(measure, subject, window, as_of)
        if isinstance(given, Evidence) and measure.currency and hasattr(given.value, "currency"):
            return Evidence(type(given.value)(given.value.amount_minor, measure.currency))
        return given


@given(st.sampled_from(CONDITIONS), st.data())
def test_forgetting_a_fact_never_turns_a_failure_into_a_pass(policy, data):
    """No evidence is never a pass. (A document that asks for `exists: false` would be the one exception.)"""
    facts = sorted({node.rule.asks[0].fact for node in walk(plan(policy).decide(case()).trace) if node.rule.asks})
    known = {fact: data.draw(some_value(fact)) for fact in facts} | {"programme.starts_on": date(2020, 1, 1)}
    before = plan(policy).decide(case(InItsCurrency(known))).outcome.answer
    forgotten = data.draw(st.sets(st.sampled_from(facts)))
    left = {fact: value for fact, value in known.items() if fact not in forgotten}
    after = plan(policy).decide(case(InItsCurrency(left))).outcome.answer
    if before in (FAILS, UNKNOWN, LATER):
        assert after not in (HOLDS, AWAY)
