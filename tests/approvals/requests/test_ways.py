"""Return, hand over, delegate, add an approver: each way a request can take besides yes and no (C10, C11, S-G8)."""

from dataclasses import replace

import pytest

from services.approvals.requests.domain import NotYourStep, SegregationOfDuties, broken_rule, decide, open_request
from services.approvals.requests.reassigning import AlreadyOnTheRoute, HandedTo, add_approver, transfer
from services.approvals.requests.returning import NothingToReturnTo, Returned, Then, carried_over, send_back
from services.approvals.requests.standing import Delegated, masters_of, reached_from, standing_on
from services.approvals.requests.states import State, StepState
from services.approvals.routing.domain import Place
from shared.errors import ValidationProblem
from tests.approvals.build import FIVE_STEPS, START, decided, decision, evidence, parallel, request, route, turn

TODAY = START.date()


def returned(asked, by, *, to=None, then="returner", comment="the term is missing", step=None):
    wish = Returned(decision(by, "return", step=step, comment=comment), to, Then(then))
    return send_back(asked, wish, eligible=frozenset((by,)))


def at_finance():
    """The first three of five have agreed; finance's turn."""
    asked = request()
    for who in ("kam", "lawyer", "marketing"):
        asked = decided(asked, who)
    return asked


def handed(by, to, step=None):
    return HandedTo(by, to, START, step)


def test_c10_returned_to_a_step_it_goes_straight_back_to_the_returner():
    asked = returned(at_finance(), "findir", to="first")
    assert [one.id for one in asked.active()] == ["first"]
    assert asked.steps["legal"] is StepState.APPROVED
    again = decided(asked, "kam")
    assert [one.id for one in again.active()] == ["finance"]
    assert (again.round("first"), again.round("legal")) == (2, 1)


def test_c10_returned_with_all_every_step_between_looks_again():
    asked = returned(at_finance(), "findir", to="first", then="all")
    assert [asked.steps[step] for step in ("legal", "marketing", "finance")] == [StepState.WAITING] * 3
    for who, step in [("kam", "legal"), ("lawyer", "marketing"), ("marketing", "finance")]:
        asked = decided(asked, who)
        assert [one.id for one in asked.active()] == [step]


def test_c10_the_file_keeps_what_was_decided_before_the_return():
    asked = decided(returned(at_finance(), "findir", to="first"), "kam")
    assert [(one.by, str(one.choice), one.round) for one in asked.decisions] == [
        ("kam", "approve", 1),
        ("lawyer", "approve", 1),
        ("marketing", "approve", 1),
        ("findir", "return", 1),
        ("kam", "approve", 2),
    ]


def test_c10_a_return_says_why():
    with pytest.raises(ValidationProblem):
        returned(at_finance(), "findir", comment=" ", to="first")


@pytest.mark.parametrize(
    "to",
    [
        pytest.param("general", id="a step ahead"),
        pytest.param("finance", id="one's own step"),
    ],
)
def test_c10_a_request_is_returned_to_what_lies_behind(to):
    with pytest.raises(NothingToReturnTo):
        returned(at_finance(), "findir", to=to)


def test_s_g8_returned_to_the_requester_nobodys_turn_is_open_and_the_clock_stands():
    asked = returned(at_finance(), "findir")
    assert (asked.state, asked.active()) == (State.RETURNED, ())
    assert "finance" not in asked.opened


def fresh(before, **change):
    """The next revision of a returned request, not opened yet."""
    asked = replace(before, state=State.PENDING, steps={}, opened={}, decisions=(), rounds={}, added=(), assigned={})
    return replace(asked, **change)


def test_s_g8_the_same_content_keeps_its_approvals_and_goes_to_the_returner():
    before = returned(at_finance(), "findir")
    after = open_request(carried_over(fresh(before), before), at=START)
    assert [one.id for one in after.active()] == ["finance"]
    assert [one.by for one in after.decisions] == ["kam", "lawyer", "marketing"]
    assert decided(decided(after, "findir"), "gm").state is State.GRANTED


def test_s_g8_another_content_starts_again():
    before = returned(at_finance(), "findir")
    after = open_request(carried_over(fresh(before, content_hash="other"), before), at=START)
    assert ([one.id for one in after.active()], after.decisions) == (["first"], ())


def test_s_g8_another_route_starts_again():
    before = returned(at_finance(), "findir")
    other = replace(before.route, policy="some-route@2")
    after = open_request(carried_over(fresh(before, route=other), before), at=START)
    assert [one.id for one in after.active()] == ["first"]


def test_s_g8_through_all_again_keeps_nothing():
    before = returned(at_finance(), "findir", then="all")
    after = open_request(carried_over(fresh(before), before), at=START)
    assert ([one.id for one in after.active()], after.decisions) == (["first"], ())


