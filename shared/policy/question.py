"""A measure compiled: which window is asked, of whom, and how its values and limits compare as plain numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from shared.calendar import (
    Duration,
    Period,
    anchored,
    anniversary_year,
    day_start,
    local_day,
    period_of,
    trailing,
)
from shared.money import CurrencyMismatch, Money
from shared.policy.evaluation import PROGRAMME_START, Case
from shared.policy.measure import AnchoredWindow, Measure, RollingWindow, Window
from shared.policy.notation import Scalar, Words, plain
from shared.policy.registry import FactType, Registry
from shared.trace import AskedFact, Evidence, NoEvidence, Text, Value

Comparable = Any
"""Minor units of money, a whole count, an exact rate, a day, or a word: whatever `<` and `==` mean for the fact."""


@dataclass(frozen=True, slots=True)
class Place:
    """In which document something is compiled, and what it may refer to. `documents` are plans by id."""

    policy: str
    clause: str
    zone: str
    registry: Registry
    documents: Mapping[str, Any]


def text(words: Words | None) -> Text | None:
    return None if words is None else {"en": words.en, "zh": words.zh}


@dataclass(frozen=True, slots=True)
class Question:
    """One measure, ready to be asked: its value comes with the window it was asked for."""

    measure: Measure
    kind: FactType
    zone: str
    asked: AskedFact

    def ask(self, case: Case) -> tuple[Evidence | NoEvidence, Period | None]:
        measure = self.measure
        if measure.window is None:
            return case.facts.value(measure, case.subject, None, case.as_of), None
        window, as_of = self._window(measure.window, case)
        if window is None:
            return NoEvidence("window_start"), None
        return case.facts.value(measure, case.subject, window, as_of), window

    def may_still_change(self, window: Period | None, case: Case) -> bool:
        """Asked for a calendar or counted window whose last day is not over, and not for a final answer."""
        if case.final or window is None or isinstance(self.measure.window, RollingWindow):
            return False
        return not window.is_over(local_day(case.as_of, self.zone))

    def _window(self, window: Window, case: Case) -> tuple[Period | None, datetime]:
        day = local_day(case.as_of, self.zone)
        match window:
            case "month" | "quarter" | "half_year" | "year":
                return period_of(window, day), case.as_of
            case RollingWindow():
                return trailing(Duration.parse(window.last), day), case.as_of
            case AnchoredWindow():
                first = self._day(window.from_, case)
                return anchored(first, Duration.parse(window.for_)) if first else None, case.as_of
            case _:
                return self._programme_window(window, self._day(PROGRAMME_START, case), case)

    def _programme_window(self, window: str, start: date | None, case: Case) -> tuple[Period | None, datetime]:
        """The year before is measured as it was known at the start: a later correction moves no baseline (S-A8)."""
        if start is None:
            return None, case.as_of
        year = Duration(years=1)
        if window == "year_before_start":
            before = year.before(start)
            return anchored(before, year), min(case.as_of, day_start(start, self.zone))
        if window == "first_year":
            return anchored(start, year), case.as_of
        return anniversary_year(start, local_day(case.as_of, self.zone)), case.as_of

    def _day(self, fact: str, case: Case) -> date | None:
        given = case.facts.value(Measure(fact=fact), case.subject, None, case.as_of)
        return given.value if isinstance(given, Evidence) and isinstance(given.value, date) else None

    def comparable(self, value: Value) -> Comparable:
        """A value as its limits are held; `CurrencyMismatch` where the facts answered in another currency."""
        if isinstance(value, Money):
            if value.currency != self.measure.currency and self.measure.currency is not None:
                asked, got = self.measure.currency, value.currency
                raise CurrencyMismatch(
                    {
                        "en": f"{self.measure.fact} was asked in {asked}, not {got}",
                        "zh": f"{self.measure.fact}应以{asked}计，而非{got}",
                    }
                )
            return value.amount_minor
        return value

    def limit(self, value: Scalar) -> Comparable:
        """A figure of the document in the same units; zero needs no currency."""
        if self.kind == "money":
            amount = Decimal(str(value))
            return (
                Money.parse(f"{amount:f}", self.measure.currency).amount_minor if self.measure.currency else int(amount)
            )
        if self.kind == "count":
            return int(str(value))
        if self.kind == "rate":
            return Decimal(str(value))
        if self.kind == "duration":
            return Duration.parse(str(value))
        return _code(value) if self.kind == "code" else value

    def _minor(self, amount: Decimal) -> int:
        currency = self.measure.currency
        return int(amount) if currency is None else Money.parse(f"{amount:f}", currency).amount_minor


def _code(value: Scalar) -> str:
    """A code may be all digits, or look like a day: it is compared as it is written."""
    return f"{value:f}" if isinstance(value, Decimal) else value if isinstance(value, str) else str(value)


def compile_question(measure: Measure, place: Place) -> Question:
    fact = place.registry.fact(measure.fact)
    asked = AskedFact(measure.fact, {"en": fact.en, "zh": fact.zh})
    return Question(measure, fact.type, place.zone, asked)


def written(part: Any, *left_out: str) -> dict[str, Any]:
    """A piece of a document as JSON values, without the parts that have nodes of their own."""
    said: dict[str, Any] = plain(part)
    return {name: value for name, value in said.items() if name not in left_out}
