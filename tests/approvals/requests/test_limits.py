"""Terms that pricing or rewards would refuse are refused at the decision (C5, C6, S-B6): the house's own routes."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from services.approvals.requests import service
from services.approvals.requests.domain import Choice, Decision, Evidence, Subject
from services.approvals.requests.limits import NotComparable, figure_of
from services.approvals.requests.models import RequestRow
from services.approvals.requests.readings import Kind
from services.approvals.requests.service import Ask
from services.approvals.requests.states import State
from services.approvals.requests.terms import TermsNotRight
from services.approvals.routing.domain import Limit, chain_of
from shared.auth.principal import Reach
from shared.db.mechanisms import audit_entry, outbox
from shared.ids import new_id
from shared.policy.evaluation import NothingKnown
from shared.policy.plan import Plans
from shared.policy.route import RoutePlan
from shared.trace import Subject as PolicySubject
from tests.approvals.build import START, decided, request, route, turn
from tests.serving import employ

ASKED = {"account": "a-1", "sku": "HANDSET-N1", "price": "880.00", "quantity": 100, "currency": "CNY"}
TERMS = {"price": "880.00", "quantity_from": 100, "quantity_to": 100, "valid_until": "2021-03-04"}
WINDOW = {"account": "a-1", "policy": "volume-subsidy@1", "window": "2021-02", "measure": "Q-1"}
NEGOTIATED = {"account": "a-1", "rate": "0.35", "from": "2021-02-01", "until": "2021-03-01", "applies_to": "subsidy"}


def chain(plans: Plans, name: str):
    """One approving step under the terms and limits of the house's route."""
    plan = plans.by_id[name]
    assert isinstance(plan, RoutePlan)
    return chain_of(plan.document, policy=f"{name}@1", stages=[turn("last", kind="approve")])


def granted(plans: Plans, name: str, asked: dict[str, object], terms: dict[str, object]):
    return decided(replace(request(chain(plans, name)), asked=asked), "director", terms=terms)


def pointers(refused: pytest.ExceptionInfo[TermsNotRight]) -> list[tuple[str, str]]:
    return [(error.pointer, error.code) for error in refused.value.errors]


@pytest.mark.parametrize(
    ("terms", "asked"),
    [
        pytest.param({}, {}, id="exactly what was asked, until tomorrow"),
        pytest.param({"price": {"amount": "880.00", "currency": "CNY"}}, {}, id="the equal price with its currency"),
        pytest.param({"price": "879.99"}, {}, id="a lower price"),
        pytest.param({"price": "3.33"}, {"price": "3.333333"}, id="the fen below a price of no whole fen"),
        pytest.param({"quantity_from": 1, "quantity_to": 600}, {}, id="a wider range"),
        pytest.param({"quantity_to": 600}, {}, id="the asked quantity at the lower bound"),
        pytest.param({"quantity_from": 1}, {}, id="the asked quantity at the upper bound"),
    ],
)
def test_c5_terms_that_hold_the_asked_line_are_granted(plans, terms, asked):
    assert granted(plans, "price-exception", ASKED | asked, TERMS | terms).state is State.GRANTED


@pytest.mark.parametrize(
    ("terms", "asked", "refused_at"),
    [
        pytest.param({"price": "880.01"}, {}, "price", id="a fen above the asked price"),
        pytest.param({"price": "3.34"}, {"price": "3.333333"}, "price", id="the fen above a price of no whole fen"),
        pytest.param({"price": {"amount": "880.00", "currency": "USD"}}, {}, "price", id="a price in other money"),
        pytest.param({"price": {"amount": "1.00", "currency": "USD"}}, {}, "price", id="a small price in other money"),
        pytest.param({"quantity_from": 101, "quantity_to": 600}, {}, "quantity_from", id="a range that begins later"),
        pytest.param({"quantity_from": 1, "quantity_to": 99}, {}, "quantity_to", id="a range that ends before"),
        pytest.param({"valid_until": "2021-03-03"}, {}, "valid_until", id="no day left: until today"),
        pytest.param({"valid_until": "2020-12-31"}, {}, "valid_until", id="long past"),
    ],
)
def test_s_b6_terms_that_pricing_would_refuse_are_refused_at_the_decision(plans, terms, asked, refused_at):
    with pytest.raises(TermsNotRight) as refused:
        granted(plans, "price-exception", ASKED | asked, TERMS | terms)
    assert pointers(refused) == [(f"/terms/{refused_at}", "cannot_help")]


def test_s_b6_every_term_that_cannot_help_is_named_at_once_in_both_languages(plans):
    wrong = {"price": "900.00", "quantity_from": 1, "quantity_to": 50, "valid_until": "2021-03-03"}
    with pytest.raises(TermsNotRight) as refused:
        granted(plans, "price-exception", ASKED, wrong)
    assert [error.detail for error in refused.value.errors] == [
        {
            "en": "it could not help: it must be at most 880.00 CNY, as was asked",
            "zh": "无法起作用：不得高于申请值 880.00 CNY",
        },
        {"en": "it could not help: it must be at least 100, as was asked", "zh": "无法起作用：不得低于申请值 100"},
        {"en": "it could not help: it must be after 2021-03-03, today", "zh": "无法起作用：须晚于今日 2021-03-03"},
    ]


