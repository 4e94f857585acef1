"""What the clock asks of an open step: a reminder, an escalation, or nothing; it never decides for anybody."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Due(StrEnum):
    NOTHING = "nothing"
    REMINDER = "reminder"
    ESCALATION = "escalation"


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a step's people are reminded and when it is late; neither where its calendar is not published."""

    remind_at: datetime | None
    due_at: datetime | None
    reminded: bool = False
    escalated: bool = False


def what_is_due(deadline: Deadline, *, attended: bool, now: datetime) -> Due:
    """C10: late or with nobody to take it, a step is escalated once; before that its people are reminded once."""
    late = deadline.due_at is not None and deadline.due_at <= now
    if not deadline.escalated and (late or not attended):
        return Due.ESCALATION
    slow = deadline.remind_at is not None and deadline.remind_at <= now
    return Due.REMINDER if slow and attended and not late and not deadline.reminded else Due.NOTHING


def looked_at_next(deadline: Deadline, *, now: datetime) -> datetime | None:
    """The next moment at which something may be due; none where the clock asks nothing more."""
    ahead = [moment for moment in (deadline.remind_at, deadline.due_at) if moment is not None and moment > now]
    return min(ahead, default=None)
