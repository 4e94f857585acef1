"""Who is on the half-yearly key-account list: nominated, agreed by every department, published (A4)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from shared.calendar import Duration, Period, add_months, period
from shared.errors import FieldError, Problem, ValidationProblem, Words
from shared.titled import Titled


class ListState(Titled):
    draft = "draft", "a draft", "草稿"
    proposed = "proposed", "proposed", "待各部门同意"
    agreed = "agreed", "agreed", "已同意"
    published = "published", "published", "已公布"


class ListMove(Titled):
    propose = "propose", "propose", "提请同意"
    agree = "agree", "agree", "同意"
    refuse = "refuse", "refuse", "不同意"
    publish = "publish", "publish", "公布"


MOVES: dict[tuple[ListState, ListMove], ListState] = {
    (ListState.draft, ListMove.propose): ListState.proposed,
    (ListState.proposed, ListMove.agree): ListState.agreed,
    (ListState.proposed, ListMove.refuse): ListState.draft,
    (ListState.agreed, ListMove.publish): ListState.published,
}


class WrongListMove(Problem):
    status = 409
    code = "list_move_not_allowed"
    title: ClassVar[Words] = {"en": "The list is not in a state for this", "zh": "名单当前状态不允许此操作"}


class NothingNominated(Problem):
    status = 409
    code = "nothing_nominated"
    title: ClassVar[Words] = {"en": "Nobody was nominated for this list", "zh": "该名单尚无提名"}


class NotYourDepartment(Problem):
    status = 403
    code = "not_your_department"
    title: ClassVar[Words] = {
        "en": "Only the head of that department nominates for it",
        "zh": "仅该部门负责人可代表其提名",
    }


class UnknownDepartment(ValidationProblem):
    """422 at `/department`."""

    def __init__(self, department: str) -> None:
        detail: Words = {
            "en": f"{department} is none of the nominating departments.",
            "zh": f"{department}不是提名部门。",
        }
        super().__init__(errors=[FieldError("/department", "unknown_department", detail)])


class DepartmentNotAsked(Problem):
    status = 409
    code = "department_not_asked"
    title: ClassVar[Words] = {
        "en": "The route does not ask every nominating department",
        "zh": "审批路线未包含所有提名部门",
    }


class ListIsFixed(Problem):
    status = 409
    code = "list_is_fixed"
    title: ClassVar[Words] = {
        "en": "The list is proposed already: nobody more is nominated for it",
        "zh": "名单已提交会签，不再接受提名",
    }


class AlreadyNominated(Problem):
    status = 409
    code = "already_nominated"
    title: ClassVar[Words] = {"en": "This department nominated the account already", "zh": "该部门已提名此客户"}


class UnknownHalfYear(Problem):
    status = 422
    code = "unknown_half_year"
    title: ClassVar[Words] = {"en": "A list is of a half year such as 2021-H1", "zh": "名单须属于某半年，如2021-H1"}


def moved(state: ListState, move: ListMove) -> ListState:
    """The state after the move; a wrong move raises and names the allowed ones."""
    after = MOVES.get((state, move))
    if after is None:
        allowed = sorted(m for s, m in MOVES if s is state)
        raise WrongListMove(
            {
                "en": f"The list is {state.en}; what may follow: {', '.join(m.en for m in allowed) or 'nothing'}.",
                "zh": f"名单当前为“{state.zh}”，可进行的操作：{'、'.join(m.zh for m in allowed) or '无'}。",
            }
        )
    return after


def half_year(key: str) -> Period:
    """The half year a list is of, such as 2021-H1; the list is in force on its days."""
    try:
        found = period(key)
    except ValueError as error:
        raise UnknownHalfYear({"en": str(error), "zh": f"{key!r}不是有效期间。"}) from error
    if "-H" not in found.key:
        raise UnknownHalfYear({"en": f"{key!r} is no half year.", "zh": f"{key!r}不是半年期间。"})
    return found


@dataclass(frozen=True, slots=True)
class Asked:
    """A department that must agree, the step of the route that asks its head, and what he said."""

    department: str
    step: str
    decision: str | None = None
    decided_by: str | None = None


def departments_asked(named: Collection[str], steps: Mapping[str, str]) -> tuple[Asked, ...]:
    """Every department of the table with the step that asks it, `steps` being departments by step id.

    A4: one that nobody asks could never agree; raises DepartmentNotAsked.
    """
    by_department = {department: step for step, department in steps.items()}
    silent = sorted(set(named) - by_department.keys())
    if silent:
        names = ", ".join(silent)
        raise DepartmentNotAsked({"en": f"Not asked: {names}.", "zh": f"未征求：{names}。"})
    return tuple(Asked(department, by_department[department]) for department in named)


@dataclass(frozen=True, slots=True)
class ListChange:
    """How a list differs from the one before: account ids in order."""

    joined: tuple[str, ...]
    stayed: tuple[str, ...]
    left: tuple[str, ...]


def compared(before: Iterable[str], now: Iterable[str]) -> ListChange:
    earlier, current = set(before), set(now)
    return ListChange(
        joined=tuple(sorted(current - earlier)),
        stayed=tuple(sorted(current & earlier)),
        left=tuple(sorted(earlier - current)),
    )


def longest_run(spans: Iterable[tuple[date, date]]) -> Duration | None:
    """The longest stretch of `[first, until)` spans that follow without a gap; None without any span."""
    first = reached = None
    runs: list[tuple[date, date]] = []
    for start, until in sorted(spans):
        if first is None or reached is None or start > reached:
            first, reached = start, until
        reached = max(reached, until)
        runs.append((first, reached))
    longest = max(runs, key=lambda run: run[1] - run[0], default=None)
    return None if longest is None else calendar_length(*longest)


def calendar_length(first: date, until: date) -> Duration:
    """Whole months, then days: 1 January to 1 January is P12M in a leap year too."""
    months = (until.year - first.year) * 12 + until.month - first.month
    if add_months(first, months) > until:
        months -= 1
    return Duration(months=months, days=(until - add_months(first, months)).days)
