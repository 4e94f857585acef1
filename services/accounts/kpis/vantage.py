"""From where a board looks: up to the end of which local day, and as recorded by when; pure."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import InstrumentedAttribute

from services.accounts.kpis.life import end_of
from shared.policy.plan import Plans


@dataclass(frozen=True, slots=True)
class Day:
    """What has happened by the end of a local day; `recorded_by` leaves out what was recorded only later."""

    known_on: date
    plans: Plans
    zone: str
    recorded_by: datetime | None = None

    @property
    def known_at(self) -> datetime:
        """The last instant that counts, for what is recorded as it happens."""
        end = end_of(self.known_on, self.zone)
        return end if self.recorded_by is None else min(end, self.recorded_by)


def recorded(column: InstrumentedAttribute[Any], day: Day) -> ColumnElement[bool]:
    """The row was recorded by then."""
    return true() if day.recorded_by is None else column <= day.recorded_by
