"""Who is on the half-yearly key-account list (A4), and what an account elected (A12)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from shared.calendar import Period, period
from shared.errors import Problem, Words


class ListState(StrEnum):
    draft = "draft"
    proposed = "proposed"
    agreed = "agreed"


class ListMove(StrEnum):
    propose = "propose"
    agree = "agree"
    refuse = "refuse"


MOVES: dict[tuple[ListState, ListMove], ListState] = {
    (ListState.draft, ListMove.propose): ListState.proposed,
    (ListState.proposed, ListMove.agree): ListState.agreed,
    (ListState.proposed, ListMove.refuse): ListState.draft,
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
        allowed = ", ".join(sorted(m for s, m in MOVES if s is state)) or "none"
        raise WrongListMove(
            {"en": f"The list is {state}; allowed: {allowed}.", "zh": f"名单状态为{state}；允许的操作：{allowed}。"}
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
class Election:
    """What an account chose of a programme for the days `[valid_from, valid_until)`."""

    choice: str
    valid_from: date
    valid_until: date

    def covers(self, on: date) -> bool:
        return self.valid_from <= on < self.valid_until


def is_switch(standing: list[Election], chosen: Election) -> bool:
    """True where the account had another choice in force on the day before the new one starts."""
    eve = date.fromordinal(chosen.valid_from.toordinal() - 1)
    return any(election.covers(eve) and election.choice != chosen.choice for election in standing)
