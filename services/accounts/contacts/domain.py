"""What a contact with an account may be, and who manages the account on a day (A10)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from shared.errors import Problem, Words


class ContactKind(StrEnum):
    """`customer_meeting` is one the customer called: its minutes are due with the return-visit form (A9)."""

    visit = "visit"
    call = "call"
    mail = "mail"
    meeting = "meeting"
    customer_meeting = "customer_meeting"


class FormFiledAlready(Problem):
    status = 409
    code = "form_filed_already"
    title: ClassVar[Words] = {"en": "The record form is filed already", "zh": "沟通记录表已归档"}


@dataclass(frozen=True, slots=True)
class Visited:
    """A visit to the account: by whom, on which local day, and whether its record form is filed."""

    id: str
    by: str
    on: date
    has_form: bool


@dataclass(frozen=True, slots=True)
class Managing:
    """Somebody manages the account on the days `[first, until)`."""

    user_id: str
    first: date
    until: date | None

    def holds(self, user_id: str, on: date) -> bool:
        return self.user_id == user_id and self.first <= on and (self.until is None or on < self.until)


def visits_by_manager(visits: Iterable[Visited], managers: Iterable[Managing]) -> list[Visited]:
    """The visits made by whoever managed the account on the day of the visit."""
    known = tuple(managers)
    return [visit for visit in visits if any(manager.holds(visit.by, visit.on) for manager in known)]
