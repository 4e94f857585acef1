"""Which of these hold, and what is missing? Nothing known is never a pass, and a failure says how far off it is."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final, Protocol

from shared.calendar import Duration, Period, local_day
from shared.money import Money
from shared.policy.condition import AllOf, AnyOf, AtLeastOf, Condition, FactTest, PolicyTest, Word
from shared.policy.condition import parts as parts_of
from shared.policy.evaluation import Answer, Case
from shared.policy.notation import plain
from shared.policy.question import Comparable, Place, Question, compile_question, text, written
from shared.trace import Evidence, Gap, Node, NoEvidence, Rule, Value, WhyNot

SIGNS: Final[dict[Word, str]] = {
    "is": "=",
    "is_not": "≠",
    "in": "∈",
    "not_in": "∉",
    "less_than": "<",
    "at_most": "≤",
    "more_than": ">",
    "at_least": "≥",
    "exists": "∃",
}
_HOLDS: Final[dict[Word, Callable[[Comparable, Comparable], bool]]] = {
    "is": operator.eq,
    "is_not": operator.ne,
    "in": lambda value, limits: value in limits,
    "not_in": lambda value, limits: value not in limits,
    "less_than": operator.lt,
    "at_most": operator.le,
    "more_than": operator.gt,
    "at_least": operator.ge,
}
_WITH_A_GAP: Final = frozenset(("is", "less_than", "at_most", "more_than", "at_least"))
_WORDS: Final = frozenset(("choice", "code", "yes_no", "text"))
_ACCEPT: Final = frozenset(("is", "in"))
_STRICT: Final = frozenset(("less_than", "more_than"))


class Check(Protocol):
    """A condition compiled: it answers with the node that says why."""

    def answer(self, case: Case) -> Node: ...


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison, its limit in the units its values come in."""

    word: Word
    limit: Comparable
    holds: Callable[[Comparable, Comparable], bool]


@dataclass(frozen=True, slots=True)
class WordCheck:
    """A word or a yes or no that must be one of a few; it has no window and no distance."""

    rule: Rule
    question: Question
    accepted: frozenset[Value]
    passes: bool

    def answer(self, case: Case) -> Node:
        given, window = self.question.ask(case)
        key = "" if window is None else window.key
        if isinstance(given, NoEvidence):
            return unless_early(Node(self.rule, Answer.NO_EVIDENCE, (given,), key), self.question, window, case)
        if (given.value in self.accepted) is self.passes:
            return Node(self.rule, Answer.HOLDS, (given,), key)
        return unless_early(Node(self.rule, Answer.FAILS, (given,), key), self.question, window, case)


@dataclass(frozen=True, slots=True)
class FactCheck:
    """A figure or a day against its comparisons; several make a range."""

    rule: Rule
    question: Question
    tests: tuple[Test, ...]

    def answer(self, case: Case) -> Node:
        given, window = self.question.ask(case)
        key = "" if window is None else window.key
        if isinstance(given, NoEvidence):
            return unless_early(Node(self.rule, Answer.NO_EVIDENCE, (given,), key), self.question, window, case)
        value = self.question.comparable(given.value)
        for test in self.tests:
            if not test.holds(value, test.limit):
                gap = shortfall(self.question, test, given.value)
                node = Node(self.rule, Answer.FAILS, (given,), key, gap=gap)
                return unless_early(node, self.question, window, case)
        return Node(self.rule, Answer.HOLDS, (given,), key)


@dataclass(frozen=True, slots=True)
class DurationCheck:
    """A duration against its comparisons, both counted in days back from the day asked."""

    rule: Rule
    question: Question
    tests: tuple[Test, ...]

    def answer(self, case: Case) -> Node:
        given, window = self.question.ask(case)
        key = "" if window is None else window.key
        if isinstance(given, NoEvidence) or not isinstance(given.value, Duration):
            return Node(self.rule, Answer.NO_EVIDENCE, (given,), key)
        day = local_day(case.as_of, self.question.zone)
        days = (day - given.value.before(day)).days
        for test in self.tests:
            needed = (day - test.limit.before(day)).days
            if not test.holds(days, needed):
                figures = {"days": days, "needed": needed}
                gap = Gap(Duration(days=abs(needed - days) + (test.word in _STRICT)), self.rule.rule, needed < days)
                return Node(self.rule, Answer.FAILS, (given,), key, figures, gap=gap)
        return Node(self.rule, Answer.HOLDS, (given,), key)


@dataclass(frozen=True, slots=True)
class ExistenceCheck:
    """Whether anything is known of a fact at all."""

    rule: Rule
    question: Question
    exists: bool

    def answer(self, case: Case) -> Node:
        given, window = self.question.ask(case)
        held = isinstance(given, Evidence) is self.exists
        return Node(self.rule, Answer.HOLDS if held else Answer.FAILS, (given,), window.key if window else "")


@dataclass(frozen=True, slots=True)
class PolicyCheck:
    """Another document's answer: `holds`, or a grade; one that is not in force answers nothing."""

    rule: Rule
    policy: str
    expected: str
    place: Place

    def answer(self, case: Case) -> Node:
        plan = self.place.documents.get(self.policy)
        if plan is None:
            return Node(self.rule, Answer.NO_EVIDENCE, why_not=WhyNot("not_in_force", self.policy))
        decision = plan.decide(case)
        return Node(self.rule, decision.outcome.agrees(self.expected), inside=(decision.trace,))