@pytest.mark.parametrize(
    ("terms", "window"),
    [
        pytest.param({}, "2021-02", id="a month that is over: the subsidy is paid afterwards"),
        pytest.param({"from": "2021-02-28"}, "2021-02", id="from the last day of the window"),
        pytest.param({"until": "2021-07-01"}, "2021-H1", id="a half year"),
        pytest.param({"until": "2021-04-01"}, "contract:c-1", id="a window without days limits nothing"),
        pytest.param({"from": "2021-03-01", "until": "2021-04-01", "applies_to": "discount"}, "2021-03", id="discount"),
    ],
)
def test_c6_negotiated_terms_that_hold_the_end_of_the_window_are_granted(plans, terms, window):
    assert granted(plans, "negotiated-benefit", WINDOW | {"window": window}, NEGOTIATED | terms).state is State.GRANTED


@pytest.mark.parametrize(
    ("terms", "window", "refused_at"),
    [
        pytest.param({"from": "2021-03-01", "until": "2021-04-01"}, "2021-02", ["from"], id="the month after"),
        pytest.param({"until": "2021-02-28"}, "2021-02", ["until"], id="ended before the window did"),
        pytest.param({"applies_to": "discount"}, "2021-02", ["until"], id="a discount on days that are over"),
        pytest.param(
            {"until": "2021-03-03", "applies_to": "discount"}, "2021-02", ["until"], id="a discount until today"
        ),
    ],
)
def test_c6_negotiated_terms_that_miss_what_was_asked_are_refused(plans, terms, window, refused_at):
    with pytest.raises(TermsNotRight) as refused:
        granted(plans, "negotiated-benefit", WINDOW | {"window": window}, NEGOTIATED | terms)
    assert pointers(refused) == [(f"/terms/{name}", "cannot_help") for name in refused_at]


OVERRIDE = {"account": "a-1", "grade": "A", "reason": "grew", "until": "2021-07-01", "grades": ["A", "B", "C"]}
HOLDS = {"grade": "B", "reason": "until the books are seen", "until": "2021-07-01"}


def test_a5_a_class_of_the_house_until_the_asked_end_is_granted(plans):
    assert granted(plans, "class-override", OVERRIDE, HOLDS).state is State.GRANTED


@pytest.mark.parametrize(
    ("terms", "refused_at"),
    [
        pytest.param({"grade": "ZZZ"}, "grade", id="a class there is not"),
        pytest.param({"until": "2021-07-02"}, "until", id="a day longer than was asked"),
        pytest.param({"until": "2021-03-03"}, "until", id="over today"),
    ],
)
def test_a5_a_class_set_by_hand_keeps_to_the_houses_classes_and_the_asked_end(plans, terms, refused_at):
    with pytest.raises(TermsNotRight) as refused:
        granted(plans, "class-override", OVERRIDE, HOLDS | terms)
    assert pointers(refused) == [(f"/terms/{refused_at}", "cannot_help")]


def test_a_limit_may_name_another_term():
    stages = route(
        turn("last", kind="approve"),
        terms=("quantity_from", "quantity_to"),
        limits=[Limit("quantity_to", "less_than", "quantity_from")],
    )
    with pytest.raises(TermsNotRight) as refused:
        decided(request(stages), "director", terms={"quantity_from": 5, "quantity_to": 5})
    assert pointers(refused) == [("/terms/quantity_to", "cannot_help")]


def test_what_the_request_does_not_say_limits_nothing(plans):
    assert granted(plans, "price-exception", {"currency": "CNY"}, TERMS).state is State.GRANTED


@pytest.mark.parametrize(
    ("terms", "asked"),
    [
        pytest.param("9500", "9500", id="yen that look like a year"),
        pytest.param("2021", "20210401", id="yen that look like a day"),
        pytest.param({"amount": "20210401", "currency": "JPY"}, "20210401", id="such yen with their currency"),
        pytest.param("202103", "202104", id="yen that look like a month"),
    ],
)
@pytest.mark.parametrize("currency", ["JPY", "XAF"])
def test_an_amount_without_minor_digits_is_compared_as_an_amount(plans, terms, asked, currency):
    given = terms | {"currency": currency} if isinstance(terms, dict) else terms
    asked_in = ASKED | {"price": asked, "currency": currency}
    assert granted(plans, "price-exception", asked_in, TERMS | {"price": given}).state is State.GRANTED


