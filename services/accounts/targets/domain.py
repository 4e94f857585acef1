"""Whom a plan is for, and the calendar span it covers."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from shared.calendar import Period, period
from shared.errors import Conflict, FieldError, ValidationProblem, Words
from shared.titled import Titled


class ScopeKind(Titled):
    """Whose figures: a rep's, a manager's with his people, a branch's, one account's."""

    rep = "rep", "rep", "客户专员"
    manager = "manager", "manager", "经理"
    branch = "branch", "branch", "分公司"
    account = "account", "account", "客户"


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """`id` is a user's id, the name of a branch, or an account's id."""

    kind: ScopeKind
    id: str


class PlannedKpi(StrEnum):
    """The KPIs that divide by a planned figure of their own; sales have their targets."""

    development = "kpi.development_completion"
    service_cost = "kpi.service_cost_share"


class UnknownScope(ValidationProblem):
    """422 at `/scope_id`: nobody of that kind, or none the caller reaches."""

    def __init__(self, scope: Scope) -> None:
        said: Words = {"en": f"no {scope.kind.en} {scope.id} here", "zh": f"此处没有{scope.kind.zh}{scope.id}"}
        super().__init__(errors=[FieldError("/scope_id", "unknown_scope", said)])


class PeriodOver(Conflict):
    code = "period_over"
    title: ClassVar[Words] = {"en": "The period is over: its plan no longer moves", "zh": "期间已结束，计划不得再变更"}


class WrongPlan(ValidationProblem):
    """422 at `/planned` or `/amount`: cases are counted, costs are money."""

    def __init__(self, pointer: str, en: str, zh: str) -> None:
        super().__init__(errors=[FieldError(pointer, "wrong_plan", {"en": en, "zh": zh})])


def planned_period(key: str, *, today: date) -> Period:
    """A month, quarter or year to plan for; raises ValidationProblem for another span, PeriodOver for a past one."""
    span = named_span(key, pointer="/period", where="body")
    if span.is_over(today):
        raise PeriodOver({"en": f"{key} ended on {span.last}.", "zh": f"{key}已于{span.last}结束。"})
    return span


def named_span(key: str, *, pointer: str = "/period", where: str = "query") -> Period:
    """The month, quarter or year of a key; raises ValidationProblem."""
    try:
        span = period(key)
    except ValueError:
        span = None
    if span is None or "H" in key:
        said: Words = {"en": f"{key} is no month, quarter or year", "zh": f"{key}不是月份、季度或年度"}
        raise ValidationProblem(errors=[FieldError(pointer, "unknown_period", said, where=where)])
    return span
