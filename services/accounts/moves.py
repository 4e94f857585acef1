"""A state machine is one table; a wrong move raises and names the moves there are."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, TypeVar

from shared.errors import Problem, Words
from shared.titled import Titled

State = TypeVar("State", bound=Titled)
Move = TypeVar("Move", bound=Titled)


class MoveNotAllowed(Problem):
    """409; `allowed` lists the moves the state has."""

    status = 409
    code = "move_not_allowed"
    title: ClassVar[Words] = {"en": "This is not the next step", "zh": "当前状态不允许此操作"}

    def __init__(self, state: Titled, allowed: Sequence[Titled]) -> None:
        moves = {"en": ", ".join(move.en for move in allowed), "zh": "、".join(move.zh for move in allowed)}
        super().__init__(
            {
                "en": f"It is {state.en}; what may follow: {moves['en'] or 'nothing'}.",
                "zh": f"当前为“{state.zh}”，可进行的操作：{moves['zh'] or '无'}。",
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
