"""A turn handed to another person, and approvers added on the way: both names stay on file (C10, C11)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from services.approvals.requests.domain import (
    ALONE,
    Assigned,
    Choice,
    Decision,
    Request,
    admitted_turn,
    advanced,
    refuse_unsegregated,
)
from services.approvals.requests.standing import Standing
from services.approvals.requests.states import Move, StepState, moved_step
from services.approvals.routing.domain import ADDED_APPROVER, Added, Place, decides, turns
from shared.errors import Problem, Words
from shared.policy.route import FrozenStep


class AlreadyOnTheRoute(Problem):
    status = 409
    code = "already_on_the_route"
    title: ClassVar[Words] = {"en": "This person has a turn of this request already", "zh": "此人在该申请中已有步骤"}


@dataclass(frozen=True, slots=True)
class HandedTo:
    """Who hands on or adds whom, at which step (the only open one where none is named)."""

    by: str
    to: str
    at: datetime
    step: str | None = None

    @property
    def decision(self) -> Decision:
        return Decision(self.by, Choice.DONE, self.at, self.step)


def transfer(request: Request, given: HandedTo, *, eligible: frozenset[str], standing: Standing = ALONE) -> Request:
    """The request with one open turn waiting for another person; raises what a decision raises, also for him (C11)."""
    turn, behind = admitted_turn(request, given.decision, eligible=eligible, standing=standing)
    if decides(turn):
        refuse_unsegregated(request, turn, given.to, standing)
    _refuse_known(request, given.to, given.by)
    held = request.assigned.get(turn.id)
    first = held.by or held.to if held else behind or given.by
    return replace(request, assigned={**request.assigned, turn.id: Assigned(given.to, by=first)})


def add_approver(
    request: Request, given: HandedTo, *, place: Place, eligible: frozenset[str], standing: Standing = ALONE
) -> Request:
    """The request with a review by one person before, beside or after an open turn; raises what a decision raises.

    Before: the open turns of that stage wait again until he has agreed. After: also the last step's grant waits.
    """
    turn, _ = admitted_turn(request, given.decision, eligible=eligible, standing=standing)
    own = FrozenStep(f"added-{len(request.added) + 1}", ADDED_APPROVER, "review")
    refuse_unsegregated(request, own, given.to, standing)
    _refuse_known(request, given.to, given.by)
    steps = {**request.steps, own.id: StepState.WAITING}
    if place is Place.BEFORE:
        steps |= {one: moved_step(steps[one], Move.REDO) for one in _open_beside(request, turn)}
    return advanced(
        replace(
            request,
            added=(*request.added, Added(own, place, turn.id, given.by, given.at)),
            assigned={**request.assigned, own.id: Assigned(given.to)},
            steps=steps,
            opened={step: since for step, since in request.opened.items() if steps[step] is not StepState.WAITING},
        ),
        given.at,
    )


def _open_beside(request: Request, turn: FrozenStep) -> list[str]:
    """The open turns of the stage a turn stands in."""
    stage = next(one for one in request.stages if any(part.id == turn.id for part in turns([one])))
    return [part.id for part in turns([stage]) if request.steps[part.id] is StepState.ACTIVE]


def _refuse_known(request: Request, person: str, by: str) -> None:
    if person == by or person in {one.to for one in request.assigned.values()}:
        raise AlreadyOnTheRoute({"en": f"{person} acts already.", "zh": f"{person} 已在处理。"})
