"""A birthday comes once a year, also one of 29 February; an invitation is answered, then attended or not (A14)."""

from calendar import isleap
from datetime import date
from typing import ClassVar

from shared.errors import Problem, Words
from shared.titled import Titled


class InvitationState(Titled):
    invited = "invited", "invited", "已邀请"
    accepted = "accepted", "accepted", "已接受"
    declined = "declined", "declined", "已谢绝"
    attended = "attended", "attended", "已出席"
    absent = "absent", "absent", "未出席"


class InvitationMove(Titled):
    accept = "accept", "accept", "接受"
    decline = "decline", "decline", "谢绝"
    attend = "attend", "attend", "出席"
    miss = "miss", "miss", "缺席"


MOVES: dict[tuple[InvitationState, InvitationMove], InvitationState] = {
    (InvitationState.invited, InvitationMove.accept): InvitationState.accepted,
    (InvitationState.invited, InvitationMove.decline): InvitationState.declined,
    (InvitationState.declined, InvitationMove.accept): InvitationState.accepted,
    (InvitationState.accepted, InvitationMove.decline): InvitationState.declined,
    (InvitationState.accepted, InvitationMove.attend): InvitationState.attended,
    (InvitationState.accepted, InvitationMove.miss): InvitationState.absent,
    (InvitationState.invited, InvitationMove.attend): InvitationState.attended,
}


class InvitedAlready(Problem):
    status = 409
    code = "invited_already"
    title: ClassVar[Words] = {"en": "This person is invited already", "zh": "此人已受邀"}


class EventIsAhead(Problem):
    status = 409
    code = "event_is_ahead"
    title: ClassVar[Words] = {"en": "The event has not taken place yet", "zh": "活动尚未举行"}


def birthday_in(year: int, born_on: date) -> date:
    """The day it is kept in a year: of 29 February on the 28th where there is none (S-D4)."""
    if (born_on.month, born_on.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return born_on.replace(year=year)


def next_birthday(born_on: date, day: date) -> date:
    """The first birthday on the day or after it."""
    this_year = birthday_in(day.year, born_on)
    return this_year if this_year >= day else birthday_in(day.year + 1, born_on)
