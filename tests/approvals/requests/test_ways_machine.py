"""Actors decide, return and send again in any order: the request agrees with a model of flags and roles."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.approvals.requests.domain import Choice, decide, open_request, withdraw
from services.approvals.requests.returning import Returned, Then, carried_over, send_back
from services.approvals.requests.states import State
from shared.errors import Problem
from tests.approvals.build import START, decision, evidence, request, route, turn

STEPS = ("a", "b", "c", "d")
ACTORS = ("ann", "bob", "cem", "dan", "rep")
BLANK = {"steps": {}, "opened": {}, "decisions": (), "rounds": {}, "added": (), "assigned": {}}


class ActorsAgree(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.real = request(route(*(turn(step, role=f"role of {step}") for step in STEPS)), requester="rep")
        self.done, self.state = [], State.PENDING
        self.roles, self.by = {}, {}

    def may(self, who):
        """C11: not the requester, and in one role only."""
        if self.state is not State.PENDING or who == "rep":
            return False
        return self.roles.get(who, {self.open()}) == {self.open()}

    def open(self):
        return next(step for step in STEPS if step not in self.done)

    def attempt(self, act, allowed):
        try:
            self.real = act()
        except Problem:
            assert not allowed
            return False
        assert allowed
        return True

    @rule(who=st.sampled_from(ACTORS), choice=st.sampled_from(["approve"] * 7 + ["reject"]))
    def decide(self, who, choice):
        given = decision(who, choice, proof=evidence())
        act = lambda: decide(self.real, given, eligible=frozenset(ACTORS), today=START.date())  # noqa: E731
        if not self.attempt(act, self.may(who)):
            return
        step = self.open()
        self.roles.setdefault(who, set()).add(step)
        if choice == "reject":
            self.state = State.REJECTED
            return
        self.done.append(step)
        self.by[step] = who
        if len(self.done) == len(STEPS):
            self.state = State.GRANTED

    @rule(who=st.sampled_from(ACTORS), to=st.sampled_from((*STEPS, None, None, None, None)), then=st.sampled_from(Then))
    def send_back(self, who, to, then):
        wish = Returned(decision(who, "return", comment="again"), to, then)
        allowed = self.may(who) and (to is None or to in self.done)
        if not self.attempt(lambda: send_back(self.real, wish, eligible=frozenset(ACTORS)), allowed):
            return
        self.roles.setdefault(who, set()).add(self.open())
        if to is None:
            self.state = State.RETURNED
            self.done = [] if then is Then.ALL else self.done
        else:
            kept = STEPS[: STEPS.index(to)] if then is Then.ALL else [step for step in STEPS if step != to]
            self.done = [step for step in self.done if step in kept]

    @rule(changed=st.booleans())
    def send_again(self, changed):
        if self.state is not State.RETURNED:
            return
        content = f"{self.real.content_hash} changed" if changed else self.real.content_hash
        fresh = replace(self.real, state=State.PENDING, content_hash=content, **BLANK)
        self.real = open_request(carried_over(fresh, self.real), at=START)
        self.done = [] if changed else self.done
        self.roles = {}
        for step in self.done:
            self.roles.setdefault(self.by[step], set()).add(step)
        self.state = State.PENDING

    @rule(who=st.sampled_from(ACTORS))
    def take_back(self, who):
        if len(self.real.decisions) < 3:
            return  # else most walks would end before they begin
        allowed = who == "rep" and self.state in (State.PENDING, State.RETURNED)
        if self.attempt(lambda: withdraw(self.real, by=who), allowed):
            self.state = State.WITHDRAWN

    @invariant()
    def agrees(self):
        assert self.real.state is self.state
        waiting = [self.open()] if self.state is State.PENDING else []
        assert [one.id for one in self.real.active()] == waiting

    @invariant()
    def nobody_decided_for_himself_or_in_two_roles(self):
        people = {one.by for one in self.real.decisions}
        assert "rep" not in people
        assert len({(one.by, one.role) for one in self.real.decisions}) == len(people)

    @invariant()
    def one_decision_a_round(self):
        rounds = [(one.step, one.round) for one in self.real.decisions]
        assert len(rounds) == len(set(rounds))

    @invariant()
    def what_is_granted_was_approved_by_each_role(self):
        if self.state is State.GRANTED:
            approved = {one.step for one in self.real.decisions if one.choice is Choice.APPROVE}
            assert approved == set(STEPS)


ActorsAgree.TestCase.settings = settings(max_examples=120, stateful_step_count=20, deadline=None)
test_s_g8_c11_any_order_of_five_actors_agrees_with_the_model = ActorsAgree.TestCase
