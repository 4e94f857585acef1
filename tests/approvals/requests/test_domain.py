"""A request's rules: order, quorum, evidence, terms, and duties kept apart."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.approvals.requests.domain import (
    OWN_BENEFIT,
    OWN_REQUEST,
    TWO_ROLES,
    AlreadyDecided,
    EvidenceMissing,
    NotTheRequester,
    NotYourStep,
    SegregationOfDuties,
    StepNotNamed,
    StepNotOpen,
    UnknownStep,
    broken_rule,
    decide,
    withdraw,
)
from services.approvals.requests.states import MOVES, Move, MoveNotPossible, State, StepState, moved_state, moved_step
from services.approvals.requests.terms import TermsNotAsked, TermsNotRight
from services.approvals.routing.domain import NobodyDecides
from shared.errors import ValidationProblem
from tests.approvals.build import FIVE_STEPS, START, decided, decision, evidence, parallel, request, route, turn


def walked(asked, *people):
    for person in people:
        asked = decided(asked, person)
    return asked


def test_c2_five_roles_decide_one_after_the_other_and_the_last_grants():
    asked = request()
    for person, step in zip("abcde", ["first", "legal", "marketing", "finance", "general"], strict=True):
        assert asked.state is State.PENDING
        assert [turn.id for turn in asked.active()] == [step]
        asked = decided(asked, person)
    assert asked.state is State.GRANTED
    assert asked.granted_at == START
    assert [d.by for d in asked.decisions] == list("abcde")


def test_a_step_cannot_be_decided_before_its_turn():
    with pytest.raises(StepNotOpen):
        decided(request(), "legal-person", step="legal")


def test_s_g7_a_decided_step_is_not_decided_again():
    asked = decided(request(), "kam")
    with pytest.raises(AlreadyDecided):
        decided(asked, "another", step="first")


def test_a_granted_request_answers_that_it_is_decided():
    asked = walked(request(), *"abcde")
    with pytest.raises(AlreadyDecided):
        decided(asked, "f")


def test_a_step_the_route_has_not_is_unknown():
    with pytest.raises(UnknownStep):
        decided(request(), "x", step="mayor")


def test_c11_the_requester_never_decides_on_his_own_request():
    with pytest.raises(SegregationOfDuties) as refused:
        decided(request(requester="kam"), "kam")
    assert refused.value.detail == OWN_REQUEST
    assert {"en", "zh"} <= set(OWN_REQUEST)


def test_c11_whoever_started_it_for_the_requester_does_not_decide_either():
    with pytest.raises(SegregationOfDuties):
        decided(request(requester="rep", initiator="kam"), "kam")


def test_c11_nobody_decides_on_what_benefits_him():
    with pytest.raises(SegregationOfDuties) as refused:
        decided(request(beneficiaries=["kam"]), "kam")
    assert refused.value.detail == OWN_BENEFIT


def test_c11_nobody_decides_twice_under_two_roles():
    asked = decided(request(), "kam")
    with pytest.raises(SegregationOfDuties) as refused:
        decided(asked, "kam")
    assert refused.value.detail == TWO_ROLES


def test_c11_the_same_role_may_come_twice_in_one_chain():
    twice = route(turn("manager", role="key_account_manager"), turn("check", role="key_account_manager"))
    assert walked(request(twice), "kam", "kam").state is State.GRANTED


def test_c11_is_asked_before_the_role_so_that_the_rule_is_named():
    with pytest.raises(SegregationOfDuties):
        decide(request(requester="rep"), decision("rep"), eligible=frozenset(), today=START.date())


def test_s_g4_a_person_without_the_role_does_not_decide():
    with pytest.raises(NotYourStep):
        decide(request(), decision("guest"), eligible=frozenset(("kam",)), today=START.date())


@pytest.mark.parametrize(
    ("proof", "pointer"),
    [
        pytest.param(None, "/evidence/channel", id="no evidence at all"),
        pytest.param(evidence("telephone"), "/evidence/channel", id="a channel the step does not accept"),
        pytest.param(evidence(reference=" "), "/evidence/reference", id="nowhere to find it"),
        pytest.param(evidence(at=START + timedelta(days=1)), "/evidence/received_at", id="received tomorrow"),
    ],
)
def test_c5_an_approve_step_needs_evidence(proof, pointer):
    asked = request(route(turn("marketing", kind="approve")))
    with pytest.raises(EvidenceMissing) as refused:
        decided(asked, "director", proof=proof)
    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_a_review_needs_no_evidence():
    assert decided(request(route(turn("legal"))), "lawyer", proof=None).state is State.GRANTED


def test_a_rejection_ends_the_chain_and_leaves_nobody_waiting():
    asked = decided(request(), "kam", "reject")
    assert asked.state is State.REJECTED
    assert asked.active() == ()
    assert asked.steps["legal"] is StepState.UNNEEDED


def test_a_rejection_needs_a_reason_but_no_evidence():
    asked = request(route(turn("marketing", kind="approve")))
    with pytest.raises(ValidationProblem):
        decided(asked, "director", "reject", comment=" ", proof=None)
    assert decided(asked, "director", "reject", proof=None).state is State.REJECTED


def test_on_reject_to_requester_returns_it():
    asked = request(route(turn("legal"), on_reject="to_requester"))
    assert decided(asked, "lawyer", "reject").state is State.RETURNED


def test_s_g6_all_of_several_must_review_in_any_order():
    heads = [turn(name) for name in ("market", "production", "contracts", "treasury")]
    asked = request(route(parallel(4, *heads)))
    for name in ("treasury", "market", "contracts"):
        asked = decided(asked, f"{name}-head", step=name)
        assert asked.state is State.PENDING
    assert decided(asked, "production-head", step="production").state is State.GRANTED


def test_s_g6_any_one_is_enough_and_the_others_are_no_longer_asked():
    asked = decided(request(route(parallel(1, turn("a"), turn("b")), turn("c"))), "x", step="b")
    assert asked.steps["a"] is StepState.UNNEEDED
    assert [turn.id for turn in asked.active()] == ["c"]


def test_s_g6_a_reject_counts_only_once_the_quorum_is_out_of_reach():
    asked = request(route(parallel(2, turn("a"), turn("b"), turn("c"))))
    asked = decided(asked, "x", "reject", step="a")
    assert asked.state is State.PENDING
    assert decided(asked, "y", "reject", step="b").state is State.REJECTED
    granted = decided(decided(asked, "y", step="b"), "z", step="c")
    assert granted.state is State.GRANTED


def test_s_g6_one_no_stops_a_group_that_says_so_though_its_quorum_is_in_reach():
    two_of_three = parallel(2, turn("a"), turn("b"), turn("c"), on_no="stop")
    assert decided(request(route(two_of_three)), "ann", "reject", step="a").state is State.REJECTED


def test_one_no_ends_it_where_all_must_agree():
    asked = request(route(parallel(2, turn("a"), turn("b"))))
    assert decided(asked, "x", "reject", step="a").state is State.REJECTED


def test_several_open_steps_must_be_named():
    asked = request(route(parallel(2, turn("a"), turn("b"))))
    with pytest.raises(StepNotNamed):
        decided(asked, "x")


def test_a_group_inside_a_group_counts_as_one():
    inner = parallel(1, turn("b"), turn("c"), name="inner")
    asked = request(route(parallel(2, turn("a"), inner)))
    asked = decided(asked, "y", step="c")
    assert asked.state is State.PENDING
    assert decided(asked, "x", step="a").state is State.GRANTED


def test_c8_an_act_after_the_grant_does_not_hold_it():
    asked = request(route(turn("confirm", kind="approve"), turn("announce", kind="act")))
    granted = decided(asked, "gm")
    assert granted.state is State.GRANTED
    assert [turn.id for turn in granted.active()] == ["announce"]
    done = decided(granted, "hr", "done")
    assert (done.state, done.steps["announce"]) == (State.GRANTED, StepState.DONE)


def test_an_act_before_the_last_review_holds_the_chain():
    asked = decided(request(route(turn("a"), turn("budget", kind="act"), turn("b"))), "x")
    assert [turn.id for turn in asked.active()] == ["budget"]
    asked = decided(asked, "clerk", "done")
    assert decided(asked, "y").state is State.GRANTED


def test_c11_does_not_keep_anybody_from_doing_an_act():
    asked = request(route(turn("report", role="account_rep", kind="act"), turn("check")), requester="rep")
    assert decided(asked, "rep", "done").steps["report"] is StepState.DONE


def test_an_act_is_done_and_not_approved():
    asked = request(route(turn("budget", kind="act"), turn("check")))
    with pytest.raises(ValidationProblem):
        decided(asked, "clerk", "approve")


def test_a_review_is_not_merely_done():
    with pytest.raises(ValidationProblem):
        decided(request(), "kam", "done")


def test_c7_a_copy_is_told_on_the_way_and_holds_nothing():
    asked = decided(request(route(turn("head"), turn("copy", kind="copy"), turn("legal"))), "kam")
    assert asked.steps["copy"] is StepState.TOLD
    assert [turn.id for turn in asked.active()] == ["legal"]


def test_a_copy_beside_a_review_does_not_count_for_the_quorum():
    asked = request(route(parallel(1, turn("copy", kind="copy"), turn("legal"))))
    assert asked.state is State.PENDING
    assert decided(asked, "lawyer").state is State.GRANTED


def test_a_route_on_which_nobody_decides_is_never_granted_by_itself():
    with pytest.raises(NobodyDecides):
        request(route(turn("copy", kind="copy")))


TERMS = {
    "price": {"amount": "880.00", "currency": "CNY"},
    "quantity_from": 1,
    "quantity_to": 600,
    "valid_until": "2021-04-01",
}
EXCEPTION = route(turn("marketing", kind="approve"), terms=TERMS, lasts="P30D")
NEGOTIATED = {"account": "a-1", "rate": "0.35", "from": "2021-03-01", "until": "2021-04-01", "applies_to": "subsidy"}
THREE = route(*[turn(step, kind="approve") for step in ("sales", "finance", "general")], terms=NEGOTIATED)


def test_c5_the_grant_carries_the_terms_of_the_last_approver():
    assert decided(request(EXCEPTION), "director", terms=TERMS).terms == TERMS


def test_c5_a_price_without_currency_is_of_the_one_that_was_asked_in():
    asked = replace(request(EXCEPTION), asked={"currency": "CNY"})
    assert decided(asked, "director", terms=TERMS | {"price": "880.00"}).terms == TERMS


def test_c6_only_the_last_of_three_gives_terms():
    asked = request(THREE)
    with pytest.raises(TermsNotAsked):
        decided(asked, "a", terms=NEGOTIATED)
    asked = walked(asked, "a", "b")
    with pytest.raises(TermsNotRight):
        decided(asked, "c")
    assert decided(asked, "c", terms=NEGOTIATED).terms == NEGOTIATED


@pytest.mark.parametrize(
    ("terms", "pointer"),
    [
        pytest.param({"price": "880.00"}, "/terms/price", id="a price without its currency"),
        pytest.param({"price": {"amount": "880.001", "currency": "CNY"}}, "/terms/price", id="a third of a fen"),
        pytest.param({"price": {"amount": "-1.00", "currency": "CNY"}}, "/terms/price", id="a negative price"),
        pytest.param({"price": {"amount": 880.0, "currency": "CNY"}}, "/terms/price", id="a float"),
        pytest.param({"quantity_from": 601}, "/terms/quantity_to", id="a range the wrong way round"),
        pytest.param({"quantity_from": True}, "/terms/quantity_from", id="a truth for a number"),
        pytest.param(
            {"price": {"amount": "10000000000.00", "currency": "CNY"}}, "/terms/price", id="a price too large"
        ),
        pytest.param({"quantity_to": 1_000_001}, "/terms/quantity_to", id="more than any line holds"),
        pytest.param({"quantity_to": 10**10}, "/terms/quantity_to", id="more than a column holds"),
        pytest.param({"quantity_to": 10**30}, "/terms/quantity_to", id="more than any database holds"),
        pytest.param({"valid_until": "9999-12-31"}, "/terms/valid_until", id="a day of no year of ours"),
        pytest.param({"valid_until": "1 April"}, "/terms/valid_until", id="a day in words"),
        pytest.param({"colour": "red"}, "/terms/colour", id="a term the route does not name"),
    ],
)
def test_s_b6_terms_that_are_not_right_are_named(terms, pointer):
    with pytest.raises(TermsNotRight) as refused:
        decided(request(EXCEPTION), "director", terms=TERMS | terms)
    assert [error.pointer for error in refused.value.errors] == [pointer]


@pytest.mark.parametrize(
    ("terms", "pointer"),
    [
        pytest.param({"rate": "1.01"}, "/terms/rate", id="more than everything"),
        pytest.param({"rate": "NaN"}, "/terms/rate", id="not a number"),
        pytest.param({"rate": "1E-3000"}, "/terms/rate", id="three thousand characters once written out"),
        pytest.param({"rate": "0.1234567"}, "/terms/rate", id="more than six digits"),
        pytest.param({"until": "2021-03-01"}, "/terms/until", id="no day at all"),
        pytest.param({"applies_to": "both"}, "/terms/applies_to", id="both columns"),
        pytest.param({"account": "a-2"}, "/terms/account", id="another account"),
    ],
)
def test_c6_negotiated_terms_that_are_not_right_are_named(terms, pointer):
    asked = walked(request(THREE), "a", "b")
    with pytest.raises(TermsNotRight) as refused:
        decided(asked, "c", terms=NEGOTIATED | terms)
    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_c10_the_requester_takes_his_request_back():
    asked = withdraw(decided(request(), "kam"), by="rep")
    assert asked.state is State.WITHDRAWN
    assert asked.active() == ()


def test_nobody_else_withdraws():
    with pytest.raises(NotTheRequester):
        withdraw(request(), by="kam")


def test_a_granted_request_is_not_withdrawn():
    with pytest.raises(MoveNotPossible):
        withdraw(walked(request(), *"abcde"), by="rep")


def test_who_is_excluded_can_be_asked_without_deciding():
    asked = decided(request(beneficiaries=["b"]), "kam")
    legal = asked.turn("legal")
    assert [broken_rule(asked, legal, who) for who in ("rep", "b", "kam", "lawyer")] == [
        OWN_REQUEST,
        OWN_BENEFIT,
        TWO_ROLES,
        None,
    ]


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("move", list(Move))
def test_a_move_the_table_does_not_know_raises(state, move):
    if (state, move) in MOVES:
        assert moved_state(state, move) is MOVES[state, move]
    else:
        with pytest.raises(MoveNotPossible):
            moved_state(state, move)


def test_a_wrong_move_of_a_step_raises():
    with pytest.raises(MoveNotPossible):
        moved_step(StepState.APPROVED, Move.APPROVE)


def test_the_file_keeps_each_step_in_the_order_of_the_route():
    assert [turn.id for turn in request(FIVE_STEPS).active()] == ["first"]
