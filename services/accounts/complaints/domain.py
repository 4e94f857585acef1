"""A complaint has an owner, a due time and a resolution; feedback is timed against its standard (A10)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from shared.errors import FieldError, Problem, ValidationProblem, Words
from shared.titled import Titled


class ComplaintState(Titled):
    open = "open", "open", "未处理"
    acknowledged = "acknowledged", "acknowledged", "已受理"
    resolved = "resolved", "resolved", "已解决"


class ComplaintMove(Titled):
    acknowledge = "acknowledge", "acknowledge", "受理"
    reassign = "reassign", "reassign", "转交"
    resolve = "resolve", "resolve", "解决"


MOVES: dict[tuple[ComplaintState, ComplaintMove], ComplaintState] = {
    (ComplaintState.open, ComplaintMove.acknowledge): ComplaintState.acknowledged,
    (ComplaintState.open, ComplaintMove.reassign): ComplaintState.open,
    (ComplaintState.open, ComplaintMove.resolve): ComplaintState.resolved,
    (ComplaintState.acknowledged, ComplaintMove.reassign): ComplaintState.acknowledged,
    (ComplaintState.acknowledged, ComplaintMove.resolve): ComplaintState.resolved,
}


class Standard(StrEnum):
    """The kinds of the table `service-standards`."""

    complaint_acknowledged = "complaint_acknowledged"
    complaint_resolved = "complaint_resolved"
    feedback_answered = "feedback_answered"
    question_answered = "question_answered"


class FeedbackKind(StrEnum):
    feedback = "feedback"
    question = "question"


STANDARD_OF: Mapping[FeedbackKind, Standard] = {
    FeedbackKind.feedback: Standard.feedback_answered,
    FeedbackKind.question: Standard.question_answered,
}


class AnsweredAlready(Problem):
    status = 409
    code = "answered_already"
    title: ClassVar[Words] = {"en": "This was answered already", "zh": "该意见已答复"}


class MomentAhead(ValidationProblem):
    """422: what is said to have come in has not come yet."""

    def __init__(self, pointer: str) -> None:
        wrong: Words = {"en": "lies in the future", "zh": "时间尚未到来"}
        super().__init__(errors=[FieldError(pointer, "moment_in_the_future", wrong)])


class UnknownOwner(ValidationProblem):
    """422 at `/owner`: nobody active has this id."""

    def __init__(self) -> None:
        wrong: Words = {"en": "no active user has this id", "zh": "没有该编号的在用用户"}
        super().__init__(errors=[FieldError("/owner", "unknown_user", wrong)])


@dataclass(frozen=True, slots=True)
class Clocks:
    """By when a complaint is acknowledged and resolved, and when it was."""

    acknowledge_by: datetime
    resolve_by: datetime
    acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None

    def overdue(self, now: datetime) -> Iterable[tuple[Standard, datetime]]:
        """The standards that are missed by now and still not met, with their due times."""
        if self.resolved_at is not None:
            return
        if self.acknowledged_at is None and self.acknowledge_by < now:
            yield Standard.complaint_acknowledged, self.acknowledge_by
        if self.resolve_by < now:
            yield Standard.complaint_resolved, self.resolve_by


def on_time(done_at: datetime | None, due_at: datetime, now: datetime) -> bool | None:
    """Whether something was done within its standard; None while there is still time."""
    if done_at is not None:
        return done_at <= due_at
    return False if due_at < now else None
