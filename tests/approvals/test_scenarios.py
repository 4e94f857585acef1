"""The policy owner's table of scenarios, `docs/approvals/scenarios.md`, played line by line."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from services.approvals.requests.domain import Decision, decide, named_turn, open_request, withdraw
from services.approvals.requests.reassigning import HandedTo, add_approver, transfer
from services.approvals.requests.returning import Returned, Then, carried_over, send_back
from services.approvals.requests.standing import Delegated, standing_on
from services.approvals.requests.states import State
from services.approvals.routing.domain import ADDED_APPROVER, Place, capacity, chain_of
from services.approvals.routing.service import find_route
from shared.errors import Problem
from shared.money import Money
from shared.policy.evaluation import Case, GivenFacts
from shared.trace import Subject
from tests.approvals.build import START, decision, evidence, parallel, request, route, turn

TABLE = Path(__file__).parents[2] / "docs" / "approvals" / "scenarios.md"
CAST = {
    "key_account_manager": "kam",
    "branch_manager": "boss",
    "legal": "lawyer",
    "marketing_director": "marketing",
    "finance_director": "findir",
    "general_manager": "gm",
    "sales_director": "sales",
    "hr": "hr",
    "tech_ops": "tech",
}
SIDE = (turn("a", role="key_account_manager"), turn("b", role="legal"), turn("c", role="finance_director"))
MADE_UP = {
    "two-of-three": route(parallel(2, *SIDE), turn("z", role="general_manager")),
    "two-of-three-stop": route(parallel(2, *SIDE, on_no="stop"), turn("z", role="general_manager")),
}
RULES = {"C11": "segregation_of_duties"}


def scenarios():
    """Each line of each table with the route its section names."""
    heading, asked = "", ""
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line[3:]
        elif line.startswith("Route: "):
            asked = line[7:]
        elif line.startswith("| ") and not line.startswith("| Situation"):
            situation, steps, outcome = (cell.strip() for cell in line.strip("|").split("|"))
            yield pytest.param(asked, steps.split("; "), outcome, id=f"{heading}: {situation}")


class Story:
    """A request of the section's route and the people around it."""

    def __init__(self, asked, at):
        name, *more = asked.split(", ")
        given = dict(one.rsplit(" ", 1) if one.startswith(("branch", "benefits")) else _fact(one) for one in more)
        branch, winner = given.pop("branch", None), given.pop("benefits", None)
        chain = MADE_UP.get(name) or self.frozen(name, given, branch, at)
        self.request = request(chain, beneficiaries=(winner,) if winner else ())
        self.delegated = []

    def frozen(self, name, facts, branch, at):
        plan = find_route(name, at=at)
        case = Case(GivenFacts(facts), Subject(plan.document.subject, "x"), START)
        found = plan.decide(case, at.office(branch))
        return replace(chain_of(plan.document, policy=found.policy, stages=found.outcome.steps), terms=(), limits=())

    def who_may(self, given):
        turn = named_turn(self.request, given)
        handed = self.request.assigned.get(turn.id)
        fills = frozenset((handed.to,)) if handed else frozenset((CAST.get(turn.role, "nobody"),))
        if turn.role == ADDED_APPROVER and handed is None:
            raise AssertionError("an added approver is always named")
        return {"eligible": fills, "standing": standing_on(self.delegated, holders=fills, role=capacity(turn))}

    def play(self, step):
        for pattern, act in ACTS:
            if found := re.fullmatch(pattern, step):
                return act(self, **found.groupdict())
        raise AssertionError(f"nobody knows how to play: {step}")

    def decides(self, who, word, step=None, bare=None):
        choice = {"yes": "approve", "no": "reject", "done": "done"}[word]
        given = decision(who, choice, step=step, proof=None if bare else evidence())
        self.request = decide(self.request, given, today=START.date(), **self.who_may(given))

    def returns(self, who, to, again=None):
        given = decision(who, "return", comment="to be repaired")
        then = Then.ALL if again else Then.RETURNER
        wish = Returned(given, None if to == "requester" else to, then)
        self.request = send_back(self.request, wish, **self.who_may(given))

    def hands(self, who, to):
        given = HandedTo(who, to, START)
        self.request = transfer(self.request, given, **self.who_may(given.decision))

    def adds(self, who, to, place):
        given = HandedTo(who, to, START)
        step = self.own_step(who)
        given = replace(given, step=step)
        self.request = add_approver(self.request, given, place=Place(place), **self.who_may(given.decision))

    def own_step(self, who):
        """The open turn of a person, where several are open beside each other."""
        open_ones = [one.id for one in self.request.active()]
        mine = [one for one in open_ones if who in self.who_may(Decision(who, "done", START, one))["eligible"]]
        return (mine or open_ones)[0]

    def lets(self, who, to):
        kept = [one for one in self.delegated if one.by != who]
        self.delegated = kept if to == "nobody" else [*self.delegated, Delegated(who, to)]

    def withdraws(self, who):
        self.request = withdraw(self.request, by=who)

    def sent_again(self, changed=None):
        before = self.request
        blank = {"steps": {}, "opened": {}, "decisions": (), "rounds": {}, "added": (), "assigned": {}}
        fresh = replace(before, state=State.PENDING, content_hash="other" if changed else "hash", **blank)
        self.request = open_request(carried_over(fresh, before), at=START)


ACTS = [
    (r"(?P<who>\w+) (?P<word>yes|no|done)( at (?P<step>\S+))?(?P<bare> without evidence)?", Story.decides),
    (r"(?P<who>\w+) returns to (?P<to>[\w-]+)(?P<again>, all again)?", Story.returns),
    (r"(?P<who>\w+) hands to (?P<to>\w+)", Story.hands),
    (r"(?P<who>\w+) adds (?P<to>\w+) (?P<place>\w+)", Story.adds),
    (r"(?P<who>\w+) lets (?P<to>\w+) decide", Story.lets),
    (r"(?P<who>\w+) withdraws", Story.withdraws),
    (r"sent again(?P<changed> changed)?", Story.sent_again),
]


def _fact(said):
    name, amount, currency = said.split(" ")
    fact = "contract.routing_amount" if name == "amount" else name
    return fact, Money.parse(amount, currency)


@pytest.mark.parametrize(("asked", "steps", "outcome"), list(scenarios()))
def test_scenario(asked, steps, outcome, at):
    story = Story(asked, at())
    *first, last = steps
    for step in first:
        story.play(step)
    if outcome.startswith("refused: "):
        code = outcome.removeprefix("refused: ")
        before = story.request
        with pytest.raises(Problem) as refused:
            story.play(last)
        assert refused.value.code == RULES.get(code, code)
        assert story.request == before
        assert code not in RULES or code in refused.value.detail["zh"]
        return
    story.play(last)
    state, _, waits = outcome.rpartition("waits for ")
    open_steps = [one.id for one in story.request.active()]
    assert str(story.request.state) == (state.strip(", ") or "pending" if waits != outcome else outcome)
    assert waits == outcome or open_steps == waits.split(", ")


def test_the_table_has_enough_lines_for_an_owner_to_trust_it():
    assert len(list(scenarios())) >= 80
