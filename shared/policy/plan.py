"""Documents compiled once per version into immutable plans, each of which answers with a decision and its trace."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from shared.policy.benefit import BenefitPlan, compile_benefit
from shared.policy.condition import Condition, FactTest, walk
from shared.policy.conditions import ConditionsPlan, compile_conditions
from shared.policy.evaluation import Answer, Case
from shared.policy.forms import (
    AnyStep,
    Benefit,
    Conditions,
    Document,
    Route,
    Scorecard,
    TableDocument,
    TableRow,
    inside,
)
from shared.policy.heading import Heading, compile_heading
from shared.policy.measure import AnchoredWindow, Measure
from shared.policy.question import Place
from shared.policy.registry import Registry
from shared.policy.route import RoutePlan, compile_route
from shared.policy.scorecard import ScorecardPlan, compile_scorecard
from shared.trace import Decision, Outcome


@dataclass(frozen=True, slots=True)
class Listing(Outcome):
    """Whether a plain table is in force."""

    form: ClassVar[str] = "table"

    answer: Answer
    rows: int = 0


@dataclass(frozen=True, slots=True)
class TablePlan:
    """A plain dated table: rows to look up."""

    document: TableDocument
    heading: Heading

    @property
    def rows(self) -> tuple[TableRow, ...]:
        return self.document.rows

    def decide(self, case: Case) -> Decision[Listing]:
        outside = self.heading.out_of_force(case)
        answer = Answer.DOES_NOT_APPLY if outside else Answer.HOLDS
        listing = Listing(answer, 0 if outside else len(self.rows))
        trace = outside or self.heading.top(answer, ())
        return Decision(listing, self.heading.policy, case.as_of, case.subject, trace)


Plan = ConditionsPlan | ScorecardPlan | BenefitPlan | RoutePlan | TablePlan


@dataclass(frozen=True)
class Numbered:
    """A document with its version."""

    document: Document
    version: int = 1

    @property
    def policy(self) -> str:
        return f"{self.document.id}@{self.version}"


@dataclass(frozen=True)
class Plans:
    """The plans of one set of versions by document id, and which of them a fact can change."""

    by_id: Mapping[str, Plan]
    by_fact: Mapping[str, tuple[str, ...]]

    def __getitem__(self, policy: str) -> Plan:
        return self.by_id[policy]

    def __iter__(self) -> Iterator[Plan]:
        return iter(self.by_id.values())

    def numbered(self) -> tuple[Numbered, ...]:
        """The versions it was compiled of, as `compile_plans` takes them in another process."""
        versions = (plan.heading.policy.rpartition("@")[2] for plan in self)
        return tuple(Numbered(plan.document, int(version)) for plan, version in zip(self, versions, strict=True))

    def benefits(self) -> tuple[BenefitPlan, ...]:
        return tuple(plan for plan in self if isinstance(plan, BenefitPlan))

    def asked_at(self, moment: str) -> tuple[ConditionsPlan, ...]:
        """The conditions documents that code asks at a moment, in order of their ids."""
        return self._by_moment.get(moment, ())

    @cached_property
    def _by_moment(self) -> Mapping[str, tuple[ConditionsPlan, ...]]:
        found: dict[str, list[ConditionsPlan]] = {}
        for plan in (plan for plan in self if isinstance(plan, ConditionsPlan)):
            for moment in plan.document.at:
                found.setdefault(moment, []).append(plan)
        return {moment: tuple(sorted(plans, key=lambda one: one.document.id)) for moment, plans in found.items()}

    def touched_by(self, fact: str) -> tuple[Plan, ...]:
        """Every plan whose answer this fact can change, directly or through another document."""
        return tuple(self.by_id[policy] for policy in self.by_fact.get(fact, ()))


def compile_plans(documents: Iterable[Numbered], registry: Registry, *, known: dict[str, Plan] | None = None) -> Plans:
    """One plan per document, of exactly one version each; references between them are resolved inside the set.

    `known` keeps the plans of benefits that refer to no other document, for the next set: they are the same in each,
    and a house may have ten thousand of them.
    """
    listed = tuple(documents)
    plans: dict[str, Plan] = {}
    kept = {} if known is None else known
    for numbered in listed:
        plan = kept.get(numbered.policy) or compile_plan(numbered, registry, plans)
        plans[numbered.document.id] = plan
        if isinstance(numbered.document, Benefit) and not _references(numbered.document):
            kept[numbered.policy] = plan
    return Plans(plans, _by_fact(tuple(numbered.document for numbered in listed)))


def compile_plan(numbered: Numbered, registry: Registry, documents: Mapping[str, Any] | None = None) -> Plan:
    """One document's plan; `documents` are the plans it may refer to, looked up when it's evaluated."""
    doc = numbered.document
    place = Place(numbered.policy, doc.source.clause, doc.zone, registry, {} if documents is None else documents)
    match doc:
        case Conditions():
            return compile_conditions(doc, place)
        case Scorecard():
            return compile_scorecard(doc, place)
        case Benefit():
            return compile_benefit(doc, place)
        case Route():
            return compile_route(doc, place)
        case TableDocument():
            return TablePlan(doc, compile_heading(doc, place, None))


def measures_of(doc: Document) -> Iterator[Measure]:
    """Every measure a document asks for, those of the days its windows are counted from included."""
    for measure in (*_conditions_measures(doc), *_own_measures(doc)):
        yield measure
        if isinstance(measure.window, AnchoredWindow):
            yield Measure(fact=measure.window.from_)


def _own_measures(doc: Document) -> tuple[Measure, ...]:
    match doc:
        case Scorecard():
            return tuple(criterion.measure for criterion in doc.criteria)
        case Benefit():
            return (doc.measure, doc.outcome.of) if isinstance(doc.outcome.of, Measure) else (doc.measure,)
        case _:
            return ()


def _conditions_measures(doc: Document) -> Iterator[Measure]:
    for condition in conditions_of(doc):
        yield from (node.measure for node in walk(condition) if isinstance(node, FactTest))


def conditions_of(doc: Document) -> tuple[Condition | None, ...]:
    """Every condition a document holds, at the top of each."""
    match doc:
        case Conditions():
            return doc.scope, doc.require
        case Scorecard():
            return (doc.scope,)
        case Benefit():
            return doc.scope, doc.requires
        case Route():
            return doc.reopens, *(step.when for step in _steps(doc.steps))
        case _:
            return ()


def _steps(steps: Iterable[AnyStep]) -> Iterator[AnyStep]:
    for step in steps:
        yield step
        yield from _steps(inside(step))


def _by_fact(documents: tuple[Document, ...]) -> dict[str, tuple[str, ...]]:
    direct = {doc.id: {measure.fact for measure in measures_of(doc)} for doc in documents}
    refers = {doc.id: _references(doc) for doc in documents}
    found: dict[str, list[str]] = {}
    for policy in direct:
        for fact in sorted(set().union(*(direct.get(one, set()) for one in _reached(policy, refers)))):
            found.setdefault(fact, []).append(policy)
    return {fact: tuple(policies) for fact, policies in found.items()}


def _references(doc: Document) -> set[str]:
    nodes = (node for condition in conditions_of(doc) for node in walk(condition))
    return {node.policy for node in nodes if hasattr(node, "policy")}


def _reached(policy: str, refers: Mapping[str, set[str]]) -> set[str]:
    found, waiting = {policy}, [policy]
    while waiting:
        new = refers.get(waiting.pop(), set()) - found
        found |= new
        waiting.extend(new)
    return found
