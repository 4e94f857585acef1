"""Sent back for a repair: to an earlier step or to the requester, and who has to look again afterwards (S-G8)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

from services.approvals.requests.domain import (
    ALONE,
    Choice,
    Decision,
    Request,
    admitted_turn,
    advanced,
    filed,
)
from services.approvals.requests.standing import Standing
from services.approvals.requests.states import Move, State, StepState, moved_state, moved_step
from services.approvals.routing.domain import decides, turns
from shared.errors import FieldError, Problem, ValidationProblem, Words
from shared.policy.route import FrozenStep


class Then(StrEnum):
    """What follows the repair: straight back to who returned it, or every step from there again."""

    RETURNER = "returner"
    ALL = "all"


class NothingToReturnTo(Problem):
    status = 409
    code = "nothing_to_return_to"
    title: ClassVar[Words] = {
        "en": "Only what was approved before can be asked again",
        "zh": "只能退回此前已同意的步骤",
    }


@dataclass(frozen=True, slots=True)
class Returned:
    """`to` names an earlier step, or nobody's: the requester."""

    decision: Decision
    to: str | None
    then: Then


REASON: Words = {"en": "a return says why", "zh": "退回须说明理由"}


def send_back(request: Request, returned: Returned, *, eligible: frozenset[str], standing: Standing = ALONE) -> Request:
    """The request returned by whoever's turn it is; raises what a decision raises, or NothingToReturnTo.

    To a step: that step is asked again, and with `all` each deciding step from it to the returner's. To the requester:
    what stays approved counts again only for a revision of the same content.
    """
    decision = returned.decision
    turn, behind = admitted_turn(request, decision, eligible=eligible, standing=standing)
    if not decision.comment.strip():
        raise ValidationProblem(errors=[FieldError("/comment", "missing", REASON)])
    if not decides(turn):
        raise NothingToReturnTo({"en": f"{turn.id} decides nothing.", "zh": f"步骤{turn.id}不作决定。"})
    kept = filed(request, turn, replace(decision, choice=Choice.RETURN), behind)
    again = _again(request, turn.id, returned)
    if returned.to is None:
        after = _asked_again(kept, again | {step.id for step in request.active()})
        return replace(after, state=moved_state(after.state, Move.SEND_BACK))
    return advanced(_asked_again(kept, again), decision.at)


def _again(request: Request, returner: str, returned: Returned) -> frozenset[str]:
    """The steps to be asked again: the one returned to, the returner's, and with `all` every one between."""
    stages = request.stages
    last = _place(request, returner)
    if returned.to is None:
        between = turns(stages[: last + 1]) if returned.then is Then.ALL else ()
        return frozenset({returner, *_deciding(between)})
    first = _place(request, returned.to)
    if first >= last or request.steps[returned.to] is not StepState.APPROVED:
        raise NothingToReturnTo({"en": f"{returned.to} is not behind.", "zh": f"步骤{returned.to}不在此前。"})
    if returned.then is Then.ALL:
        return frozenset({returner, *_deciding(turns(stages[first : last + 1])), *_open(request)})
    return frozenset({returned.to, returner, *_open(request)})


def _open(request: Request) -> set[str]:
    return {step.id for step in request.active()}


def _deciding(steps: Iterable[FrozenStep]) -> set[str]:
    return {step.id for step in steps if decides(step)}


def _place(request: Request, step: str) -> int:
    request.turn(step)
    return next(at for at, stage in enumerate(request.stages) if any(turn.id == step for turn in turns([stage])))


def _asked_again(request: Request, steps: Iterable[str]) -> Request:
    """These steps wait once more, each in its next round."""
    again = [step for step in steps if request.steps[step] not in (StepState.WAITING, StepState.DONE, StepState.TOLD)]
    return replace(
        request,
        steps={**request.steps, **{step: moved_step(request.steps[step], Move.REDO) for step in again}},
        rounds={**request.rounds, **{step: request.round(step) + 1 for step in again}},
        opened={step: since for step, since in request.opened.items() if step not in again},
    )


def carried_over(fresh: Request, before: Request) -> Request:
    """A revision with the approvals of the returned one before it; none where content or chain differ (S-G8).

    `fresh` is not opened yet; what it takes over stands in its own file, with the names and days it had.
    """
    if not _same(fresh, before):
        return fresh
    kept = {step for step, state in before.steps.items() if state in (StepState.APPROVED, StepState.DONE)}
    standing = [one for one in before.decisions if one.step in kept and one.choice is Choice.APPROVE]
    newest = {one.step: one for one in standing}
    decisions = tuple(replace(one, round=1) for one in standing if newest[one.step] is one)
    return replace(
        fresh,
        added=before.added,
        assigned=before.assigned,
        steps={step: before.steps[step] for step in kept},
        decisions=decisions,
    )


def _same(fresh: Request, before: Request) -> bool:
    return (
        before.state is State.RETURNED
        and fresh.content_hash == before.content_hash
        and fresh.route.policy == before.route.policy
        and fresh.route.stages == before.route.stages
    )
