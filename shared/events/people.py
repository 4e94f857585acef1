"""Who works here, in which roles, since when and until when."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from shared.events.envelope import Contents, Event


class PeopleEvent(Event):
    topic = "people.v1"
    aggregate = "user"

    user_id: str

    def aggregate_id(self) -> str:
        return self.user_id


class Leave(Contents):
    """An absence; `until` is the first day back."""

    since: dt.date
    until: dt.date


class UserChanged(PeopleEvent):
    """A person or a machine as it now is; `account_id` binds a customer's own user to its account."""

    name: str
    kind: Literal["person", "machine"]
    active: bool
    account_id: str | None = None


class RoleAssigned(PeopleEvent):
    """A role held from a day on, everywhere or in one branch or department."""

    holding_id: str
    role: str
    branch: str | None = None
    department: str | None = None
    valid_from: dt.date
    valid_until: dt.date | None = None


class RoleEnded(PeopleEvent):
    holding_id: str
    valid_until: dt.date


class EmploymentChanged(PeopleEvent):
    """The whole employment as it now is."""

    joined_on: dt.date | None = None
    left_on: dt.date | None = None
    manager_id: str | None = None
    leaves: tuple[Leave, ...] = ()


EVENTS = (UserChanged, RoleAssigned, RoleEnded, EmploymentChanged)