def test_s_g8_a_rejected_request_brings_nothing_along():
    before = decided(at_finance(), "findir", "reject")
    after = open_request(carried_over(fresh(before), before), at=START)
    assert [one.id for one in after.active()] == ["first"]


def test_s_g8_returned_to_one_of_a_quorum_only_he_is_asked_again():
    either = route(parallel(1, turn("a"), turn("b"), name="either"), turn("z"))
    asked = returned(decided(request(either), "ann", step="a"), "zoe", to="a")
    assert [one.id for one in asked.active()] == ["a"]


def test_c10_a_return_from_beside_takes_the_neighbours_turn_away_too():
    beside = route(turn("a"), parallel(2, turn("b"), turn("c")))
    asked = returned(decided(request(beside), "ann"), "bob", to="a", step="b")
    assert [one.id for one in asked.active()] == ["a"]
    assert sorted(one.id for one in decided(asked, "ann").active()) == ["b", "c"]


def test_c10_a_turn_handed_over_is_decided_by_the_other_and_both_names_stay():
    asked = transfer(request(), handed("kam", "deputy"), eligible=frozenset(("kam",)))
    after = decide(asked, decision("deputy"), eligible=frozenset(("deputy",)), today=TODAY)
    assert (after.decisions[0].by, after.decisions[0].on_behalf_of, after.decisions[0].role) == (
        "deputy",
        "kam",
        "responsible_head",
    )


def test_c10_handed_on_twice_the_first_name_stays():
    asked = transfer(request(), handed("kam", "deputy"), eligible=frozenset(("kam",)))
    asked = transfer(asked, handed("deputy", "third"), eligible=frozenset(("deputy",)))
    assert (asked.assigned["first"].to, asked.assigned["first"].by) == ("third", "kam")


@pytest.mark.parametrize(
    ("to", "refusal"),
    [
        pytest.param("rep", SegregationOfDuties, id="C11: not to the requester"),
        pytest.param("kam", AlreadyOnTheRoute, id="not to oneself"),
    ],
)
def test_c11_a_turn_is_not_handed_to_who_may_not_take_it(to, refusal):
    with pytest.raises(refusal):
        transfer(request(), handed("kam", to), eligible=frozenset(("kam",)))


def test_c11_who_decided_in_one_role_is_handed_no_turn_of_another():
    with pytest.raises(SegregationOfDuties):
        transfer(decided(request(), "kam"), handed("lawyer", "kam"), eligible=frozenset(("lawyer",)))


def test_c11_who_gave_a_turn_away_takes_none_of_another_role():
    asked = transfer(request(), handed("kam", "deputy"), eligible=frozenset(("kam",)))
    asked = decided(asked, "deputy")
    with pytest.raises(SegregationOfDuties):
        decided(asked, "kam")


def test_c11_a_requester_is_handed_nothing_through_a_stranger_to_the_turn():
    with pytest.raises(NotYourStep):
        transfer(request(), handed("x", "deputy"), eligible=frozenset(("kam",)))


def test_c10_an_approver_before_holds_the_step_until_he_agrees():
    asked = add_approver(request(), handed("kam", "expert"), place=Place.BEFORE, eligible=frozenset(("kam",)))
    assert [one.id for one in asked.active()] == ["added-1"]
    assert [one.id for one in decided(asked, "expert").active()] == ["first"]


def test_c10_an_approver_beside_is_asked_at_the_same_time_and_both_must_agree():
    asked = add_approver(request(), handed("kam", "expert"), place=Place.BESIDE, eligible=frozenset(("kam",)))
    assert [one.id for one in asked.active()] == ["first", "added-1"]
    asked = decided(asked, "kam", step="first")
    assert [one.id for one in asked.active()] == ["added-1"]
    assert [one.id for one in decided(asked, "expert").active()] == ["legal"]


def test_c10_an_approver_after_the_last_step_holds_the_grant():
    asked = request(route(turn("only")))
    asked = add_approver(asked, handed("ann", "expert"), place=Place.AFTER, eligible=frozenset(("ann",)))
    asked = decided(asked, "ann")
    assert asked.state is State.PENDING
    assert decided(asked, "expert").state is State.GRANTED


def test_c10_an_added_approvers_no_ends_the_request():
    asked = add_approver(request(), handed("kam", "expert"), place=Place.BESIDE, eligible=frozenset(("kam",)))
    assert decided(asked, "expert", "reject", step="added-1").state is State.REJECTED


@pytest.mark.parametrize("who", ["rep", "winner"])
def test_c11_who_asks_or_benefits_is_not_added(who):
    asked = request(beneficiaries=("winner",))
    with pytest.raises(SegregationOfDuties):
        add_approver(asked, handed("kam", who), place=Place.AFTER, eligible=frozenset(("kam",)))


