"""Who gets what: the row a measure reaches, what it gives and of which base, and how far the next row is."""

from dataclasses import dataclass, replace
from decimal import Decimal

from shared.calendar import local_day
from shared.money import Money
from shared.policy.checks import Check, compile_condition
from shared.policy.condition import FactTest, walk
from shared.policy.evaluation import Answer, Case, Grant
from shared.policy.forms import Benefit
from shared.policy.heading import Heading, compile_heading
from shared.policy.ladder import Choices, Ladder, compile_ladder
from shared.policy.measure import Measure
from shared.policy.question import Place, Question, compile_question
from shared.policy.worth import Award, Reached, State, Worth, compile_worths, negotiated
from shared.trace import Decision, Evidence, Node, NoEvidence, Rule, WhyNot

NO_EVIDENCE = WhyNot("no_evidence")
NOT_YET = WhyNot("not_yet")


@dataclass(frozen=True, slots=True)
class BenefitPlan:
    """A benefit ready to be evaluated; `of` asks for the base of a rate where that is another measure."""

    document: Benefit
    place: Place
    heading: Heading
    requires: Check | None
    question: Question
    of: Question | None
    measured: Rule
    based: Rule
    ladder: Ladder | Choices
    worths: tuple[Worth, ...]
    branches: frozenset[str]
    of_the_measure: bool
    judged_at_the_end: bool

    def decide(self, case: Case, *, price: Money | None = None) -> Decision[Award]:
        """The award of the window that holds `as_of`, for its whole measure at once: the caller posts differences.

        `price` is the price so far, of which a discount of a line or an order is taken.
        """
        award, trace = self._decide(case, price)
        return Decision(award, self.heading.policy, case.as_of, case.subject, trace)

    def _decide(self, case: Case, price: Money | None) -> tuple[Award, Node]:
        if outside := self.heading.out_of_force(case):
            return self._without(State.OUT_OF_SCOPE), outside
        answer, scope = self.heading.asked(case)
        if answer is Answer.NO_EVIDENCE:
            return self._without(State.NO_EVIDENCE), self.heading.top(State.NO_EVIDENCE, scope, NO_EVIDENCE)
        if answer is not Answer.HOLDS:
            return self._without(State.OUT_OF_SCOPE), self.heading.top(
                State.OUT_OF_SCOPE, scope, WhyNot("out_of_scope")
            )
        award, nodes, why = self.earn(case, price=price)
        return award, self.heading.top(award.state, scope + nodes, why)

    def earn(self, case: Case, *, price: Money | None = None) -> tuple[Award, tuple[Node, ...], WhyNot | None]:
        """What a case inside the scope is given, the nodes that say so, and why it isn't due."""
        award, given, early = self._measured(case, price)
        if self.requires is None and not early:
            return award, given, NO_EVIDENCE if award.state is State.NO_EVIDENCE else None
        if self.requires is None:
            award, why = _due(award, Answer.NOT_YET)
            return award, given, why
        required = self.requires.answer(case)
        gates = Answer.NOT_YET if early and required.result == Answer.HOLDS else Answer(str(required.result))
        award, why = _due(award, gates)
        return award, (required, *given), why

    def _measured(self, case: Case, price: Money | None) -> tuple[Award, tuple[Node, ...], bool]:
        """What the measure alone gives, its nodes, and whether it's too early to judge."""
        given, window = self.question.ask(case)
        key = "" if window is None else window.key
        if isinstance(given, NoEvidence):
            node = Node(self.measured, None, (given,), key, why_not=NO_EVIDENCE)
            return self._without(State.NO_EVIDENCE), (node,), False
        value = self.question.comparable(given.value)
        index = self.ladder.reach(value)
        gap = self.ladder.gap(index, value, given.value)
        row = Node(self.ladder.rules[index], index, (given,), key, None, None, gap)
        worth = self._negotiated(index, case) if case.grants else self.worths[index]
        base, asked = self._base(case, given, price) if worth.needs_base else (None, ())
        if worth.needs_base and base is None:
            return self._without(State.NO_EVIDENCE), (row, *asked), False
        award, node = worth.give(Reached(index, given, base))
        early = self.judged_at_the_end and self.question.may_still_change(window, case)
        return award, (row, *asked, node), early

    def _base(self, case: Case, given: Evidence, price: Money | None) -> tuple[Money | None, tuple[Node, ...]]:
        """What a rate is taken of, with the node that asked for it."""
        if self.of_the_measure:
            return _money(given), ()
        if self.of is None:
            return price, () if price is not None else (Node(self.based, why_not=NO_EVIDENCE),)
        base, window = self.of.ask(case)
        node = Node(self.based, None, (base,), "" if window is None else window.key)
        return _money(base), (node,)

    def _negotiated(self, index: int, case: Case) -> Worth:
        """The terms of a granted request where the row only asks for one, else the row's own worth."""
        route = self.ladder.rows[index].ask
        for grant in case.grants:
            rate = grant.terms.get("rate")
            if route == grant.route and isinstance(rate, Decimal) and self._is_covered_by(grant, case):
                path = self.ladder.rules[index].rule
                return negotiated(self.document, path, self.place, rate, grant.request)
        return self.worths[index]

    def _is_covered_by(self, grant: Grant, case: Case) -> bool:
        """In force on the day, and given for this document: `applies_to` is the branch its scope asks for."""
        branch = grant.terms.get("applies_to")
        return grant.covers(case.subject, local_day(case.as_of, self.heading.zone), case.as_of) and (
            branch is None or branch in self.branches
        )

    def _without(self, state: State) -> Award:
        return Award(state, self.document.outcome.kind)


def _due(award: Award, gates: Answer) -> tuple[Award, WhyNot | None]:
    """Gates that fail pay nothing and say why; gates nobody knows, or not yet, keep the award pending (R3, S-G11)."""
    if award.state is State.NO_EVIDENCE and gates is not Answer.FAILS:
        return award, NO_EVIDENCE
    if gates in (Answer.HOLDS, Answer.DOES_NOT_APPLY) or award.state is State.NOTHING:
        return award, None
    if gates is Answer.FAILS:
        return Award(State.NOTHING, award.kind), WhyNot("condition_failed", would_give=award.amount)
    return replace(award, state=State.PENDING), NOT_YET if gates is Answer.NOT_YET else NO_EVIDENCE


def _money(given: Evidence | NoEvidence) -> Money | None:
    return given.value if isinstance(given, Evidence) and isinstance(given.value, Money) else None


def compile_benefit(doc: Benefit, place: Place) -> BenefitPlan:
    question = compile_question(doc.measure, place)
    of = compile_question(doc.outcome.of, place) if isinstance(doc.outcome.of, Measure) else None
    ladder = compile_ladder(doc.table, "table", place, question)
    return BenefitPlan(
        document=doc,
        place=place,
        heading=compile_heading(doc, place, doc.scope),
        requires=None if doc.requires is None else compile_condition(doc.requires, "requires", place),
        question=question,
        of=of,
        measured=Rule("measure", "measure", place.clause, asks=(question.asked,)),
        based=Rule("base", "outcome.of", place.clause, asks=(of.asked,) if of else ()),
        ladder=ladder,
        worths=compile_worths(doc, ladder, place),
        branches=frozenset(_branches(doc)),
        of_the_measure=doc.outcome.of == "measure",
        judged_at_the_end=doc.timing is not None and doc.timing.accrue == "window_end",
    )


def _branches(doc: Benefit) -> list[str]:
    """The words its scope asks for: with an election, the branch this document is."""
    return [node.is_ for node in walk(doc.scope) if isinstance(node, FactTest) and isinstance(node.is_, str)]
