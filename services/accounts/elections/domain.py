"""What an account elected of a programme: one choice per account and month, a switch on the first of one (A12)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import ClassVar

from shared.calendar import period_of
from shared.errors import FieldError, Problem, ValidationProblem, Words


class AlreadyElected(Problem):
    status = 409
    code = "already_elected"
    title: ClassVar[Words] = {"en": "The account has elected for this period", "zh": "客户在该期间已作出选择"}


class EndsBeforeItStarts(ValidationProblem):
    """422 at `/valid_until`."""

    def __init__(self, first: date) -> None:
        detail: Words = {"en": f"It would start on {first} at the earliest.", "zh": f"最早自{first}起生效。"}
        super().__init__(errors=[FieldError("/valid_until", "ends_before_it_starts", detail)])


@dataclass(frozen=True, slots=True)
class Election:
    """What an account chose of a programme for the days `[valid_from, valid_until)`."""

    id: str
    choice: str
    valid_from: date
    valid_until: date

    def covers(self, on: date) -> bool:
        return self.valid_from <= on < self.valid_until


def in_force(made: Sequence[Election]) -> tuple[Election, ...]:
    """Elections in the order in which they were made, each cut where a later one begins inside it."""
    standing: list[Election] = []
    for election in made:
        cut = (
            replace(one, valid_until=election.valid_from) if one.covers(election.valid_from) else one
            for one in standing
        )
        standing = [*(one for one in cut if one.valid_from < one.valid_until), election]
    return tuple(standing)


def is_switch(standing: Sequence[Election], chosen: Election) -> bool:
    """True where the account had another choice in force on the day before the new one starts."""
    eve = chosen.valid_from - timedelta(days=1)
    return any(election.covers(eve) and election.choice != chosen.choice for election in standing)


def replaced_by(standing: Sequence[Election], chosen: Election) -> Election | None:
    """The election that ends where the chosen one begins; None where nothing stands on that day.

    One choice per account and month: raises AlreadyElected where another election holds on any day of a month the
    chosen one touches, unless that one is switched away from on the first day of a month.
    """
    replaced = None
    for one in standing:
        if not _share_a_month(one, chosen):
            continue
        if one.choice == chosen.choice or one.valid_from >= chosen.valid_from or chosen.valid_from.day > 1:
            raise AlreadyElected(
                {
                    "en": f"{one.choice} stands from {one.valid_from} until {one.valid_until - timedelta(days=1)}.",
                    "zh": f"{one.valid_from}至{one.valid_until - timedelta(days=1)}已选择{one.choice}。",
                }
            )
        replaced = one
    return replaced


def _share_a_month(one: Election, other: Election) -> bool:
    (first, until), (start, end) = _months(one), _months(other)
    return first < end and start < until


def _months(election: Election) -> tuple[date, date]:
    """The days of every month the election holds in, even for a day."""
    last = election.valid_until - timedelta(days=1)
    return period_of("month", election.valid_from).first, period_of("month", last).until
