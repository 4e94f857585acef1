"""What every compiled document has: its version, its zone and days, what it looks at, and the top of its trace."""

from dataclasses import dataclass
from typing import Protocol

from shared.calendar import local_day
from shared.policy.checks import Check, compile_condition
from shared.policy.condition import Condition, FactTest, PolicyTest, walk
from shared.policy.evaluation import Answer, Case
from shared.policy.forms import Document
from shared.policy.measure import AnchoredWindow
from shared.policy.notation import Validity
from shared.policy.question import Place, text
from shared.trace import Node, Rule, Value, WhyNot


class Agreeing(Protocol):
    """An outcome another document can refer to by `policy` and `is`."""

    def agrees(self, expected: str) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Heading:
    """`policy` is `id@version`, the name under which decisions are kept.

    `looks_at` are the facts of the scope, None where it asks another document.
    """

    policy: str
    rule: Rule
    zone: str
    valid: Validity
    scope: Check | None
    looks_at: frozenset[str] | None

    def out_of_force(self, case: Case) -> Node | None:
        """The whole trace where the document doesn't cover the case's local day."""
        if self.valid.covers(local_day(case.as_of, self.zone)):
            return None
        return Node(self.rule, Answer.DOES_NOT_APPLY, why_not=WhyNot("not_in_force"))

    def asked(self, case: Case) -> tuple[Answer, tuple[Node, ...]]:
        """Whether the case lies in the scope: holds, does not apply, or nothing known."""
        if self.scope is None:
            return Answer.HOLDS, ()
        node = self.scope.answer(case)
        if node.result is Answer.HOLDS:
            return Answer.HOLDS, (node,)
        unknown = node.result in (Answer.NO_EVIDENCE, Answer.NOT_YET)
        return Answer.NO_EVIDENCE if unknown else Answer.DOES_NOT_APPLY, (node,)

    def top(self, result: Value | None, inside: tuple[Node, ...], why_not: WhyNot | None = None) -> Node:
        return Node(self.rule, result, why_not=why_not, inside=inside)


def compile_heading(document: Document, place: Place, scope: Condition | None) -> Heading:
    written = {"document": document.source.document, "row": list(document.row), "form": document.form}
    rule = Rule(document.form, place.policy, place.clause, text(document.title), written)
    check = None if scope is None else compile_condition(scope, "scope", place)
    return Heading(place.policy, rule, document.zone, document.valid, check, _looked_at(scope))


def _looked_at(scope: Condition | None) -> frozenset[str] | None:
    nodes = tuple(walk(scope))
    if any(isinstance(node, PolicyTest) for node in nodes):
        return None
    measures = [node for node in nodes if isinstance(node, FactTest)]
    starts = {node.window.from_ for node in measures if isinstance(node.window, AnchoredWindow)}
    return frozenset({node.fact for node in measures} | starts)
