"""Any sequence of decisions on any route agrees with a model that knows only lists, quorums and people."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.approvals.requests.domain import decide, withdraw
from services.approvals.requests.states import State, StepState
from services.approvals.routing.domain import decides
from shared.errors import Problem
from shared.policy.route import FrozenGroup
from tests.approvals.build import START, decision, evidence, parallel, request, route, turn

PEOPLE = ["rep", "winner", "ann", "bob", "cem", "dan", "eve"]
KINDS = st.sampled_from(["review", "approve", "act", "copy"])


@st.composite
def stages(draw):
    """Stages alone or side by side, at least one of which decides, perhaps with acts and copies after the grant."""
    names = iter("abcdefghijkl")
    made = []
    for _ in range(draw(st.integers(1, 4))):
        width = draw(st.integers(1, 3))
        parts = [turn(next(names), kind=draw(KINDS)) for _ in range(width)]
        made.append(
            parts[0] if width == 1 else parallel(draw(st.integers(1, width)), *parts, name=f"group-{len(made)}")
        )
    after = [turn(f"after-{n}", kind=draw(st.sampled_from(["act", "copy"]))) for n in range(draw(st.integers(0, 2)))]
    return [*made, turn("z", kind="review"), *after]


class Model:
    """What should happen, said a second way: a cursor over stages, votes by step, and who voted as what."""

    def __init__(self, made):
        self.stages = [list(s.steps) if isinstance(s, FrozenGroup) else [s] for s in made]
        self.needs = [s.needed if isinstance(s, FrozenGroup) else 1 for s in made]
        self.last = max(i for i, parts in enumerate(self.stages) if any(decides(p) for p in parts))
        self.votes, self.as_role, self.ended, self.at = {}, {}, None, 0
        self.move_on()

    def counted(self, i):
        return [p for p in self.stages[i] if p.kind != "copy"]

    def quorum(self, i):
        return min(self.needs[i], len(self.counted(i)))

    def yes(self, i):
        return sum(self.votes.get(p.id) == "yes" for p in self.counted(i))

    def no(self, i):
        return sum(self.votes.get(p.id) == "no" for p in self.counted(i))

    def move_on(self):
        while self.at < len(self.stages) and self.yes(self.at) >= self.quorum(self.at):
            self.at += 1
        if self.ended is None and self.at > self.last:
            self.ended = State.GRANTED

    def open(self):
        if self.ended in (State.REJECTED, State.WITHDRAWN) or self.at >= len(self.stages):
            return []
        return [p for p in self.counted(self.at) if p.id not in self.votes]

    def may(self, step, person):
        if not decides(step):
            return True
        return person not in ("rep", "winner") and self.as_role.get(person, step.id) == step.id

    def take(self, step, person, choice):
        self.votes[step.id] = "no" if choice == "reject" else "yes"
        if decides(step):
            self.as_role[person] = step.id
        if len(self.counted(self.at)) - self.no(self.at) < self.quorum(self.at):
            self.ended = State.REJECTED
        else:
            self.move_on()


class RequestsAgreeWithTheModel(RuleBasedStateMachine):
    @initialize(made=stages())
    def ask(self, made):
        self.real = request(route(*made), requester="rep", beneficiaries=["winner"])
        self.model = Model(made)
        self.turns = [p for parts in self.model.stages for p in parts]

    @rule(data=st.data(), person=st.sampled_from(PEOPLE), choice=st.sampled_from(["approve", "reject", "done"]))
    def decide_something(self, data, person, choice):
        step = data.draw(st.sampled_from(self.turns))
        fits = choice == "done" if step.kind == "act" else choice in ("approve", "reject")
        allowed = step in self.model.open() and fits and self.model.may(step, person)
        try:
            self.real = decide(
                self.real,
                decision(person, choice, step=step.id, proof=evidence()),
                eligible=frozenset(PEOPLE),
                today=START.date(),
            )
        except Problem:
            assert not allowed
        else:
            assert allowed
            self.model.take(step, person, choice)

    @rule()
    @precondition(lambda self: self.model.ended is None)
    def take_back(self):
        self.real = withdraw(self.real, by="rep")
        self.model.ended = State.WITHDRAWN

    @invariant()
    def same_state(self):
        if hasattr(self, "real"):
            assert self.real.state is (self.model.ended or State.PENDING)

    @invariant()
    def same_steps_open(self):
        if hasattr(self, "real"):
            assert [turn.id for turn in self.real.active()] == [turn.id for turn in self.model.open()]

    @invariant()
    def nobody_decided_on_his_own_or_under_two_roles(self):
        if hasattr(self, "real"):
            people = {d.by for d in self.real.decisions}
            assert not people & {"rep", "winner"}
            assert len({(d.by, d.role) for d in self.real.decisions}) == len(people)

    @invariant()
    def every_refusal_is_on_file(self):
        if hasattr(self, "real"):
            refused = {step for step, state in self.real.steps.items() if state is StepState.REFUSED}
            assert refused == {d.step for d in self.real.decisions if d.choice == "reject"}


RequestsAgreeWithTheModel.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
test_any_walk_agrees_with_the_model = RequestsAgreeWithTheModel.TestCase
