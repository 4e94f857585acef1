"""A5 as a machine: whatever is rated, granted, refused and set by hand, each day has the class a small model says."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.accounts.overrides.domain import WrongOverride, check_override
from services.accounts.ratings.domain import (
    AlreadyAnswered,
    Answer,
    ClassFact,
    ProposalState,
    answered,
    class_on,
    takes_effect_on,
)

GRADES = ("A", "B", "C")
FIRST = date(2021, 1, 1)
HORIZON = [FIRST + timedelta(days=n) for n in range(420)]


class Classes(RuleBasedStateMachine):
    """The model is two calendars: what was rated for each day, and what a hand wrote over it."""

    def __init__(self) -> None:
        super().__init__()
        self.today, self.moment = FIRST, datetime(2021, 1, 1, tzinfo=UTC)
        self.facts: list[ClassFact] = []
        self.state: ProposalState | None = None
        self.grade = ""
        self.rated: dict[date, str] = {}
        self.by_hand: dict[date, str] = {}
        self.before: list[tuple[datetime, date, str | None]] = []

    @rule(days=st.integers(1, 40))
    @precondition(lambda self: self.today < date(2021, 10, 1))
    def time_passes(self, days: int) -> None:
        self.before.append((self.moment, self.today, self.by_hand.get(self.today, self.rated.get(self.today))))
        self.today += timedelta(days=days)
        self.moment += timedelta(days=days)

    @rule(grade=st.sampled_from(GRADES))
    def propose(self, grade: str) -> None:
        if self.state is ProposalState.proposed:
            self.state = answered(self.state, Answer.supersede)
        self.state, self.grade = ProposalState.proposed, grade

    @rule(answer=st.sampled_from([Answer.grant, Answer.reject, Answer.withdraw]))
    @precondition(lambda self: self.state is not None)
    def answer(self, answer: Answer) -> None:
        assert self.state is not None
        if self.state is not ProposalState.proposed:
            with pytest.raises(AlreadyAnswered):
                answered(self.state, answer)
            return
        self.state = answered(self.state, answer)
        if answer is Answer.grant:
            first = takes_effect_on("month", self.today)
            self._record(ClassFact(self.grade, first, None, self._now()))
            self.rated |= {day: self.grade for day in HORIZON if day >= first}

    @rule(grade=st.sampled_from((*GRADES, "Z")), starts=st.integers(-3, 60), lasts=st.integers(-2, 90))
    def set_by_hand(self, grade: str, starts: int, lasts: int) -> None:
        first = self.today + timedelta(days=starts)
        until = first + timedelta(days=lasts)
        days = [day for day in HORIZON if first <= day < until]
        if grade not in GRADES or starts < 0 or lasts <= 0:
            with pytest.raises(WrongOverride):
                check_override(grade=grade, grades=GRADES, first=first, until=until, today=self.today)
        elif not any(day in self.by_hand for day in days):
            check_override(grade=grade, grades=GRADES, first=first, until=until, today=self.today)
            self._record(ClassFact(grade, first, until, self._now()))
            self.by_hand |= dict.fromkeys(days, grade)

    def _record(self, fact: ClassFact) -> None:
        self.facts.append(fact)

    def _now(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment

    @invariant()
    def each_day_has_the_class_of_the_model(self) -> None:
        for day in HORIZON[::7]:
            found = class_on(self.facts, day, self.moment)
            assert (found.grade if found else None) == self.by_hand.get(day, self.rated.get(day))

    @invariant()
    def what_was_known_before_is_known_for_ever(self) -> None:
        for known_at, day, grade in self.before:
            found = class_on(self.facts, day, known_at)
            assert (found.grade if found else None) == grade


TestClasses = Classes.TestCase
TestClasses.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
