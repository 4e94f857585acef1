"""What a rating's documents will ask of every account, found out before the first one is asked; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from services.accounts.ratings.facts import GROWTH, Span, span_before
from shared.calendar import Period
from shared.policy.evaluation import Case, NothingKnown
from shared.policy.measure import Measure
from shared.policy.scorecard import ScorecardPlan
from shared.trace import Subject

ANYBODY = Subject("account", "")


@dataclass(frozen=True, slots=True)
class Asked:
    """Measures with the windows they are asked for as of one instant; `currency` is that of facts that name none."""

    currency: str
    measures: tuple[tuple[Measure, Period | None], ...] = field(default=())

    def spans(self) -> frozenset[Span]:
        """The deliveries to add up: each window in each currency asked, and what growth compares it with."""
        return frozenset(self._spans())

    def baselines(self) -> frozenset[Span]:
        """The spans whose purchases a rating freezes: each year growth was measured in is the next one's baseline."""
        grown = [(measure, window) for measure, window in self.measures if measure.fact == GROWTH and window]
        return frozenset(
            Span(span.first, span.until, self.currency)
            for measure, window in grown
            for span in (window, span_before(measure, window))
            if span is not None
        )

    def windows_of(self, fact: str) -> frozenset[Period]:
        return frozenset(window for measure, window in self.measures if measure.fact == fact and window is not None)

    def asks(self, fact: str) -> bool:
        return any(measure.fact == fact for measure, _ in self.measures)

    def _spans(self) -> Iterator[Span]:
        for measure, window in self.measures:
            if window is not None:
                yield Span(window.first, window.until, measure.currency or self.currency)
        yield from self.baselines()


def asked_by(cards: Iterable[ScorecardPlan], *, as_of: datetime, currency: str) -> Asked:
    """The questions of some scorecards as of an instant; the same for every account."""
    case = Case(NothingKnown(), ANYBODY, as_of)
    questions = [criterion.question for card in cards for criterion in card.criteria]
    return Asked(currency, tuple((question.measure, question.ask(case)[1]) for question in questions))