@pytest.mark.parametrize("currency", ["JPY", "XAF"])
@pytest.mark.parametrize(
    ("price", "asked"),
    [
        pytest.param("9501", "9500", id="one more than a year"),
        pytest.param("20210402", "20210401", id="one more than a day"),
        pytest.param("2022", "2021", id="two years"),
        pytest.param("20210401", "9500", id="a day against a year"),
    ],
)
def test_s_b6_a_higher_price_without_minor_digits_is_refused(plans, currency, price, asked):
    with pytest.raises(TermsNotRight) as refused:
        granted(plans, "price-exception", ASKED | {"price": asked, "currency": currency}, TERMS | {"price": price})
    [error] = refused.value.errors
    assert (error.pointer, error.code) == ("/terms/price", "cannot_help")
    assert f"{asked} {currency}" in error.detail["en"]


def test_a_price_in_other_money_is_told_which_currency_it_must_be_in(plans):
    dollars = {"price": {"amount": "1.00", "currency": "USD"}}
    with pytest.raises(TermsNotRight) as refused:
        granted(plans, "price-exception", ASKED | {"price": "850.00"}, TERMS | dollars)
    assert [error.detail for error in refused.value.errors] == [
        {
            "en": "it could not help: it must be in CNY, as was asked (850.00 CNY)",
            "zh": "无法起作用：币种须为 CNY，与申请值（850.00 CNY）一致",
        }
    ]


@pytest.mark.parametrize(
    ("limit", "asked"),
    [
        pytest.param(Limit("price", "at_most", "today"), {}, id="an amount against a day"),
        pytest.param(Limit("price", "at_most", "quantity_to"), {}, id="an amount against a count"),
        pytest.param(Limit("price", "at_most", "asked.window"), {"window": "2021-02"}, id="an amount against a month"),
        pytest.param(Limit("quantity_to", "at_most", "asked.price"), {"price": "3"}, id="a count against an amount"),
        pytest.param(Limit("valid_until", "at_most", "asked.price"), {"price": "880.00"}, id="a day against an amount"),
        pytest.param(Limit("applies_to", "at_most", "asked.price"), {"price": "880.00"}, id="a word has no size"),
    ],
)
def test_a_limit_between_different_kinds_is_an_error_and_never_skipped(limit, asked):
    given = {"price": {"amount": "1.00", "currency": "CNY"}, "quantity_to": 1, "valid_until": "2021-04-01"}
    given |= {"applies_to": "subsidy"}
    stages = route(turn("last", kind="approve"), terms=tuple(given), limits=[limit])
    with pytest.raises(TermsNotRight) as refused:
        decided(replace(request(stages), asked=asked), "director", terms=given)
    assert pointers(refused) == [(f"/terms/{limit.term}", "not_comparable")]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        pytest.param(True, Kind.COUNT, id="a truth"),
        pytest.param("a word", Kind.MONEY, id="a word"),
        pytest.param("NaN", Kind.RATE, id="not a number"),
        pytest.param({"amount": 1}, Kind.MONEY, id="half an amount"),
        pytest.param([1], Kind.COUNT, id="a list"),
        pytest.param("2021", Kind.COUNT, id="a year for a count"),
    ],
)
def test_what_is_of_another_kind_does_not_compare(value, kind):
    with pytest.raises(NotComparable):
        figure_of(value, kind)


@pytest.mark.parametrize("kind", Kind)
def test_what_is_not_said_is_no_figure(kind):
    assert figure_of(None, kind) is None


def test_a_span_of_days_is_compared_by_its_last():
    assert str(figure_of("2021-02-01/2021-04-30", Kind.DAY)) == "2021-04-30"


async def test_a_refused_decision_changes_nothing(session, at):
    mark = str(new_id())[-8:]
    for name, role in (("rep", "account_rep"), ("director", "marketing_director")):
        await employ(session, f"{name}-{mark}", role)
    subject = Subject("quote_line", str(new_id()), 1)
    ask = Ask(
        subject=subject,
        content_hash="hash",
        content=ASKED,
        route="price-exception",
        about=PolicySubject("quote_line", subject.id),
        facts=NothingKnown(),
        initiator=f"rep-{mark}",
        requester=f"rep-{mark}",
        account_id="a-1",
        branch="kinshasa",
    )
    row = await service.seek_approval(session, ask, at=at())
    before = await written(session)
    await refuse(session, row, f"director-{mark}", at=at())
    await session.refresh(row)
    assert (row.state, row.version, row.decisions, row.steps[0].state) == ("pending", 1, [], "active")
    assert await written(session) == before


async def written(session):
    return [await session.scalar(select(func.count()).select_from(table)) for table in (outbox, audit_entry)]


async def refuse(session, row: RequestRow, director, *, at):
    proof = Evidence("email", "mail", START)
    decision = Decision(director, Choice.APPROVE, START, evidence=proof, terms=TERMS | {"price": "880.01"})
    reach = Reach(everywhere=True, branches=frozenset(), user_id="x", account_id=None)
    with pytest.raises(TermsNotRight):
        await service.decide_step(session, row.id, decision, expected_version=1, reach=reach, at=at)
