"""Which of these hold, what is missing, and what is to be done about it."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from shared.calendar import local_day
from shared.policy.checks import Check, compile_condition
from shared.policy.evaluation import Answer, Case, Grant
from shared.policy.forms import Action, Conditions
from shared.policy.heading import Heading, compile_heading
from shared.policy.question import Place
from shared.trace import Decision, Node, Outcome, Rule, WhyNot

Deed = Literal["refuse", "ask", "flag", "hold"]
ACTED_UPON = frozenset((Answer.HOLDS, Answer.FAILS, Answer.NO_EVIDENCE))


@dataclass(frozen=True, slots=True)
class Finding(Outcome):
    """The answer, and the one thing to do about it: `refuse` with a code, `ask` a route, `flag`, or `hold` a payment.

    An `ask` that a granted request covers is not asked: `request` names it.
    """

    form: ClassVar[str] = "conditions"

    answer: Answer
    action: Deed | None = None
    code: str = ""
    request: str = ""

    @property
    def lets_pass(self) -> bool:
        """Nothing stands in the way: it holds, doesn't apply, or what it would ask is granted."""
        return self.answer in (Answer.HOLDS, Answer.DOES_NOT_APPLY) or bool(self.request)

    def agrees(self, expected: str) -> Answer:
        """The answer to another document's `policy ... is: holds`."""
        return self.answer if expected == "holds" else Answer.FAILS


@dataclass(frozen=True, slots=True)
class Deeds:
    """An action with its place in the document."""

    rule: Rule
    action: Deed
    code: str


@dataclass(frozen=True, slots=True)
class ConditionsPlan:
    """A conditions document ready to be asked."""

    document: Conditions
    place: Place
    heading: Heading
    require: Check
    then: Deeds | None
    otherwise: Deeds | None

    def decide(self, case: Case) -> Decision[Finding]:
        finding, trace = self._decide(case)
        return Decision(finding, self.heading.policy, case.as_of, case.subject, trace)

    def _decide(self, case: Case) -> tuple[Finding, Node]:
        if outside := self.heading.out_of_force(case):
            return Finding(Answer.DOES_NOT_APPLY), outside
        answer, scope = self.heading.asked(case)
        if answer is Answer.DOES_NOT_APPLY:
            return Finding(answer), self.heading.top(answer, scope, WhyNot("out_of_scope"))
        required = self.require.answer(case)
        answer = _within(answer, Answer(str(required.result)))
        finding, deeds = self._do(answer, case)
        return finding, self.heading.top(answer, (*scope, required, *deeds))

    def _do(self, answer: Answer, case: Case) -> tuple[Finding, tuple[Node, ...]]:
        deed = self.then if answer is Answer.HOLDS else self.otherwise
        if deed is None or answer not in ACTED_UPON:
            return Finding(answer), ()
        grant = self._covering(deed.code, case) if deed.action == "ask" else None
        if grant is None:
            return Finding(answer, deed.action, deed.code), (Node(deed.rule, deed.code),)
        node = Node(deed.rule, deed.code, why_not=WhyNot("granted", grant.request))
        return Finding(answer, request=grant.request), (node,)

    def _covering(self, route: str, case: Case) -> Grant | None:
        """A granted request in force for the subject, and no later change that reopens it (S-B6).

        The caller gives requests whose terms fit; a change that the facts know to reopen ends the cover.
        """
        day = local_day(case.as_of, self.heading.zone)
        found = (grant for grant in case.grants if grant.route == route and grant.covers(case.subject, day, case.as_of))
        grant = next(found, None)
        plan = self.place.documents.get(route)
        if grant is None or plan is None or plan.reopens is None:
            return grant
        return None if plan.reopens.answer(case).result == Answer.HOLDS else grant


def _within(scope: Answer, required: Answer) -> Answer:
    """Where nobody knows whether it applies, only a requirement that holds anyway passes."""
    return scope if scope is Answer.NO_EVIDENCE and required is not Answer.HOLDS else required


def compile_conditions(doc: Conditions, place: Place) -> ConditionsPlan:
    return ConditionsPlan(
        document=doc,
        place=place,
        heading=compile_heading(doc, place, doc.scope),
        require=compile_condition(doc.require, "require", place),
        then=_deeds(doc.then, "then", place),
        otherwise=_deeds(doc.otherwise, "otherwise", place),
    )


def _deeds(action: Action | None, path: str, place: Place) -> Deeds | None:
    if action is None:
        return None
    words: tuple[Deed, ...] = ("refuse", "ask", "flag", "hold")
    word = next(word for word in words if getattr(action, word) is not None)
    code = getattr(action, word)
    return Deeds(Rule(word, path, place.clause, written={word: code}), word, code)
