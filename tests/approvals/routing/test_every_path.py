"""Every chain the house's routes can freeze, walked to every end: none ends approved without its certain roles."""

from dataclasses import replace
from decimal import Decimal

import pytest

from services.approvals.requests.domain import decide
from services.approvals.requests.states import State, StepState
from services.approvals.routing.domain import NobodyDecides, chain_of, decides, turns
from shared.money import Money
from shared.policy.evaluation import Answer, Case
from shared.policy.forms import AllSteps, Step, inside
from shared.policy.lint.paths import Asked, shapes
from shared.policy.loader import load_pack
from shared.policy.route import FrozenGroup, FrozenStep, Office
from shared.trace import Evidence, NoEvidence, Subject
from tests.approvals.build import START, decision, evidence, request, route
from tests.approvals.conftest import PACK

ROUTES = sorted(placed.document.id for placed in load_pack(PACK) if placed.document.form == "route")


class CellFacts:
    """The facts of one cell of a route's conditions."""

    def __init__(self, cell):
        self.cell = cell

    def value(self, measure, subject, window, as_of):
        found = self.cell.get(Asked(repr(measure)))
        if found is None:
            return NoEvidence()
        if isinstance(found, Decimal) and measure.currency:
            return Evidence(Money.parse(str(found), measure.currency), measure.currency)
        return Evidence(found, "")


def stages(steps, shape):
    """The stages of a shape, read from the document by nobody's evaluator."""
    for step in steps:
        if step.id not in shape.on:
            continue
        if isinstance(step, Step):
            yield FrozenStep(step.id, step.role, step.kind, step.evidence)
        else:
            parts = tuple(stages(inside(step), shape))
            needed = {"AllSteps": len(parts), "AnySteps": 1}.get(type(step).__name__) or min(step.at_least, len(parts))
            yield FrozenGroup(step.id, needed, parts, step.on_no)


def frozen(plan, shape):
    """The chain of a shape; where its cell holds facts alone, the evaluator of routes must give the same steps."""
    chain = chain_of(plan.document, policy="p@1", stages=stages(plan.document.steps, shape))
    if not any(asked.name.startswith("policy ") for asked in shape.cell):
        given = plan.decide(Case(CellFacts(shape.cell), Subject(plan.document.subject, "x"), START), Office({}))
        assert given.outcome.answer is Answer.HOLDS
        assert [step.id for step in given.outcome.leaves()] == [step.id for step in turns(chain.stages)]
    return replace(chain, terms=(), limits=())


def certain(steps):
    """Steps that decide, stand under no condition and in no choice."""
    for step in steps:
        if step.when is None and isinstance(step, Step) and step.kind in ("review", "approve"):
            yield step.id
        elif step.when is None and isinstance(step, AllSteps):
            yield from certain(step.all)


def every_end(start):
    """Every state that approving, refusing and doing can lead to, each person taking what is open."""
    seen, ahead = {}, [start]
    while ahead:
        now = ahead.pop()
        key = (now.state, tuple(sorted(now.steps.items())))
        if key in seen:
            continue
        seen[key] = now
        for turn in now.active():
            for choice in ("approve", "reject") if decides(turn) else ("done",):
                given = decision(f"holder of {turn.id}", choice, step=turn.id, proof=evidence())
                ahead.append(decide(now, given, eligible=frozenset((given.by,)), today=START.date()))
    return seen.values()


@pytest.mark.parametrize("name", ROUTES)
def test_c10_s_g6_no_path_of_a_seed_route_ends_approved_without_each_certain_role(name, plans):
    plan = plans.by_id[name]
    must = set(certain(plan.document.steps))
    assert must, "somebody is certain to decide"
    for shape in shapes(plan.document):
        ends = list(every_end(request(frozen(plan, shape))))
        granted = [end for end in ends if end.state is State.GRANTED]
        assert granted, "some path ends approved"
        for end in granted:
            assert {step for step in must if end.steps[step] is not StepState.APPROVED} == set()


def test_c2_the_cells_of_the_contract_route_are_both_sides_of_its_bound(plans):
    document = plans.by_id["contract-route"].document
    found = {len(shape.on): next(iter(shape.cell.values())) for shape in shapes(document)}
    assert found == {4: Decimal("1999.99"), 5: Decimal("2000.01")}


def test_the_proof_sees_a_path_that_ends_without_a_role():
    """A chain whose last steps were taken off is granted without them: the walk above would say so."""
    short = request(route(FrozenStep("first", "hr", "review")))
    (granted,) = [end for end in every_end(short) if end.state is State.GRANTED]
    assert "legal" not in granted.steps
    with pytest.raises(NobodyDecides):
        request(route(FrozenStep("first", "hr", "act")))
