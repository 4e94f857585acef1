"""What an evaluation is given: facts, a subject, an instant and what was granted. It asks for nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, Protocol

from shared.calendar import Period
from shared.money import Money
from shared.policy.measure import Measure
from shared.trace import Evidence, NoEvidence, Subject, Value

PROGRAMME_START = "programme.starts_on"
"""The date fact from which the programme windows are counted."""


class Answer(StrEnum):
    """What a condition answers; only `HOLDS` lets anything through."""

    HOLDS = "holds"
    FAILS = "fails"
    NO_EVIDENCE = "no_evidence"
    NOT_YET = "not_yet"
    DOES_NOT_APPLY = "does_not_apply"


class Facts(Protocol):
    """One pure function per fact over stored facts, behind one question."""

    def value(
        self, measure: Measure, subject: Subject, window: Period | None, as_of: datetime
    ) -> Evidence | NoEvidence:
        """The value of `measure.fact`, added up for `measure.per`, inside `window` as far as `as_of` reaches.

        Money comes in `measure.currency`, converted at each amount's own date; a rate is a `Decimal`, a count an `int`,
        a choice a `str`, a duration a `Duration`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Grant:
    """A request that was granted: its route, what it was given for, and the terms of the last approver.

    It is in force in `[granted_at, until)`, and on the days `[from, until)` where its terms name them.
    """

    request: str
    route: str
    subject: str
    granted_at: datetime
    until: datetime | None = None
    terms: Mapping[str, Value] = field(default_factory=dict)

    def covers(self, subject: Subject, day: date, as_of: datetime) -> bool:
        """In force on the local day and at the instant, for this subject or one it belongs to."""
        return self._lasts(as_of) and self._days_hold(day) and any(one.id == self.subject for one in subject.chain())

    def _lasts(self, as_of: datetime) -> bool:
        return self.granted_at <= as_of and (self.until is None or as_of < self.until)

    def _days_hold(self, day: date) -> bool:
        first, until = self.terms.get("from"), self.terms.get("until")
        return not (isinstance(first, date) and day < first) and not (isinstance(until, date) and day >= until)


class Case(NamedTuple):
    """One question to a policy: whose facts, about whom, as of when (an aware instant).

    `final`: what still runs is judged as it stands, so that a month's closing, or a day something was due by, can fail.
    """

    facts: Facts
    subject: Subject
    as_of: datetime
    grants: tuple[Grant, ...] = ()
    final: bool = False


class NothingKnown:
    """Facts of a system that knows nothing yet."""

    def value(
        self, measure: Measure, subject: Subject, window: Period | None, as_of: datetime
    ) -> Evidence | NoEvidence:
        return NoEvidence()


@dataclass(frozen=True, slots=True)
class GivenFacts:
    """Facts written down by name, for what-if questions; a name that is not given has no evidence."""

    given: Mapping[str, Value | Evidence]

    def value(
        self, measure: Measure, subject: Subject, window: Period | None, as_of: datetime
    ) -> Evidence | NoEvidence:
        found = self.given.get(measure.fact)
        if found is None:
            return NoEvidence()
        return found if isinstance(found, Evidence) else Evidence(found, unit_of(found))


def unit_of(value: Value) -> str:
    """The unit a value carries by its type."""
    if isinstance(value, Money):
        return value.currency
    if isinstance(value, bool | str):
        return ""
    return "day" if isinstance(value, date) else "count" if isinstance(value, int) else "share of one"


def at_midday(day: date) -> datetime:
    """An instant that lies on this local day in every zone from -11 to +11 hours."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def decimal_of(value: Value) -> Decimal:
    """A figure in major units; `TypeError` for a value that is none."""
    if isinstance(value, Money):
        return value.decimal
    if isinstance(value, int | Decimal):
        return Decimal(value)
    raise TypeError(f"{value!r} is no figure")
