"""A growth plan: what is aimed at with an account, by which figure, until when, and how far it has come (A13)."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from shared.calendar import Period
from shared.errors import FieldError, ValidationProblem, Words
from shared.money import Money
from shared.trace import Value


class ActivityKind(StrEnum):
    visit = "visit"
    call = "call"
    demonstration = "demonstration"
    training = "training"


class NotMeasurable(ValidationProblem):
    """422 at the field of an objective that no figure can be computed for."""

    code = "not_measurable"
    title: ClassVar[Words] = {"en": "Progress cannot be computed for this", "zh": "无法计算其进度"}

    def __init__(self, pointer: str, detail: Words) -> None:
        super().__init__(errors=[FieldError(pointer, self.code, detail)])


@dataclass(frozen=True, slots=True)
class Aim:
    """What an objective is measured by: a fact over the objective's own days, money in a currency."""

    fact: str
    basis: str | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Objective:
    """One objective; whatever of the four is still empty is None."""

    aim: Aim | None
    target: str | None
    owner: str | None
    starts_on: date | None
    due_on: date | None

    @property
    def is_complete(self) -> bool:
        """It has a measure, a target, an owner and dates."""
        return None not in (self.aim, self.target, self.owner, self.starts_on, self.due_on)

    @property
    def span(self) -> Period | None:
        """Its days, the due one included."""
        if self.starts_on is None or self.due_on is None:
            return None
        until = self.due_on + timedelta(days=1)
        return Period(f"{self.starts_on.isoformat()}/{self.due_on.isoformat()}", self.starts_on, until)

    def covers(self, on: date) -> bool:
        """Its dates hold the day; an empty date is no bound."""
        begun = self.starts_on is None or self.starts_on <= on
        return begun and (self.due_on is None or on <= self.due_on)


@dataclass(frozen=True, slots=True)
class Progress:
    """What was measured against the target: `share` unrounded, `short_by` none where the target is reached."""

    value: Value
    share: Decimal
    short_by: Value | None

    @property
    def reached(self) -> bool:
        return self.share >= 1


def progress(value: Value, target: str) -> Progress:
    """A figure against its target, which is more than nothing; money compares in its own currency."""
    if isinstance(value, Money):
        wanted = Money.parse(target, value.currency)
        missing = wanted.amount_minor - value.amount_minor
        share = Decimal(value.amount_minor) / wanted.amount_minor
        return Progress(value, share, Money(missing, value.currency) if missing > 0 else None)
    figure = Decimal(str(value))
    lacking = Decimal(target) - figure
    return Progress(value, figure / Decimal(target), lacking if lacking > 0 else None)


def kinds_missing(planned: frozenset[str]) -> list[str]:
    """Of visit, call, demonstration and training, those a plan does not hold."""
    return [kind for kind in ActivityKind if kind not in planned]
