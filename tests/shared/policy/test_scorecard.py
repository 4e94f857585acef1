"""Scorecards: weights of what is known, an unrounded score, and a grade that no evidence can't give."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.policy.evaluation import Answer, NothingKnown
from shared.trace import Evidence, Gap
from tests.recompute import recompute
from tests.shared.policy.asking import case, changed_plan, cny, on, plan, plans, written
from tests.shared.policy.test_benefit import node, walk

FIRST_RATING = {
    "purchases": cny("1200000.00"),
    "account.credit": "high",
    "account.territory_share": Decimal("0.25"),
    "account.contacts_logged": 0,
}


def test_the_first_rating_weighs_only_what_is_known():
    """A2, the story: volume 100, credit 100, share 100, no contacts 20 give 91.11 and class A."""
    decision = plan("account-class").decide(case(FIRST_RATING, as_of=on(date(2020, 12, 15))))
    rating = decision.outcome
    assert (f"{rating.score:.2f}", rating.grade, rating.confirm) == ("91.11", "A", "class-change")
    assert rating.score * 45 == 4100
    assert rating.missing == ("growth", "margin", "payment", "sense", "brand", "willingness")


def test_each_criterion_keeps_its_evidence_and_its_window():
    decision = plan("account-class").decide(case(FIRST_RATING, as_of=on(date(2020, 12, 15))))
    volume = decision.trace.inside[0]
    assert (volume.rule.rule, volume.window) == ("criteria[0]", "2019-12-16/2020-12-15")
    assert volume.inputs == (Evidence(cny("1200000.00"), "CNY"),)
    assert (volume.result, volume.figures["weight"]) == (100, 20)


def test_a_criterion_without_evidence_says_so():
    growth = plan("account-class").decide(case(FIRST_RATING)).trace.inside[1]
    assert (growth.why_not.reason, growth.result) == ("no_evidence", None)


@pytest.mark.parametrize(
    ("purchases", "orders", "grade"),
    [("49999.99", 3, "regular"), ("50000.00", 4, "silver"), ("800000.00", 4, "diamond"), ("799999.99", 12, "gold")],
)
def test_membership_tiers(purchases, orders, grade):
    facts = {"membership.enrolled": True, "purchases": cny(purchases), "orders.count": orders}
    assert plan("membership-tier").decide(case(facts)).outcome.grade == grade


@pytest.mark.parametrize(
    ("purchases", "orders", "score"),
    [
        pytest.param("800000.00", 3, 0, id="spend without frequency"),
        pytest.param("0.00", 24, 0, id="frequency without spend"),
        pytest.param("800000.00", 4, 50, id="the weaker of the two"),
        pytest.param("800000.00", 12, 100, id="both"),
    ],
)
def test_a6_where_criteria_combine_to_the_lowest_each_must_reach_the_grade(purchases, orders, score):
    facts = {"membership.enrolled": True, "purchases": cny(purchases), "orders.count": orders}
    decision = changed_plan("membership-tier", set_={"combine": "lowest"}).decide(case(facts))
    assert decision.outcome.score == score
    assert recompute(decision.to_plain())["score"] == {"decimal": str(score)}


@pytest.mark.parametrize(
    ("rule", "answer", "score"),
    [
        pytest.param("exclude_and_reweigh", Answer.HOLDS, 100, id="without evidence the others carry the weight"),
        pytest.param("zero", Answer.HOLDS, 75, id="without evidence it counts as zero"),
        pytest.param("block", Answer.NO_EVIDENCE, None, id="without evidence there is no grade"),
    ],
)
def test_a_missing_criterion_follows_the_rule_of_its_document(rule, answer, score):
    facts = {"employee.skill": "high", "employee.investigation": "high", "employee.problem_solving": "high"}
    clerk = changed_plan("kpi-office-clerk", set_={"no_evidence": rule})
    rating = clerk.decide(case(facts)).outcome
    assert (rating.answer, rating.score, rating.missing) == (answer, score, ("ideas",))


@pytest.mark.parametrize("policy", ["membership-tier", "value-segment", "account-class", "kpi-quarter"])
def test_nobody_is_graded_on_nothing(policy):
    rating = plan(policy).decide(case(NothingKnown())).outcome
    assert (rating.answer, rating.grade, rating.score) == (Answer.NO_EVIDENCE, "", None)


def test_warnings_of_the_rows_reached_are_recorded():
    facts = {"kpi.plan_completion": Decimal(1), "kpi.accounts_lost": 3}
    assert plan("kpi-quarter").decide(case(facts)).outcome.warnings == ("kpi_below_threshold",)
    worse = plan("kpi-quarter").decide(case(facts | {"kpi.plan_completion": Decimal("0.5")})).outcome
    assert worse.warnings == ("kpi_below_threshold", "kpi_below_threshold", "appraisal_warning")


def test_a_grade_answers_another_document():
    """A11: personal qualities must pass."""
    names = ("energy", "drive", "learning", "breadth", "courage")
    qualities = plan("support-personal-qualities").decide(case({f"programme.{name}": "high" for name in names}))
    assert qualities.outcome.agrees("pass") is Answer.HOLDS
    assert qualities.outcome.agrees("fail") is Answer.FAILS


@pytest.mark.parametrize(
    ("policy", "approved", "upwards", "starts"),
    [
        pytest.param("account-class", date(2020, 12, 20), True, date(2021, 1, 1), id="A5 the month after approval"),
        pytest.param("account-class", date(2021, 1, 1), False, date(2021, 2, 1), id="S-D8 approved on a first day"),
        pytest.param("kpi-quarter", date(2021, 4, 3), True, date(2021, 4, 3), id="at once"),
    ],
)
def test_a_grade_takes_effect_when_its_document_says(policy, approved, upwards, starts):
    assert plan(policy).takes_effect(approved, upwards=upwards) == starts


def test_a_fall_may_wait_for_the_end_of_the_window():
    card = changed_plan("account-class", set_={"takes_effect": {"up": "next_month", "down": "window_end"}})
    assert card.takes_effect(date(2021, 2, 10), upwards=True) == date(2021, 3, 1)
    assert card.takes_effect(date(2021, 2, 10), upwards=False) == date(2021, 7, 1)


def test_the_grade_says_how_far_the_next_one_is():
    facts = {"account.credit": "fair"}
    graded = node(plan("account-class").decide(case(facts)).trace, "grade")
    assert (graded.result, graded.gap) == ("B", Gap(Decimal(20), "grades.rows[2]"))


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 100)), min_size=1, max_size=4), st.data())
def test_the_score_lies_between_the_lowest_and_the_highest_criterion(criteria, data):
    weights = [weight for weight, _ in criteria]
    weights.append(100 - sum(weights) if sum(weights) < 100 else 1)
    scores = [score for _, score in criteria] + [50]
    names = ["energy", "drive", "learning", "breadth", "courage"]
    card = written(
        "scorecard",
        subject="programme",
        criteria=[
            {
                "id": name,
                "title": {"en": name, "zh": "项"},
                "weight": weight,
                "measure": {"fact": f"programme.{name}"},
                "table": {
                    "rows": [{"is": "high", "score": score}, {"is": "fair", "score": 0}, {"is": "weak", "score": 0}]
                },
            }
            for name, weight, score in zip(names, weights, scores, strict=False)
        ],
        no_evidence="exclude_and_reweigh",
        grades={"bounds": "[lower, upper)", "rows": [{"from": 0, "grade": "x", "title": {"en": "X", "zh": "甲"}}]},
    )
    known = data.draw(st.sets(st.integers(0, len(scores) - 1), min_size=1))
    facts = {f"programme.{names[index]}": "high" for index in known}
    rating = card.decide(case(facts)).outcome
    taken = [scores[index] for index in known]
    assert min(taken) - Decimal("1e-20") <= rating.score <= max(taken) + Decimal("1e-20")
    assert len(rating.missing) == len(scores) - len(known)


def test_every_scorecard_of_the_drafts_reaches_a_grade():
    for card in plans():
        if card.heading.rule.what != "scorecard":
            continue
        asked = {one.question.asked.fact: one.question for one in card.criteria}
        values = {"money": cny("1000000.00"), "rate": Decimal(2), "count": 2, "choice": "high", "yes_no": True}
        scope = {
            found.rule.asks[0].fact: True for found in walk(card.decide(case()).trace) if found.rule.rule == "scope"
        }
        facts = scope | {fact: values[question.kind] for fact, question in asked.items()}
        assert card.decide(case(facts)).outcome.grade, card.document.id
