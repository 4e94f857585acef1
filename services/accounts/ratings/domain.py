"""A rating is a proposal with evidence; an approved one is the class from a later day on (A2, A5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, cast

from shared.calendar import PeriodKind, period_of
from shared.errors import FieldError, Problem, ValidationProblem, Words


class ProposalState(StrEnum):
    proposed = "proposed"
    accepted = "accepted"
    rejected = "rejected"
    withdrawn = "withdrawn"


class Answer(StrEnum):
    grant = "grant"
    reject = "reject"
    withdraw = "withdraw"


ANSWERS: dict[tuple[ProposalState, Answer], ProposalState] = {
    (ProposalState.proposed, Answer.grant): ProposalState.accepted,
    (ProposalState.proposed, Answer.reject): ProposalState.rejected,
    (ProposalState.proposed, Answer.withdraw): ProposalState.withdrawn,
}


class DayAhead(ValidationProblem):
    code = "day_in_the_future"
    title: ClassVar[Words] = {"en": "Nothing is known yet of a day to come", "zh": "未来日期尚无事实"}

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("/as_of", self.code, self.title)])


class AlreadyAnswered(Problem):
    status = 409
    code = "proposal_already_answered"
    title: ClassVar[Words] = {"en": "The proposal is answered already", "zh": "该评级建议已有结论"}


def answered(state: ProposalState, answer: Answer) -> ProposalState:
    after = ANSWERS.get((state, answer))
    if after is None:
        raise AlreadyAnswered({"en": f"The proposal is {state}.", "zh": f"评级建议的状态为{state}。"})
    return after


@dataclass(frozen=True, slots=True)
class ClassFact:
    """A class as recorded: in force on the days `[valid_from, valid_until)` until a later record says otherwise."""

    grade: str
    valid_from: date
    valid_until: date | None
    recorded_at: datetime

    def covers(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_until is None or on < self.valid_until)


def class_on(facts: Iterable[ClassFact], on: date, known_at: datetime) -> ClassFact | None:
    """The class in force on a day as it was known at an instant; the last one recorded wins (A5: never overwritten)."""
    known = [fact for fact in facts if fact.recorded_at <= known_at and fact.covers(on)]
    return max(known, key=lambda fact: (fact.valid_from, fact.recorded_at), default=None)


def takes_effect_on(start: str, approved_on: date) -> date:
    """First day of a new class: the approval's own day, or the first day after the period it was approved in (§6.16).

    `start` is "at_once", or the kind of that period: "month", "half_year" …
    """
    return approved_on if start == "at_once" else period_of(cast(PeriodKind, start), approved_on).until
