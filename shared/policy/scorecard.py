"""Weighted criteria, an unrounded score from 0 to 100, a grade; each criterion keeps its evidence."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from shared.calendar import period_of
from shared.policy.evaluation import Answer, Case
from shared.policy.forms import ByDirection, Criterion, Scorecard
from shared.policy.heading import Heading, compile_heading
from shared.policy.ladder import Choices, Ladder, compile_ladder
from shared.policy.notation import plain
from shared.policy.question import Place, Question, compile_question, text
from shared.trace import Decision, Figures, Node, NoEvidence, Outcome, Rule, WhyNot


@dataclass(frozen=True, slots=True)
class Rating(Outcome):
    """Score (0 to 100, unrounded) and grade; neither where the evidence doesn't allow one.

    `warnings` are the codes of the rows reached, `missing` the criteria without evidence.
    """

    form: ClassVar[str] = "scorecard"

    answer: Answer
    score: Decimal | None = None
    grade: str = ""
    warnings: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    confirm: str = ""

    def agrees(self, expected: str) -> Answer:
        """The answer to another document's `policy ... is: <grade>`."""
        if self.answer is not Answer.HOLDS:
            return self.answer
        return Answer.HOLDS if self.grade == expected else Answer.FAILS


@dataclass(frozen=True, slots=True)
class Scored:
    """One criterion judged: its points, or none where nothing is known."""

    id: str
    weight: Decimal
    score: Decimal | None
    warn: str
    node: Node


@dataclass(frozen=True, slots=True)
class CriterionPlan:
    criterion: Criterion
    rule: Rule
    question: Question
    ladder: Ladder | Choices

    def judge(self, case: Case, if_unknown: Decimal | None) -> Scored:
        """Its points; `if_unknown` where there is no evidence."""
        given, window = self.question.ask(case)
        key = "" if window is None else window.key
        weight, name = self.criterion.weight, self.criterion.id
        if isinstance(given, NoEvidence):
            why = WhyNot("no_evidence")
            return Scored(name, weight, if_unknown, "", Node(self.rule, if_unknown, (given,), key, why_not=why))
        value = self.question.comparable(given.value)
        index = self.ladder.reach(value)
        row, gap = self.ladder.rows[index], self.ladder.gap(index, value, given.value)
        reached = Node(self.ladder.rules[index], index, (given,), key, gap=gap)
        node = Node(self.rule, row.score, (given,), key, {"weight": weight}, inside=(reached,))
        return Scored(name, weight, row.score, row.warn or "", node)


@dataclass(frozen=True, slots=True)
class ScorecardPlan:
    """A scorecard ready to be computed."""

    document: Scorecard
    heading: Heading
    criteria: tuple[CriterionPlan, ...]
    scored: Rule
    grades: Ladder | Choices

    def decide(self, case: Case) -> Decision[Rating]:
        rating, trace = self._decide(case)
        return Decision(rating, self.heading.policy, case.as_of, case.subject, trace)

    def _decide(self, case: Case) -> tuple[Rating, Node]:
        if outside := self.heading.out_of_force(case):
            return Rating(Answer.DOES_NOT_APPLY), outside
        answer, scope = self.heading.asked(case)
        if answer is not Answer.HOLDS:
            why = WhyNot("no_evidence" if answer is Answer.NO_EVIDENCE else "out_of_scope")
            return Rating(answer), self.heading.top(answer, scope, why)
        if_unknown = Decimal(0) if self.document.no_evidence == "zero" else None
        judged = tuple(criterion.judge(case, if_unknown) for criterion in self.criteria)
        rating, nodes = self._rate(judged)
        inside = (*scope, *(one.node for one in judged), *nodes)
        why_not = None if rating.answer is Answer.HOLDS else WhyNot("no_evidence")
        return rating, self.heading.top(rating.grade or rating.answer, inside, why_not)

    def _rate(self, judged: tuple[Scored, ...]) -> tuple[Rating, tuple[Node, ...]]:
        """Weights of what is known; a card of which nothing is known grades nobody, whatever its rule says."""
        missing = tuple(one.id for one in judged if not one.node.applied)
        counted = tuple((one.weight, one.score) for one in judged if one.score is not None)
        if len(missing) == len(judged) or (missing and self.document.no_evidence == "block"):
            return Rating(Answer.NO_EVIDENCE, missing=missing), ()
        score, figures = self._score(counted)
        scored = Node(self.scored, score, figures=figures)
        index = self.grades.reach(score)
        row, rule = self.grades.rows[index], self.grades.rules[index]
        graded = Node(rule, row.grade, figures={"score": score}, gap=self.grades.gap(index, score, score))
        warnings = tuple(warn for warn in (*(one.warn for one in judged), row.warn or "") if warn)
        rating = Rating(Answer.HOLDS, score, row.grade or "", warnings, missing, self.document.confirm or "")
        return rating, (scored, graded)

    def _score(self, counted: tuple[tuple[Decimal, Decimal], ...]) -> tuple[Decimal, Figures]:
        if self.document.combine == "lowest":
            return min(score for _, score in counted), {"criteria": len(counted)}
        weights = sum((weight for weight, _ in counted), Decimal(0))
        points = sum((weight * score for weight, score in counted), Decimal(0))
        return points / weights, {"points": points, "weights": weights}

    def takes_effect(self, approved_on: date, *, upwards: bool) -> date:
        """The first day of a grade approved on a local day (A5, S-D8); a document may treat rise and fall apart."""
        starts = self.document.takes_effect
        word = (starts.up if upwards else starts.down) if isinstance(starts, ByDirection) else starts
        if word == "at_once":
            return approved_on
        kind = self.document.window if word == "window_end" else None
        return period_of(kind or "month", approved_on).until


def compile_scorecard(doc: Scorecard, place: Place) -> ScorecardPlan:
    criteria = tuple(_compile(one, index, place) for index, one in enumerate(doc.criteria))
    written: dict[str, Any] = {
        "no_evidence": doc.no_evidence,
        "weights": {one.id: plain(one.weight) for one in doc.criteria},
    }
    written |= {} if doc.combine == "weighted" else {"combine": doc.combine}
    return ScorecardPlan(
        document=doc,
        heading=compile_heading(doc, place, doc.scope),
        criteria=criteria,
        scored=Rule("score", "criteria", place.clause, written=written),
        grades=compile_ladder(doc.grades, "grades", place, what="grade"),
    )


def _compile(criterion: Criterion, index: int, place: Place) -> CriterionPlan:
    path = f"criteria[{index}]"
    question = compile_question(criterion.measure, place)
    written = {"id": criterion.id, "weight": plain(criterion.weight)}
    rule = Rule("criterion", path, place.clause, text(criterion.title), written, (question.asked,))
    return CriterionPlan(criterion, rule, question, compile_ladder(criterion.table, f"{path}.table", place, question))
