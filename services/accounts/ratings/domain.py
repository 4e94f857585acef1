"""A rating is a proposal with evidence; an approved one is the class from a later day on (A2, A5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, cast

from shared.calendar import PeriodKind, period_of
from shared.errors import FieldError, Problem, ValidationProblem, Words
from shared.titled import Titled


class ProposalState(Titled):
    proposed = "proposed", "under review", "审批中"
    accepted = "accepted", "granted", "已批准"
    rejected = "rejected", "rejected", "已驳回"
    withdrawn = "withdrawn", "withdrawn", "已撤回"
    superseded = "superseded", "superseded", "已被取代"
    unchanged = "unchanged", "unchanged", "未变"


class Answer(StrEnum):
    grant = "grant"
    reject = "reject"
    withdraw = "withdraw"
    supersede = "supersede"


ANSWERS: dict[tuple[ProposalState, Answer], ProposalState] = {
    (ProposalState.proposed, Answer.grant): ProposalState.accepted,
    (ProposalState.proposed, Answer.reject): ProposalState.rejected,
    (ProposalState.proposed, Answer.withdraw): ProposalState.withdrawn,
    (ProposalState.proposed, Answer.supersede): ProposalState.superseded,
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


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer was given on a local day, and recorded here at an instant."""

    on: date
    recorded_at: datetime


def answered(state: ProposalState, answer: Answer) -> ProposalState:
    after = ANSWERS.get((state, answer))
    if after is None:
        raise AlreadyAnswered({"en": f"The proposal is {state.en}.", "zh": f"评级建议{state.zh}。"})
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

    @property
    def by_hand(self) -> bool:
        """Only a class set by hand has an end."""
        return self.valid_until is not None


def class_on(facts: Iterable[ClassFact], on: date, known_at: datetime) -> ClassFact | None:
    """The class in force on a day as it was known at an instant (A5: never overwritten).

    One set by hand stands above what was rated until its last day; otherwise the later first day, then the later
    record wins.
    """
    known = [fact for fact in facts if fact.recorded_at <= known_at and fact.covers(on)]
    return max(known, key=lambda fact: (fact.by_hand, fact.valid_from, fact.recorded_at), default=None)


def rated_class(facts: Iterable[ClassFact]) -> ClassFact | None:
    """The last class that a rating gave, in force or about to be: what a new rating confirms or changes."""
    rated = [fact for fact in facts if not fact.by_hand]
    return max(rated, key=lambda fact: (fact.valid_from, fact.recorded_at), default=None)


def takes_effect_on(start: str, approved_on: date) -> date:
    """First day of a new class: the approval's own day, or the first day after the period it was approved in (§6.16).

    `start` is "at_once", or the kind of that period: "month", "half_year" …
    """
    return approved_on if start == "at_once" else period_of(cast(PeriodKind, start), approved_on).until
