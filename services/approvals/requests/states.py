"""Every move a request and its steps can make, in one table; a wrong move always raises."""

from collections.abc import Mapping
from typing import ClassVar

from shared.errors import Problem, Words
from shared.titled import Titled


class State(Titled):
    PENDING = "pending", "pending", "审批中"
    GRANTED = "granted", "granted", "已批准"
    REJECTED = "rejected", "rejected", "已驳回"
    RETURNED = "returned", "returned", "已退回"
    WITHDRAWN = "withdrawn", "withdrawn", "已撤回"


class StepState(Titled):
    WAITING = "waiting", "waiting", "等待中"
    ACTIVE = "active", "open", "处理中"
    APPROVED = "approved", "approved", "已同意"
    REFUSED = "refused", "refused", "已拒绝"
    DONE = "done", "done", "已办理"
    TOLD = "told", "told", "已知会"
    UNNEEDED = "unneeded", "not needed any more", "无需处理"


class Move(Titled):
    OPEN = "open", "open", "开始处理"
    APPROVE = "approve", "approve", "同意"
    REFUSE = "refuse", "refuse", "拒绝"
    DO = "do", "do", "办理"
    TELL = "tell", "tell", "知会"
    DROP = "drop", "drop", "取消步骤"
    REDO = "redo", "take again", "重新处理"
    GRANT = "grant", "grant", "批准"
    REJECT = "reject", "reject", "驳回"
    SEND_BACK = "send_back", "send back", "退回"
    WITHDRAW = "withdraw", "withdraw", "撤回"


MOVES: Mapping[tuple[State | StepState, Move], State | StepState] = {
    (StepState.WAITING, Move.OPEN): StepState.ACTIVE,
    (StepState.WAITING, Move.TELL): StepState.TOLD,
    (StepState.WAITING, Move.DROP): StepState.UNNEEDED,
    (StepState.ACTIVE, Move.APPROVE): StepState.APPROVED,
    (StepState.ACTIVE, Move.REFUSE): StepState.REFUSED,
    (StepState.ACTIVE, Move.DO): StepState.DONE,
    (StepState.ACTIVE, Move.DROP): StepState.UNNEEDED,
    (StepState.ACTIVE, Move.REDO): StepState.WAITING,
    (StepState.APPROVED, Move.REDO): StepState.WAITING,
    (StepState.REFUSED, Move.REDO): StepState.WAITING,
    (StepState.UNNEEDED, Move.REDO): StepState.WAITING,
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
        raise MoveNotPossible(
            {"en": f"It is {state.en}: {move.en} does not follow.", "zh": f"当前{state.zh}，不能{move.zh}。"}
        ) from None
