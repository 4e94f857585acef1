"""How far a chain of stages has been walked: pure functions over the state of each step."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from services.approvals.requests.states import Move, StepState, moved_step
from services.approvals.routing.domain import Stage, turns
from shared.policy.route import FrozenGroup, FrozenStep

Steps = Mapping[str, StepState]
PASSED = frozenset((StepState.APPROVED, StepState.DONE, StepState.TOLD))
OPEN = frozenset((StepState.WAITING, StepState.ACTIVE))


def walked(
    stages: Iterable[Stage], steps: Steps, opened: Mapping[str, datetime], *, at: datetime
) -> tuple[dict[str, StepState], dict[str, datetime]]:
    """The steps once everything that can open is open, copies are told, and what a quorum made needless is dropped."""
    now, since = dict(steps), dict(opened)
    for stage in stages:
        for turn in turns([stage]):
            if now[turn.id] is StepState.WAITING:
                now[turn.id] = moved_step(now[turn.id], Move.TELL if turn.kind == "copy" else Move.OPEN)
                since[turn.id] = at
        if not passed(stage, now):
            break
        now = dropped([stage], now)
    return now, since


def dropped(stages: Iterable[Stage], steps: Steps) -> dict[str, StepState]:
    """The steps with nobody's turn left open in these stages."""
    needless = [turn.id for turn in turns(stages) if steps[turn.id] in OPEN]
    return {**steps, **{step: moved_step(steps[step], Move.DROP) for step in needless}}


def passed(stage: Stage, steps: Steps) -> bool:
    if isinstance(stage, FrozenStep):
        return steps[stage.id] in PASSED
    return sum(passed(part, steps) for part in _counted(stage)) >= _needed(stage)


def failed(stage: Stage, steps: Steps) -> bool:
    """Whether the stage can no longer be passed: refused, stopped by one no, or its quorum out of reach (S-G6)."""
    if isinstance(stage, FrozenStep):
        return steps[stage.id] is StepState.REFUSED
    if stage.on_no == "stop" and any(failed(part, steps) for part in _counted(stage)):
        return True
    return sum(not failed(part, steps) for part in _counted(stage)) < _needed(stage)


def _counted(stage: FrozenGroup) -> tuple[Stage, ...]:
    return tuple(part for part in stage.steps if isinstance(part, FrozenGroup) or part.kind != "copy")


def _needed(stage: FrozenGroup) -> int:
    return min(stage.needed, len(_counted(stage)))
