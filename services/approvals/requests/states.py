"""Every move a request and its steps can make, in one table; a wrong move always raises."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from shared.errors import Problem, Words


class State(StrEnum):
    PENDING = "pending"
    GRANTED = "granted"
    REJECTED = "rejected"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


class StepState(StrEnum):
    WAITING = "waiting"
    ACTIVE = "active"
    APPROVED = "approved"
    REFUSED = "refused"
    DONE = "done"
    TOLD = "told"
    UNNEEDED = "unneeded"


class Move(StrEnum):
    OPEN = "open"
    APPROVE = "approve"
    REFUSE = "refuse"
    DO = "do"
    TELL = "tell"
    DROP = "drop"
    GRANT = "grant"
    REJECT = "reject"
    SEND_BACK = "send_back"
    WITHDRAW = "withdraw"


MOVES: Mapping[tuple[State | StepState, Move], State | StepState] = {
    (StepState.WAITING, Move.OPEN): StepState.ACTIVE,
    (StepState.WAITING, Move.TELL): StepState.TOLD,
    (StepState.WAITING, Move.DROP): StepState.UNNEEDED,
    (StepState.ACTIVE, Move.APPROVE): StepState.APPROVED,
    (StepState.ACTIVE, Move.REFUSE): StepState.REFUSED,
    (StepState.ACTIVE, Move.DO): StepState.DONE,
    (StepState.ACTIVE, Move.DROP): StepState.UNNEEDED,
    (State.PENDING, Move.GRANT): State.GRANTED,
    (State.PENDING, Move.REJECT): State.REJECTED,
    (State.PENDING, Move.SEND_BACK): State.RETURNED,
    (State.PENDING, Move.WITHDRAW): State.WITHDRAWN,
    (State.RETURNED, Move.WITHDRAW): State.WITHDRAWN,
}


class MoveNotPossible(Problem):
    status = 409
    code = "move_not_possible"
    title: ClassVar[Words] = {"en": "The request is not in a state for this", "zh": "申请当前状态不允许此操作"}


def moved_state(state: State, move: Move) -> State:
    """The request's next state; raises MoveNotPossible."""
    return State(_moved(state, move))


def moved_step(state: StepState, move: Move) -> StepState:
    """The step's next state; raises MoveNotPossible."""
    return StepState(_moved(state, move))


def _moved(state: State | StepState, move: Move) -> State | StepState:
    try:
        return MOVES[state, move]
    except KeyError:
        raise MoveNotPossible({"en": f"{move} does not follow {state}.", "zh": f"{state} 之后不能 {move}。"}) from None
