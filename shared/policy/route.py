"""Who must act, in which order and why: a route frozen with the answers its conditions gave at submission."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from shared.calendar import Duration
from shared.policy.checks import Check, compile_condition
from shared.policy.evaluation import Answer, Case
from shared.policy.forms import AllSteps, AnyStep, AnySteps, AtLeastSteps, OnNo, Route, Step, inside
from shared.policy.heading import Heading, compile_heading
from shared.policy.question import Place
from shared.trace import Decision, Node, Outcome, Rule, WhyNot

StepKind = Literal["review", "approve", "act", "copy"]


@dataclass(frozen=True, slots=True)
class Duty:
    """A row of the table of duties: which role fills it at the head office and in a branch, or who resolves it."""

    duty: str
    head_office: str = ""
    branch: str = ""
    department: str = ""
    resolved_by: str = ""


@dataclass(frozen=True, slots=True)
class Office:
    """Where a request comes from: a branch, or the head office where there is none; and the duties in force."""

    duties: Mapping[str, Duty]
    branch: str = ""

    def role_for(self, role: str) -> tuple[str, Duty | None]:
        """The role that acts, and the duty it fills, if the step names one (C3, C7)."""
        duty = self.duties.get(role)
        if duty is None:
            return role, None
        return (duty.branch if self.branch else duty.head_office) or duty.resolved_by, duty


@dataclass(frozen=True, slots=True)
class FrozenStep:
    """One role's turn. `duty` is the word the document used, `branch` and `department` narrow who holds the role."""

    id: str
    role: str
    kind: StepKind
    evidence: tuple[str, ...] = ()
    duty: str = ""
    branch: str = ""
    department: str = ""


@dataclass(frozen=True, slots=True)
class FrozenGroup:
    """Steps side by side, of which `needed` are enough; `on_no` says what one refusal does (S-G6)."""

    id: str
    needed: int
    steps: tuple["FrozenStep | FrozenGroup", ...]
    on_no: OnNo = "when_impossible"


@dataclass(frozen=True, slots=True)
class FrozenRoute(Outcome):
    """The chain of one request; where `answer` is no evidence it can't be submitted: a condition is unknown."""

    form: ClassVar[str] = "route"

    answer: Answer
    steps: tuple[FrozenStep | FrozenGroup, ...] = ()

    def leaves(self) -> tuple[FrozenStep, ...]:
        return _leaves(self.steps)


def _leaves(steps: tuple[FrozenStep | FrozenGroup, ...]) -> tuple[FrozenStep, ...]:
    found = ((one,) if isinstance(one, FrozenStep) else _leaves(one.steps) for one in steps)
    return tuple(step for leaves in found for step in leaves)


@dataclass(frozen=True, slots=True)
class StepPlan:
    """A step with its condition; `parts` run side by side inside it, `needed` of them are enough."""

    step: AnyStep
    rule: Rule
    when: Check | None
    parts: tuple["StepPlan", ...]
    needed: int

    def freeze(self, case: Case, office: Office) -> tuple[FrozenStep | FrozenGroup | None, Node]:
        """The step as it stands on this route, or none where its condition says it's not on it."""
        asked = () if self.when is None else (self.when.answer(case),)
        answer = Answer(str(asked[0].result)) if asked else Answer.HOLDS
        if answer in (Answer.FAILS, Answer.DOES_NOT_APPLY):
            return None, Node(self.rule, Answer.FAILS, why_not=WhyNot("not_on_the_route"), inside=asked)
        if isinstance(self.step, Step):
            return self._own(self.step, answer, asked, office)
        frozen = tuple(part.freeze(case, office) for part in self.parts)
        steps = tuple(step for step, _ in frozen if step is not None)
        node = Node(self.rule, _worst(answer, frozen), inside=(*asked, *(node for _, node in frozen)))
        group = FrozenGroup(self.step.id, min(self.needed, len(steps)), steps, self.step.on_no)
        return group if steps else None, node

    def _own(self, step: Step, answer: Answer, asked: tuple[Node, ...], office: Office) -> tuple[FrozenStep, Node]:
        role, duty = office.role_for(step.role)
        named = FrozenStep(
            step.id,
            role,
            step.kind,
            step.evidence,
            duty=duty.duty if duty else "",
            branch=office.branch if duty and duty.branch else "",
            department=duty.department if duty else "",
        )
        why_not = WhyNot("no_evidence") if answer is not Answer.HOLDS else None
        return named, Node(self.rule, answer, figures={"role": role}, why_not=why_not, inside=asked)


