"""A class set by hand has a reason and an end, begins no earlier than today, and stands alone on its days (A5)."""

from collections.abc import Collection
from datetime import date
from typing import ClassVar

from services.accounts.ratings.domain import AlreadyAnswered, Answer
from shared.errors import Conflict, FieldError, Problem, ValidationProblem, Words
from shared.titled import Titled


class OverrideState(Titled):
    proposed = "proposed", "under review", "审批中"
    accepted = "accepted", "granted", "已批准"
    rejected = "rejected", "rejected", "已驳回"
    withdrawn = "withdrawn", "withdrawn", "已撤回"
    lapsed = "lapsed", "lapsed", "已失效"


OVERRIDE_ANSWERS: dict[tuple[OverrideState, Answer], OverrideState] = {
    (OverrideState.proposed, Answer.grant): OverrideState.accepted,
    (OverrideState.proposed, Answer.reject): OverrideState.rejected,
    (OverrideState.proposed, Answer.withdraw): OverrideState.withdrawn,
}


class WrongOverride(ValidationProblem):
    code = "override_not_right"
    title: ClassVar[Words] = {"en": "The override cannot be asked for like this", "zh": "无法按此申请调整等级"}


class OverlappingOverride(Problem):
    status = 409
    code = "overlapping_override"
    title: ClassVar[Words] = {
        "en": "Another class set by hand covers a day of it",
        "zh": "所选期间与另一手工定级重叠",
    }


class GrantDoesNotFit(Conflict):
    """What was granted is no class, or goes beyond what was asked; the route's limits let it pass."""

    code = "grant_does_not_fit"
    title: ClassVar[Words] = {"en": "What was granted cannot hold", "zh": "批准内容无法生效"}


def agreed_end(granted: object, *, asked: date) -> date:
    """The first day it no longer holds: never later than was asked, so that no other override is met.

    Raises GrantDoesNotFit.
    """
    if granted is None:
        return asked
    try:
        end = date.fromisoformat(str(granted))
    except ValueError as wrong:
        raise GrantDoesNotFit({"en": f"{granted} is no day.", "zh": f"{granted}不是日期。"}) from wrong
    if end > asked:
        raise GrantDoesNotFit({"en": f"It was asked until {asked}.", "zh": f"申请期限至{asked}（不含当日）。"})
    return end


def override_answered(state: OverrideState, answer: Answer) -> OverrideState:
    after = OVERRIDE_ANSWERS.get((state, answer))
    if after is None:
        raise AlreadyAnswered({"en": f"The override is {state.en}.", "zh": f"手工定级{state.zh}。"})
    return after


def check_override(*, grade: str, grades: Collection[str], first: date, until: date, today: date) -> None:
    """A5: a class of the scorecard, from today at the earliest, with an end after its start. Raises WrongOverride."""
    errors = []
    if grade not in grades:
        one_of = ", ".join(sorted(grades))
        unknown: Words = {"en": f"One of {one_of}.", "zh": f"应为下列之一：{one_of}。"}
        errors.append(FieldError("/grade", "unknown_grade", unknown))
    if first < today:
        past: Words = {"en": f"Today is {today}; no day before it can change.", "zh": f"今天是{today}，不能早于今天。"}
        errors.append(FieldError("/valid_from", "in_the_past", past))
    if until <= max(first, today):
        ends: Words = {"en": "It ends after its first day.", "zh": "截止日须晚于起始日。"}
        errors.append(FieldError("/valid_until", "ends_before_it_starts", ends))
    if errors:
        raise WrongOverride(errors=errors)
