"""A state machine is one table; a wrong move raises and names the moves there are."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, TypeVar

from shared.errors import Problem, Words

State = TypeVar("State", bound=StrEnum)
Move = TypeVar("Move", bound=StrEnum)


class MoveNotAllowed(Problem):
    """409; `allowed` lists the moves the state has."""

    status = 409
    code = "move_not_allowed"
    title: ClassVar[Words] = {"en": "This is not the next step", "zh": "当前状态不允许此操作"}

    def __init__(self, state: StrEnum, allowed: tuple[StrEnum, ...]) -> None:
        moves = ", ".join(allowed)
        super().__init__(
            {
                "en": f"From {state} the moves are: {moves or 'none'}.",
                "zh": f"状态{state}可进行的操作：{moves or '无'}。",
            },
            state=str(state),
            allowed=[str(move) for move in allowed],
        )


def allowed_from(table: Mapping[tuple[State, Move], State], state: State) -> tuple[Move, ...]:
    """The moves a state has, in the order of the table."""
    return tuple(move for before, move in table if before == state)


def moved(table: Mapping[tuple[State, Move], State], state: State, move: Move) -> State:
    """The state after the move; raises MoveNotAllowed."""
    after = table.get((state, move))
    if after is None:
        allowed = allowed_from(table, state)
        raise MoveNotAllowed(state, allowed)
    return after
