"""Business time: how far a duration reaches through opening hours, weekends and public holidays."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from shared.calendar import Duration
from shared.policy.plan import Plans, TablePlan

HOLIDAYS = "public-holidays"
EVERYWHERE = "*"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS_LOOKED_AT = 3 * 366


class NeverOpen(ValueError):
    """The calendar has no opening hours within three years, so nothing can ever fall due."""


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """Local opening hours by weekday (0 is Monday) and the days on which nobody works."""

    zone: str
    weekdays: Mapping[int, tuple[time, time]]
    holidays: frozenset[date]


def office_hours(plans: Plans, *, calendar: str, branch: str | None) -> OfficeHours | None:
    """The hours of a calendar in a branch, else those of everywhere; none where it is not published."""
    plan = plans.by_id.get(calendar)
    if not isinstance(plan, TablePlan):
        return None
    own = {str(row["branch"]) for row in plan.rows} & {branch}
    weekdays = {
        WEEKDAYS.index(str(row["weekday"])): (_time(row["opens"]), _time(row["closes"]))
        for row in plan.rows
        if row["branch"] in (own or {EVERYWHERE})
    }
    return OfficeHours(plan.document.zone, weekdays, _holidays(plans))


def _time(cell: object) -> time:
    return time.fromisoformat(str(cell))


def _holidays(plans: Plans) -> frozenset[date]:
    plan = plans.by_id.get(HOLIDAYS)
    days = [row["day"] for row in plan.rows] if isinstance(plan, TablePlan) else []
    return frozenset(day for day in days if isinstance(day, date))


@dataclass(frozen=True, slots=True)
class _Opening:
    opens: datetime
    closes: datetime


def due_at(start: datetime, duration: str, hours: OfficeHours) -> datetime:
    """The moment (UTC) at which `duration` of business time after `start` is over; raises NeverOpen.

    Hours count only while open; a day is a working day, so P1D from Friday 10:00 is Monday 10:00.
    """
    length = Duration.parse(duration)
    left = timedelta(hours=length.hours, minutes=length.minutes)
    begins = _after_working_days(start, length.days, hours)
    for opening in _openings(begins, hours):
        since = max(opening.opens, begins)
        if since + left <= opening.closes:
            return since + left
        left -= max(opening.closes - since, timedelta(0))
    raise NeverOpen(f"no opening hours within {_DAYS_LOOKED_AT} days of {start.isoformat()}")


def _after_working_days(start: datetime, days: int, hours: OfficeHours) -> datetime:
    """The same local time of day, that many working days later; a closed moment counts as the next opening."""
    ahead = (opening for opening in _openings(start, hours) if start < opening.closes)
    reached = next(islice(ahead, days, None), None)
    first = next((opening for opening in _openings(start, hours) if start < opening.closes), None)
    if reached is None or first is None:
        raise NeverOpen(f"no opening hours within {_DAYS_LOOKED_AT} days of {start.isoformat()}")
    zone = ZoneInfo(hours.zone)
    at = max(first.opens, start).astimezone(zone).time()
    return max(reached.opens, datetime.combine(reached.opens.astimezone(zone).date(), at, zone).astimezone(UTC))


def _openings(start: datetime, hours: OfficeHours) -> Iterator[_Opening]:
    zone = ZoneInfo(hours.zone)
    first = start.astimezone(zone).date()
    for day in (first + timedelta(days=n) for n in range(_DAYS_LOOKED_AT)):
        if day.weekday() in hours.weekdays and day not in hours.holidays:
            opens, closes = hours.weekdays[day.weekday()]
            yield _Opening(_utc(day, opens, zone), _utc(day, closes, zone))


def _utc(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
