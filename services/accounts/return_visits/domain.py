"""Each month has one form per account, eight scores inside the scale, and a sample anyone can draw again (A9)."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import ClassVar

from shared.calendar import Period
from shared.errors import FieldError, Forbidden, Problem, ValidationProblem, Words
from shared.titled import Titled

ASPECTS = ("quality", "schedule", "technical", "materials", "safety", "documentation", "conduct", "cooperation")


class Finding(Titled):
    """What a spot check said of a form."""

    pending = "pending", "to be checked", "待查"
    true = "true", "found true", "属实"
    falsified = "falsified", "found false", "失实"


class FindingMove(Titled):
    confirm = "confirm", "confirm", "认定属实"
    falsify = "falsify", "find false", "认定失实"


FINDINGS: dict[tuple[Finding, FindingMove], Finding] = {
    (Finding.pending, FindingMove.confirm): Finding.true,
    (Finding.pending, FindingMove.falsify): Finding.falsified,
}


class FiledAlready(Problem):
    status = 409
    code = "return_visit_filed"
    title: ClassVar[Words] = {"en": "This month's form is filed already", "zh": "本月回访表已报回"}


class MinutesFiledAlready(Problem):
    status = 409
    code = "minutes_filed"
    title: ClassVar[Words] = {"en": "The minutes of this meeting are filed already", "zh": "该会议纪要已报回"}


class DrawnAlready(Problem):
    status = 409
    code = "sample_drawn"
    title: ClassVar[Words] = {"en": "The month's sample is drawn already", "zh": "本月抽查样本已抽取"}


class NothingToCheck(Problem):
    status = 409
    code = "nothing_to_check"
    title: ClassVar[Words] = {"en": "No form of this month can be checked", "zh": "本月没有可抽查的回访表"}


class NotTheChecker(Forbidden):
    """403: spot checks are one department's (A9)."""

    code = "not_the_checking_department"
    title: ClassVar[Words] = {"en": "Your department does not make spot checks", "zh": "您所在部门不负责抽查"}


class OutsideTheMonth(ValidationProblem):
    """422: the visit was not made in the month the form is of."""

    def __init__(self) -> None:
        wrong: Words = {"en": "lies outside the month of the form", "zh": "不在回访表所属月份内"}
        super().__init__(errors=[FieldError("/visited_on", "outside_the_month", wrong)])


class NotACustomerMeeting(ValidationProblem):
    """422: minutes are of meetings the customer called."""

    def __init__(self) -> None:
        wrong: Words = {"en": "is no meeting the customer called", "zh": "不是业主召集的会议"}
        super().__init__(errors=[FieldError("/contact_id", "not_a_customer_meeting", wrong)])


@dataclass(frozen=True, slots=True)
class Scale:
    """Both ends belong to it."""

    lowest: int
    highest: int


def check_scores(scores: Mapping[str, int], scale: Scale) -> None:
    """All eight aspects inside the scale; raises ValidationProblem that points at each that is not."""
    wrong: Words = {
        "en": f"a score lies between {scale.lowest} and {scale.highest}",
        "zh": f"评分应在{scale.lowest}至{scale.highest}之间",
    }
    outside = [name for name in ASPECTS if not scale.lowest <= scores[name] <= scale.highest]
    if outside:
        raise ValidationProblem(errors=[FieldError(f"/scores/{name}", "out_of_range", wrong) for name in outside])


def day_counted_from(month: Period, day: date) -> int:
    """The day of the month something came in; what came after its end counts on: 2 April is day 33 of March."""
    return (day - month.first).days + 1


def sample_size(population: int, *, share: Decimal, least: int) -> int:
    """How many of them are checked: the share rounded up, at least `least`, never more than there are."""
    wanted = int((share * population).to_integral_value(ROUND_CEILING))
    return min(population, max(least, wanted))


def drawn(population: Collection[str], *, seed: str, size: int) -> Sequence[str]:
    """The `size` ids whose SHA-256 of `seed/id` comes first: the same for anyone who draws again."""
    return sorted(population, key=lambda one: hashlib.sha256(f"{seed}/{one}".encode()).hexdigest())[:size]
