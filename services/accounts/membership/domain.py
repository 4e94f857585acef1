"""A tier rises at once and falls only after its window and a grace; who qualifies again in time keeps it (A6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, NamedTuple

from services.accounts.standing import Standing, standing_on
from shared.errors import FieldError, Problem, ValidationProblem, Words


class AlreadyEnrolled(Problem):
    status = 409
    code = "already_enrolled"
    title: ClassVar[Words] = {"en": "The account is a member already", "zh": "该客户已入会"}


class EndsThenAlready(Problem):
    status = 409
    code = "ends_then_already"
    title: ClassVar[Words] = {"en": "The membership ends on that day already", "zh": "会员资格已定于该日终止"}


class NotEnrolled(Problem):
    status = 409
    code = "not_enrolled"
    title: ClassVar[Words] = {"en": "The account is no member", "zh": "该客户未入会"}


class WrongMembershipDay(ValidationProblem):
    code = "membership_day_not_right"
    title: ClassVar[Words] = {"en": "Membership cannot begin or end on that day", "zh": "会员资格不能于该日起止"}


class Move(NamedTuple):
    """Another tier, and its first day."""

    tier: str
    valid_from: date


@dataclass(frozen=True, slots=True)
class Days:
    """Today, and the first day of a tier that falls today."""

    today: date
    falls_on: date


def tier_move(ranks: Sequence[str], recorded: Sequence[Standing], computed: str, *, days: Days) -> Move | None:
    """What a computed tier changes, by what was recorded before; nothing where it stands or is on its way already.

    A fall that is on its way keeps its day when it becomes smaller, and is called off when the tier is reached again.
    """
    held = standing_on(recorded, days.today, _EVER)
    planned = recorded[-1] if recorded and recorded[-1].valid_from > days.today else None
    if held is None or held.word is None:
        return Move(computed, days.today)
    rank, in_force = ranks.index(computed), ranks.index(held.word)
    if rank >= in_force:
        return Move(computed, days.today) if rank > in_force or planned else None
    if planned is None or planned.word is None:
        return Move(computed, days.falls_on)
    if computed == planned.word:
        return None
    milder = rank > ranks.index(planned.word)
    return Move(computed, planned.valid_from if milder else days.falls_on)


def covered(enrolled_on: date, left_on: date | None) -> Words:
    """Which days another membership covers, the last one named (§6.15)."""
    if left_on is None:
        return {"en": f"It has been one since {enrolled_on}.", "zh": f"自{enrolled_on}起为会员。"}
    last = left_on - timedelta(days=1)
    return {"en": f"It is one from {enrolled_on} to {last}.", "zh": f"{enrolled_on}至{last}为会员。"}


def check_begin(enrolled_on: date, *, today: date) -> None:
    """Raises WrongMembershipDay for a day to come: nobody can say what he will have bought."""
    if enrolled_on > today:
        ahead: Words = {"en": f"Today is {today}.", "zh": f"今天是{today}。"}
        raise WrongMembershipDay(errors=[FieldError("/enrolled_on", "in_the_future", ahead)])


def check_end(left_on: date, *, enrolled_on: date, today: date) -> None:
    """Raises WrongMembershipDay for a day before today, on which the tier was told already, or before the first one."""
    if left_on < today or left_on <= enrolled_on:
        late: Words = {"en": f"After {max(today, enrolled_on)}.", "zh": f"须晚于{max(today, enrolled_on)}。"}
        raise WrongMembershipDay(errors=[FieldError("/left_on", "too_early", late)])


_EVER = datetime.max.replace(tzinfo=UTC)