def _worst(answer: Answer, frozen: tuple[tuple[object, Node], ...]) -> Answer:
    unknown = any(node.result == Answer.NO_EVIDENCE for _, node in frozen)
    return Answer.NO_EVIDENCE if unknown or answer is not Answer.HOLDS else Answer.HOLDS


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """A route ready to be frozen for a request."""

    document: Route
    heading: Heading
    steps: tuple[StepPlan, ...]
    reopens: Check | None

    def decide(self, case: Case, office: Office | None = None) -> Decision[FrozenRoute]:
        """The steps of a request from this office, each with the reason it's on the route or not (S-G2)."""
        route, trace = self._decide(case, office or Office({}))
        return Decision(route, self.heading.policy, case.as_of, case.subject, trace)

    def _decide(self, case: Case, office: Office) -> tuple[FrozenRoute, Node]:
        if outside := self.heading.out_of_force(case):
            return FrozenRoute(Answer.DOES_NOT_APPLY), outside
        frozen = tuple(step.freeze(case, office) for step in self.steps)
        answer = _worst(Answer.HOLDS, frozen)
        steps = tuple(step for step, _ in frozen if step is not None)
        why_not = None if answer is Answer.HOLDS else WhyNot("no_evidence")
        return FrozenRoute(answer, steps), self.heading.top(answer, tuple(node for _, node in frozen), why_not)

    def asked_again(self, case: Case) -> Node | None:
        """Whether a later change needs the route again: holds reopens, fails notifies; none where nothing reopens."""
        return None if self.reopens is None else self.reopens.answer(case)

    def lapses(self, granted_at: datetime) -> datetime | None:
        """When a grant of this route ends; never without `lasts`."""
        lasts = self.document.lasts
        return None if lasts is None else Duration.parse(lasts).since(granted_at, self.heading.zone)


def compile_route(doc: Route, place: Place) -> RoutePlan:
    return RoutePlan(
        document=doc,
        heading=compile_heading(doc, place, None),
        steps=tuple(_compile_step(step, f"steps[{index}]", place) for index, step in enumerate(doc.steps)),
        reopens=None if doc.reopens is None else compile_condition(doc.reopens, "reopens", place),
    )


def _compile_step(step: AnyStep, path: str, place: Place) -> StepPlan:
    word, needed = _together(step)
    parts = tuple(_compile_step(part, f"{path}.{word}[{at}]", place) for at, part in enumerate(inside(step)))
    when = None if step.when is None else compile_condition(step.when, f"{path}.when", place)
    return StepPlan(step, _step_rule(step, path, place), when, parts, needed)


def _together(step: AnyStep) -> tuple[str, int]:
    match step:
        case AllSteps():
            return "all", len(step.all)
        case AnySteps():
            return "any", 1
        case AtLeastSteps():
            return "of", step.at_least
        case _:
            return "", 0


def _step_rule(step: AnyStep, path: str, place: Place) -> Rule:
    if isinstance(step, Step):
        written = {"id": step.id, "role": step.role, "kind": step.kind, "evidence": list(step.evidence)}
        return Rule("step", path, place.clause, written=written)
    group: dict[str, object] = {"id": step.id, "needed": _together(step)[1]}
    return Rule("parallel", path, place.clause, written=group | ({"on_no": "stop"} if step.on_no == "stop" else {}))