def test_c11_an_added_approver_takes_no_other_role():
    asked = add_approver(request(), handed("kam", "lawyer"), place=Place.BEFORE, eligible=frozenset(("kam",)))
    asked = decided(decided(asked, "lawyer"), "kam")
    with pytest.raises(SegregationOfDuties):
        decided(asked, "lawyer", step="legal")


def test_c10_nobody_is_added_twice():
    asked = add_approver(request(), handed("kam", "expert"), place=Place.AFTER, eligible=frozenset(("kam",)))
    with pytest.raises(AlreadyOnTheRoute):
        add_approver(asked, handed("kam", "expert"), place=Place.AFTER, eligible=frozenset(("kam",)))


def test_s_g2_what_was_added_leaves_the_frozen_route_as_it_was():
    asked = add_approver(request(), handed("kam", "expert"), place=Place.AFTER, eligible=frozenset(("kam",)))
    assert asked.route == FIVE_STEPS
    assert [one.id for one in asked.turns()] == ["first", "added-1", "legal", "marketing", "finance", "general"]


def delegated(*pairs, role=None):
    return [Delegated(by, to, role) for by, to in pairs]


def by_delegate(asked, who, *given, holder="kam", role="responsible_head"):
    standing = standing_on(given, holders=frozenset((holder,)), role=role)
    proof = decision(who, proof=evidence())
    return decide(asked, proof, eligible=frozenset((holder,)), today=TODAY, standing=standing)


def test_s_g5_a_delegate_decides_and_both_names_stay():
    after = by_delegate(request(), "deputy", *delegated(("kam", "deputy")))
    assert (after.decisions[0].by, after.decisions[0].on_behalf_of) == ("deputy", "kam")


def test_s_g5_over_two_delegations_the_holder_is_named():
    after = by_delegate(request(), "third", *delegated(("kam", "deputy"), ("deputy", "third")))
    assert after.decisions[0].on_behalf_of == "kam"


def test_s_g5_without_a_delegation_it_is_not_his_step():
    with pytest.raises(NotYourStep):
        by_delegate(request(), "deputy")


def test_s_g5_a_delegation_of_another_role_gives_nothing():
    with pytest.raises(NotYourStep):
        by_delegate(request(), "deputy", *delegated(("kam", "deputy"), role="legal"))


def test_s_g5_a_circle_ends_and_makes_nobody_his_own_delegate():
    circle = delegated(("a", "b"), ("b", "c"), ("c", "a"))
    assert reached_from("a", circle) == {"b", "c"}
    assert masters_of(circle)["a"] == {"b", "c"}


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(request(), id="the requester's delegate"),
        pytest.param(request(requester="x", beneficiaries=("rep",)), id="the beneficiary's delegate"),
        pytest.param(request(requester="x", initiator="rep"), id="the delegate of who asked for him"),
    ],
)
def test_c11_delegates_of_who_asks_or_benefits_stand_aside(asked):
    with pytest.raises(SegregationOfDuties) as refused:
        by_delegate(asked, "kam", *delegated(("rep", "kam")))
    assert "C11" in refused.value.detail["en"]
    assert "回避" in refused.value.detail["zh"]


def test_c11_a_delegate_of_a_delegate_of_the_requester_stands_aside():
    with pytest.raises(SegregationOfDuties):
        by_delegate(request(), "kam", *delegated(("rep", "friend"), ("friend", "kam")))


def test_c11_a_requester_who_holds_the_role_lets_nobody_decide_for_him():
    with pytest.raises(SegregationOfDuties):
        by_delegate(request(requester="kam"), "deputy", *delegated(("kam", "deputy")))


def test_c11_of_two_holders_the_free_one_is_named():
    standing = standing_on(
        delegated(("kam", "deputy"), ("zoe", "deputy")), holders=frozenset(("kam", "zoe")), role="responsible_head"
    )
    asked = decided(request(route(turn("legal"), turn("first", role="responsible_head"))), "kam")
    after = decide(asked, decision("deputy"), eligible=frozenset(("kam", "zoe")), today=TODAY, standing=standing)
    assert after.decisions[-1].on_behalf_of == "zoe"


def test_c11_one_delegate_of_two_roles_decides_once():
    asked = by_delegate(request(), "deputy", *delegated(("kam", "deputy")))
    with pytest.raises(SegregationOfDuties):
        by_delegate(asked, "deputy", *delegated(("lawyer", "deputy")), holder="lawyer", role="legal")


def test_c11_who_let_another_decide_for_him_decides_in_no_other_role():
    asked = by_delegate(request(), "deputy", *delegated(("kam", "deputy")))
    assert broken_rule(asked, asked.turn("legal"), "kam") is not None
