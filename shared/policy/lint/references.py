"""Documents may lean on each other, directly or through a fact that reads one, but never in a circle."""

from collections.abc import Iterator

from shared.policy.condition import Condition, FactTest, PolicyTest, walk
from shared.policy.findings import Finding, finding
from shared.policy.forms import Benefit, Conditions, Document, Route, Scorecard, TableDocument, leaves
from shared.policy.lint.library import Library
from shared.policy.measure import Measure
from shared.policy.registry import Registry


def check_circles(library: Library) -> Iterator[Finding]:
    graph = {policy: leans_on(document, library.registry) for policy, document in library.documents.items()}
    for policy in graph:
        if circle := _circle(policy, graph):
            yield finding("policy_circle", policy, "", circle=" → ".join(circle))


def leans_on(document: Document, registry: Registry) -> frozenset[str]:
    """The documents whose answers or rows this one needs; what must be recompiled with them."""
    named = {node.policy for node in _nodes(document) if isinstance(node, PolicyTest)}
    read = {policy for name in _facts(document) if name in registry.facts for policy in registry.facts[name].reads}
    return frozenset(named | read)


def _circle(start: str, graph: dict[str, frozenset[str]]) -> list[str]:
    ways = [[start, other] for other in sorted(graph[start])]
    seen: set[str] = set()
    for way in ways:
        if way[-1] == start:
            return way
        if way[-1] not in seen:
            seen.add(way[-1])
            ways.extend([*way, other] for other in sorted(graph.get(way[-1], ())))
    return []


def _nodes(document: Document) -> Iterator[Condition]:
    match document:
        case Conditions():
            roots = [document.scope, document.require]
        case Scorecard():
            roots = [document.scope]
        case Benefit():
            roots = [document.scope, document.requires]
        case Route():
            roots = [document.reopens, *(step.when for step in leaves(document.steps))]
        case TableDocument():
            roots = []
    for root in roots:
        yield from walk(root)


def _facts(document: Document) -> Iterator[str]:
    for node in _nodes(document):
        if isinstance(node, FactTest):
            yield node.fact
    match document:
        case Scorecard():
            yield from (criterion.measure.fact for criterion in document.criteria)
        case Benefit():
            yield document.measure.fact
            if isinstance(document.outcome.of, Measure):
                yield document.outcome.of.fact
