"""A subject's facts, each answered by the pure function registered for it, and the documents that ask for them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from shared.calendar import Period, local_day
from shared.policy.conditions import ConditionsPlan
from shared.policy.evaluation import Case
from shared.policy.measure import Measure
from shared.policy.plan import measures_of
from shared.policy.registry import FactFunctions
from shared.policy.rulebook import Rulebook
from shared.trace import Decision, Evidence, NoEvidence, Subject

Material = TypeVar("Material")
FactFunction = Callable[[Material, Measure, Period | None, date], Evidence | NoEvidence]


@dataclass(frozen=True, slots=True)
class FactsOf(Generic[Material]):
    """What one subject's material answers; a fact nobody computes here has no evidence."""

    functions: FactFunctions[FactFunction[Material]]
    material: Material
    zone: str

    def value(
        self, measure: Measure, subject: Subject, window: Period | None, as_of: datetime
    ) -> Evidence | NoEvidence:
        function = self.functions.get(measure.fact)
        if function is None:
            return NoEvidence()
        return function(self.material, measure, window, local_day(as_of, self.zone))

    def ask(
        self, rules: Rulebook, moment: str, subject: Subject, as_of: datetime, *, final: bool = True
    ) -> Iterator[Decision[Any]]:
        """What a moment's documents answer, of those that ask only what is computed here.

        A moment such as the closing of a period is shared: the others' documents are asked with the others' facts.
        """
        for plan in rules.plans.asked_at(moment):
            if plan.document.subject == subject.kind and self._answers(plan):
                yield plan.decide(Case(self, subject, as_of, final=final))

    def _answers(self, plan: ConditionsPlan) -> bool:
        return all(self.functions.get(measure.fact) for measure in measures_of(plan.document))
