"""The twelve KPIs over what is known of a scope (KPI, policies §5): every figure by hand, and what is no figure."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.accounts.kpis.domain import Board, card_for, check_day, judge, kind_of, target_of, warnings_of
from services.accounts.kpis.facts import FUNCTIONS, NO_PLAN, NOT_KEPT, planned_sales
from services.accounts.kpis.material import (
    AccountLife,
    Asked,
    Due,
    Planned,
    SalesPlan,
    ScopeMaterial,
    SoldOn,
    Work,
)
from services.accounts.targets.domain import PlannedKpi, Scope, ScopeKind
from shared.calendar import period
from shared.errors import Problem
from shared.money import ExchangeRate, Money
from shared.policy.conditions import ConditionsPlan
from shared.policy.plan import Numbered, compile_plans
from shared.policy.registry import load_registry
from shared.policy.seed import pack_of
from shared.trace import Evidence, NoEvidence

PACK = Path(__file__).resolve().parents[3] / "deploy" / "policies"
PLANS = compile_plans([Numbered(document) for document in pack_of(PACK, "accounts")], load_registry())
REP = Scope(ScopeKind.rep, "u1")
Q1 = period("2021-Q1")
LAST = date(2021, 3, 31)
HALVES = ((date(2020, 7, 1), date(2021, 1, 1)), (date(2021, 1, 1), date(2021, 7, 1)))


def conditions(name: str) -> ConditionsPlan:
    plan = PLANS[name]
    assert isinstance(plan, ConditionsPlan)
    return plan


def material(**known: Any) -> ScopeMaterial:
    empty = ScopeMaterial(
        REP, Q1, LAST, "Africa/Kinshasa", lost=conditions("lost-account"), new=conditions("new-customer")
    )
    return replace(empty, **known)


def cny(amount: int) -> Money:
    return Money(amount, "CNY")


def value(fact: str, known: ScopeMaterial, until: date = LAST) -> Any:
    function = FUNCTIONS.get(fact)
    assert function is not None
    answer = function(known, until)
    return answer.value if isinstance(answer, Evidence) else answer


def key(text: str, amount: int, whose: Scope = REP) -> SalesPlan:
    return SalesPlan(whose, text, cny(amount))


def test_kpi_every_fact_of_the_board_has_its_function() -> None:
    facts = [name for name in load_registry().facts if name.startswith("kpi.")]
    assert len(facts) == 12
    assert [name for name in facts if FUNCTIONS.get(name) is None] == []


SOLD = (SoldOn(date(2021, 1, 10), cny(60_000)), SoldOn(date(2021, 3, 20), cny(30_000)))


@pytest.mark.parametrize(
    ("plans", "expected"),
    [
        pytest.param((key("2021-Q1", 100_000),), Decimal("0.9"), id="actual over planned"),
        pytest.param((), NO_PLAN, id="nothing planned is no plan"),
        pytest.param((key("2021-Q1", 0),), NO_PLAN, id="zero planned is no plan, never a hundred per cent"),
        pytest.param(
            (key("2021-01", 10_000), key("2021-02", 20_000), key("2021-03", 70_000)),
            Decimal("0.9"),
            id="three months make a quarter",
        ),
        pytest.param((key("2021-01", 10_000), key("2021-02", 20_000)), NO_PLAN, id="two months make no quarter"),
    ],
)
def test_kpi_plan_completion(plans: tuple[SalesPlan, ...], expected: Any) -> None:
    assert value("kpi.plan_completion", material(sales=SOLD, sales_plans=plans)) == expected


def test_kpi_a_period_that_is_not_over_is_measured_up_to_the_day() -> None:
    known = material(sales=SOLD, sales_plans=(key("2021-Q1", 100_000),))
    assert value("kpi.plan_completion", known, date(2021, 3, 19)) == Decimal("0.6")


def test_kpi_sales_in_another_currency_are_converted_at_their_own_day() -> None:
    rates = (
        ExchangeRate("USD", "CNY", Decimal("6.50"), date(2021, 1, 1), "bank"),
        ExchangeRate("USD", "CNY", Decimal("6.00"), date(2021, 2, 1), "bank"),
    )
    sold = (SoldOn(date(2021, 1, 31), Money(10_000, "USD")), SoldOn(date(2021, 2, 1), Money(10_000, "USD")))
    known = material(sales=sold, sales_plans=(key("2021-Q1", 125_000),), rates=rates)
    assert value("kpi.plan_completion", known) == 1
    unknown = value("kpi.plan_completion", replace(known, rates=()))
    assert unknown == NoEvidence("an exchange rate")


def test_kpi_a_manager_without_a_target_answers_for_his_peoples() -> None:
    manager = Scope(ScopeKind.manager, "m1")
    people = (key("2021-Q1", 40_000, Scope(ScopeKind.rep, "u1")), key("2021-Q1", 60_000, Scope(ScopeKind.rep, "u2")))
    theirs = replace(material(sales_plans=people), scope=manager)
    own = replace(theirs, sales_plans=(*people, key("2021-Q1", 150_000, manager)))
    assert (planned_sales(theirs), planned_sales(own)) == (cny(100_000), cny(150_000))


def life(name: str, *ordered: date, listed: Any = HALVES, developed: bool = True) -> AccountLife:
    return AccountLife(name, developed, listed, ordered)


@pytest.mark.parametrize(
    ("account", "lost"),
    [
        pytest.param(life("a", date(2020, 9, 1)), 1, id="six months silent on the first of March"),
        pytest.param(life("a", date(2020, 9, 1), date(2021, 2, 20)), 0, id="it ordered again in time"),
        pytest.param(life("a", date(2020, 5, 1)), 0, id="lost before the quarter already"),
        pytest.param(life("a", date(2020, 12, 1), listed=HALVES[:1]), 1, id="no longer on the list"),
        pytest.param(life("a", date(2020, 9, 1), listed=()), 0, id="never a key account"),
        pytest.param(life("a", date(2020, 10, 1)), 0, id="silent for six months on the first of April only"),
    ],
)
def test_kpi_an_account_is_lost_once_and_when_the_document_says(account: AccountLife, lost: int) -> None:
    assert value("kpi.accounts_lost", material(accounts=(account,), lists=HALVES)) == lost


def test_kpi_while_no_list_is_agreed_nobody_has_left_it() -> None:
    gone = life("a", date(2020, 12, 1), listed=HALVES[:1])
    assert value("kpi.accounts_lost", material(accounts=(gone,), lists=HALVES[:1])) == 0


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        pytest.param(life("a", date(2021, 2, 1)), Decimal("0.25"), id="its first order"),
        pytest.param(life("a", date(2019, 2, 1), date(2021, 2, 1)), Decimal("0.25"), id="silent for 24 months"),
        pytest.param(life("a", date(2019, 2, 2), date(2021, 2, 1)), Decimal(0), id="ordered within 24 months"),
        pytest.param(life("a", date(2021, 2, 1), developed=False), Decimal(0), id="nobody developed it"),
    ],
)
def test_kpi_new_customer_rate_over_the_customers_at_the_start(account: AccountLife, expected: Decimal) -> None:
    assert value("kpi.new_customer_rate", material(newcomers=(account,), customers_before=4)) == expected


def test_kpi_new_customer_rate_without_any_customer_is_no_plan() -> None:
    assert value("kpi.new_customer_rate", material(newcomers=(life("a", date(2021, 2, 1)),))) == NO_PLAN


ASKED = (Asked(date(2021, 1, 5), True), Asked(date(2021, 2, 5), False), Asked(date(2021, 3, 30), None))
VISITS = (Due(date(2021, 1, 25), True), Due(date(2021, 2, 25), True), Due(date(2021, 3, 25), False))
BUDGET = (Planned(PlannedKpi.service_cost, "2021-Q1", cny(10_000)),)
CASES = (Planned(PlannedKpi.development, "2021-Q1", 4),)


@pytest.mark.parametrize(
    ("fact", "work", "planned", "expected"),
    [
        pytest.param("kpi.feedback_on_time", Work(feedback=ASKED), (), Decimal("0.5"), id="what is open is not judged"),
        pytest.param("kpi.feedback_on_time", Work(feedback=ASKED[2:]), (), NO_PLAN, id="nothing to judge"),
        pytest.param("kpi.answer_timeliness", Work(questions=ASKED[:1]), (), Decimal(1), id="questions in time"),
        pytest.param("kpi.return_visit_rate", Work(return_visits=VISITS), (), Decimal(2) / 3, id="two visits of three"),
        pytest.param("kpi.return_visit_rate", Work(return_visits=()), (), NO_PLAN, id="no visit planned"),
        pytest.param("kpi.service_standard", Work(services_checked=VISITS[:2]), (), Decimal(1), id="both followed it"),
        pytest.param("kpi.complaints_caused", Work(complaints_caused=(LAST, LAST)), (), 2, id="complaints are counted"),
        pytest.param("kpi.complaints_caused", Work(complaints_caused=()), (), 0, id="none is a good nought"),
        pytest.param("kpi.service_cost_share", Work(spent=SOLD[1:]), BUDGET, Decimal(3), id="three times the budget"),
        pytest.param("kpi.service_cost_share", Work(spent=SOLD), (), NO_PLAN, id="no budget is no plan"),
        pytest.param("kpi.development_completion", Work(cases_won=(LAST,)), CASES, Decimal("0.25"), id="one of four"),
        pytest.param(
            "kpi.development_completion",
            Work(cases_won=(LAST,)),
            (Planned(PlannedKpi.development, "2021-Q1", 0),),
            NO_PLAN,
            id="no case planned is no plan",
        ),
        pytest.param("kpi.satisfaction", Work(satisfaction=(Decimal(60), Decimal(100))), (), Decimal("0.8"), id="mean"),
    ],
)
def test_kpi_account_work(fact: str, work: Work, planned: tuple[Planned, ...], expected: Any) -> None:
    assert value(fact, material(work=work, planned=planned)) == expected


@pytest.mark.parametrize("fact", [name for name in load_registry().facts if name.startswith("kpi.")])
def test_kpi_what_nobody_keeps_has_no_evidence(fact: str) -> None:
    known = material(lost=None, new=None)
    assert value(fact, known) in (NOT_KEPT, NO_PLAN)


def test_kpi_dossier_completeness_is_the_mean_kept_that_day() -> None:
    assert value("kpi.dossier_completeness", material(completeness=Decimal("0.875"))) == Decimal("0.875")


def a_board(**known: Any) -> Board:
    card = card_for(PLANS, subject="salesperson", kind="quarter")
    assert card is not None
    return judge(card, material(**known), name="Grace")


@pytest.mark.parametrize(
    ("sold", "light", "warn"),
    [
        pytest.param(79_999, "red", "kpi_below_threshold", id="just under eighty per cent"),
        pytest.param(80_000, "amber", "", id="eighty per cent"),
        pytest.param(99_999, "amber", "", id="just under the plan"),
        pytest.param(100_000, "green", "", id="the plan"),
    ],
)
def test_kpi_lights_change_exactly_at_the_documents_edges(sold: int, light: str, warn: str) -> None:
    board = a_board(sales=(SoldOn(LAST, cny(sold)),), sales_plans=(key("2021-Q1", 100_000),))
    line = next(one for one in board.lines if one.kpi == "plan")
    assert (line.light, line.warn) == (light, warn)


def test_kpi_the_score_is_weighed_over_what_is_known() -> None:
    board = a_board(
        sales=(SoldOn(LAST, cny(90_000)),), sales_plans=(key("2021-Q1", 100_000),), work=Work(complaints_caused=())
    )
    # plan 70 points at 30, accounts lost 100 at 10, complaints 100 at 10: the rest has no plan or no evidence
    assert board.score == (Decimal(70) * 30 + 100 * 10 + 100 * 10) / 50
    assert board.grade == "green"
    assert {line.because for line in board.lines if line.value is None} == {"no_plan", "no_evidence"}


def test_kpi_each_figure_below_its_threshold_is_warned_of_and_so_is_the_whole() -> None:
    board = a_board(sales=(SoldOn(LAST, cny(1)),), sales_plans=(key("2021-Q1", 100_000),), lost=None)
    assert [(one.kpi, one.code) for one in warnings_of(board)] == [
        ("kpi.plan_completion", "kpi_below_threshold"),
        ("appraisal", "appraisal_warning"),
    ]


def test_kpi_the_target_is_the_edge_of_the_best_light() -> None:
    card = card_for(PLANS, subject="branch", kind="quarter")
    assert card is not None
    said = {plan.criterion.id: target_of(plan.ladder) for plan in card.criteria}
    assert {name: (target.sign, target.figure) for name, target in said.items() if target} == {
        "plan": ("at_least", "1"),
        "lost": ("below", "1"),
        "development": ("at_least", "1"),
        "new": ("at_least", "0.10"),
        "complaints": ("below", "1"),
        "feedback": ("at_least", "1"),
        "visits": ("at_least", "1"),
        "cost": ("at_most", "1"),
    }


@pytest.mark.parametrize("subject", ["salesperson", "manager", "branch"])
@pytest.mark.parametrize("span", ["2021-03", "2021-Q1", "2021"])
def test_kpi_there_is_a_card_for_each_scope_by_month_quarter_and_year(subject: str, span: str) -> None:
    card = card_for(PLANS, subject=subject, kind=kind_of(period(span)))
    assert card is not None
    assert card.document.window == kind_of(period(span))


@pytest.mark.parametrize(
    "as_of", [pytest.param(date(2020, 12, 31), id="before the period"), pytest.param(date(2021, 4, 2), id="to come")]
)
def test_kpi_a_board_is_of_a_day_that_can_be_known(as_of: date) -> None:
    with pytest.raises(Problem):
        check_day(Q1, as_of, today=date(2021, 4, 1))
