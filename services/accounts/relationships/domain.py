"""A step of a relationship plan lies inside its plan, is done once, and is reminded of once for each lead (A10)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from shared.calendar import Duration
from shared.errors import Conflict, FieldError, ValidationProblem, Words

OVERDUE = "overdue"


class StepState(StrEnum):
    """Where a step stands on a local day."""

    open = "open"
    overdue = "overdue"
    done = "done"


class StepDoneAlready(Conflict):
    code = "step_done_already"
    title: ClassVar[Words] = {"en": "This step is done", "zh": "该步骤已完成"}


class NotInThePlan(ValidationProblem):
    """422: the day lies outside the days of the plan."""

    def __init__(self, pointer: str) -> None:
        wrong: Words = {"en": "lies outside the days of the plan", "zh": "不在计划期限内"}
        super().__init__(errors=[FieldError(pointer, "outside_the_plan", wrong)])


class NobodyOfThatId(ValidationProblem):
    """422: nobody active has this id."""

    def __init__(self, pointer: str) -> None:
        wrong: Words = {"en": "no active user has this id", "zh": "没有该编号的在用用户"}
        super().__init__(errors=[FieldError(pointer, "unknown_user", wrong)])


@dataclass(frozen=True, slots=True)
class Span:
    """The days `[first, until)` of a plan."""

    first: date
    until: date

    def check(self, day: date, *, pointer: str) -> None:
        """Raises NotInThePlan."""
        if not self.first <= day < self.until:
            raise NotInThePlan(pointer)


def state_of(due_on: date, done_on: date | None, *, today: date) -> StepState:
    if done_on is not None:
        return StepState.done
    return StepState.overdue if due_on < today else StepState.open


def reminder_due(due_on: date, leads: Iterable[Duration], *, today: date) -> str | None:
    """The lead to remind by today: the nearest that has come, `overdue` once the day has passed, None before any."""
    if today > due_on:
        return OVERDUE
    come = [(lead.before(due_on), str(lead)) for lead in leads if lead.before(due_on) <= today]
    return max(come)[1] if come else None