@dataclass(frozen=True, slots=True)
class Combined:
    """All, or at least a number, of those that apply; where none applies, neither does this."""

    rule: Rule
    children: tuple[Check, ...]
    needed: int | None

    def answer(self, case: Case) -> Node:
        nodes = tuple([child.answer(case) for child in self.children])
        return Node(self.rule, self._combined([node.result for node in nodes]), (), "", None, None, None, nodes)

    def _combined(self, answers: list[Value | None]) -> Answer:
        holding = answers.count(Answer.HOLDS)
        if holding == len(answers):
            return Answer.HOLDS
        applying = len(answers) - answers.count(Answer.DOES_NOT_APPLY)
        if not applying:
            return Answer.DOES_NOT_APPLY
        needed = applying if self.needed is None else min(self.needed, applying)
        possible = holding + answers.count(Answer.NOT_YET)
        if holding >= needed:
            return Answer.HOLDS
        if possible >= needed:
            return Answer.NOT_YET
        return Answer.NO_EVIDENCE if possible + answers.count(Answer.NO_EVIDENCE) >= needed else Answer.FAILS


@dataclass(frozen=True, slots=True)
class Guarded:
    """A condition that applies only when another holds. Whether it applies must be known, unless it holds anyway."""

    rule: Rule
    when: Check
    then: Check

    def answer(self, case: Case) -> Node:
        when = self.when.answer(case)
        if when.result not in (Answer.HOLDS, Answer.NO_EVIDENCE, Answer.NOT_YET):
            return Node(self.rule, Answer.DOES_NOT_APPLY, why_not=WhyNot("does_not_apply"), inside=(when,))
        then = self.then.answer(case)
        if when.result == Answer.HOLDS or then.result in (Answer.HOLDS, Answer.DOES_NOT_APPLY):
            return Node(self.rule, then.result, inside=(when, then))
        return Node(self.rule, when.result, inside=(when, then))


def unless_early(node: Node, question: Question, window: Period | None, case: Case) -> Node:
    """In a window that is not over a failure is *not yet*, and its last day is the deadline."""
    if window is None or not question.may_still_change(window, case):
        return node
    result = Answer.NOT_YET if node.result is Answer.FAILS else node.result
    return node._replace(result=result, figures={"deadline": window.last})


def shortfall(question: Question, test: Test, value: Value) -> Gap | None:
    """The smallest change that changes the answer: beyond a strict limit one unit more (R2: 9,999.99 misses 0.02)."""
    kind = question.kind
    if test.word not in _WITH_A_GAP or kind not in ("money", "count", "rate", "date"):
        return None
    off = test.limit - question.comparable(value)
    steps = off.days if isinstance(off, timedelta) else off
    downwards = test.word in ("less_than", "at_most") or (test.word == "is" and steps < 0)
    if isinstance(steps, Decimal):
        return Gap(abs(steps), question.asked.fact, downwards, open=test.word in _STRICT)
    whole = abs(steps) + (test.word in _STRICT)
    if isinstance(value, Money):
        return Gap(Money(whole, value.currency), question.asked.fact, downwards)
    return Gap(Duration(days=whole) if kind == "date" else whole, question.asked.fact, downwards)


def compile_condition(node: Condition, path: str, place: Place) -> Check:
    """A condition of a document as a check; `path` is where it stands there."""
    if node.when is None:
        return _compiled(node, path, place)
    rule = Rule("when", path, place.clause, text(node.title))
    then = _compiled(node.model_copy(update={"title": None}), path, place)
    return Guarded(rule, compile_condition(node.when, f"{path}.when", place), then)


def _compiled(node: Condition, path: str, place: Place) -> Check:
    match node:
        case FactTest():
            return _compile_fact_test(node, path, place)
        case PolicyTest():
            rule = Rule("policy", path, place.clause, text(node.title), {"policy": node.policy, "is": node.is_})
            return PolicyCheck(rule, node.policy, node.is_, place)
        case AllOf():
            return _combined(node, "all", None, path, place)
        case AnyOf():
            return _combined(node, "any", 1, path, place)
        case AtLeastOf():
            return _combined(node, "of", node.at_least, path, place)


def _combined(node: Condition, word: str, needed: int | None, path: str, place: Place) -> Combined:
    what = "at_least" if word == "of" else word
    said = {"at_least": needed} if word == "of" else None
    inside = enumerate(parts_of(node))
    children = tuple(compile_condition(part, f"{path}.{word}[{index}]", place) for index, part in inside)
    return Combined(Rule(what, path, place.clause, text(node.title), said), children, needed)


def _compile_fact_test(node: FactTest, path: str, place: Place) -> Check:
    question = compile_question(node.measure, place)
    compares = tuple((SIGNS[word], _shown(value)) for word, value in node.comparisons)
    said = written(node, "id", "title", "when")
    rule = Rule("compare", path, place.clause, text(node.title), said, (question.asked,), compares)
    if node.exists is not None and len(node.comparisons) == 1:
        return ExistenceCheck(rule, question, node.exists)
    if question.kind in _WORDS and len(node.comparisons) == 1:
        ((word, value),) = node.comparisons
        words = value if isinstance(value, tuple) else (value,)
        return WordCheck(rule, question, frozenset(question.limit(one) for one in words), word in _ACCEPT)
    tests = tuple(_test(word, value, question) for word, value in node.comparisons if word != "exists")
    return (DurationCheck if question.kind == "duration" else FactCheck)(rule, question, tests)


def _test(word: Word, value: object, question: Question) -> Test:
    if isinstance(value, tuple):
        return Test(word, frozenset(question.limit(one) for one in value), _HOLDS[word])
    return Test(word, question.limit(value), _HOLDS[word])  # type: ignore[arg-type]


def _shown(value: object) -> str:
    said = plain(value)
    if isinstance(said, list):
        return f"[{', '.join(map(str, said))}]"
    return str(said).lower() if isinstance(said, bool) else str(said)
