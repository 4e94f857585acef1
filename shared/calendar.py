"""Days, periods and durations of a named zone: half-open, clamped at month ends, without hole or overlap."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, Literal, Self
from zoneinfo import ZoneInfo

PeriodKind = Literal["month", "quarter", "half_year", "year"]

_MONTHS: Final[dict[PeriodKind, int]] = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
_KEY = re.compile(r"(?P<year>\d{4})(?:-(?P<letter>[QH]?)(?P<number>\d{1,2}))?")
_KINDS: Final[dict[str | None, PeriodKind]] = {None: "year", "": "month", "Q": "quarter", "H": "half_year"}
_DURATION = re.compile(
    r"P(?=\d|T\d)(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?)?"
)

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2200


def is_of_our_times(day: date) -> bool:
    """Whether every zone, window and column has room around a day or instant that somebody wrote."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


@lru_cache(maxsize=4096)
def local_day(instant: datetime, zone: str) -> date:
    """The day people in the zone write for an aware instant."""
    if instant.tzinfo is None:
        raise ValueError("an instant carries its offset")
    return instant.astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=4096)
def day_start(day: date, zone: str) -> datetime:
    """First instant of a local day, in UTC; where a clock change skips midnight, the instant of that change."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """Half-open UTC bounds of a local day, of 23, 24 or 25 hours."""
    return day_start(day, zone), day_start(day + timedelta(days=1), zone)


def add_months(day: date, months: int) -> date:
    """The same day of another month, clamped to its last one: 30 Nov + 3 is 28 or 29 Feb."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, _days_in(year, month + 1)))


def _days_in(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day


@dataclass(frozen=True, slots=True)
class Duration:
    """An ISO 8601 duration; years and months are calendar ones, so two of them compare only from a given day."""

    years: int = 0
    months: int = 0
    days: int = 0
    hours: int = 0
    minutes: int = 0

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> Self:
        found = _DURATION.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no ISO 8601 duration")
        return cls(**{part: int(number) for part, number in found.groupdict(default="0").items()})

    @property
    def in_months(self) -> int:
        return self.years * 12 + self.months

    @property
    def is_calendar(self) -> bool:
        """Counts years, months or days only."""
        return not (self.hours or self.minutes)

    def after(self, day: date) -> date:
        """The day this many years, months (clamped) and days later."""
        return add_months(day, self.in_months) + timedelta(days=self.days)

    def before(self, day: date) -> date:
        return add_months(day, -self.in_months) - timedelta(days=self.days)

    def since(self, instant: datetime, zone: str) -> datetime:
        """The UTC instant this much later: calendar parts move the local wall clock, hours are elapsed time."""
        local = instant.astimezone(ZoneInfo(zone))
        moved = datetime.combine(self.after(local.date()), local.time(), ZoneInfo(zone))
        return moved.astimezone(UTC) + timedelta(hours=self.hours, minutes=self.minutes)

    def __str__(self) -> str:
        day_part = _written(("Y", self.years), ("M", self.months), ("D", self.days))
        time_part = _written(("H", self.hours), ("M", self.minutes))
        return f"P{day_part or ('' if time_part else '0D')}{'T' if time_part else ''}{time_part}"


def _written(*parts: tuple[str, int]) -> str:
    return "".join(f"{number}{letter}" for letter, number in parts if number)


@dataclass(frozen=True, slots=True)
class Period:
    """Local days `[first, until)` under a key such as "2021-03", "2021-Q1", "2021-H1", "2021" or "first/last"."""

    key: str
    first: date
    until: date

    @property
    def last(self) -> date:
        """The last day inside, as people read it."""
        return self.until - timedelta(days=1)

    def holds(self, day: date) -> bool:
        return self.first <= day < self.until

    def is_over(self, day: date) -> bool:
        """On `day`, no further day of it can come."""
        return day >= self.until

    def bounds(self, zone: str, *, since: datetime | None = None) -> tuple[datetime, datetime]:
        """Half-open UTC bounds. `since`: the end of the period before, where the zone has changed in between."""
        return since or day_start(self.first, zone), day_start(self.until, zone)


@lru_cache(maxsize=4096)
def period_of(kind: PeriodKind, day: date) -> Period:
    """The calendar month, quarter, half year or year that holds a day."""
    months = _MONTHS[kind]
    number = (day.month - 1) // months
    first = date(day.year, number * months + 1, 1)
    return Period(_key(kind, day.year, number + 1), first, add_months(first, months))


def _key(kind: PeriodKind, year: int, number: int) -> str:
    written = {"month": f"-{number:02}", "quarter": f"-Q{number}", "half_year": f"-H{number}", "year": ""}[kind]
    return f"{year:04}{written}"


@lru_cache(maxsize=4096)
def period(key: str) -> Period:
    """The calendar period of a key; `ValueError` for a key that names none."""
    found = _KEY.fullmatch(key)
    if found is None:
        raise ValueError(f"{key!r} names no period")
    kind = _KINDS[found["letter"]]
    number = int(found["number"] or 1)
    if not 1 <= number <= 12 // _MONTHS[kind]:
        raise ValueError(f"{key!r} names no period")
    named = period_of(kind, date(int(found["year"]), (number - 1) * _MONTHS[kind] + 1, 1))
    if named.key != key:
        raise ValueError(f"{key!r} is written {named.key!r}")
    return named


def following(current: Period) -> Period:
    """The calendar period of the same kind that begins where this one ends."""
    return period_of(_kind(current), current.until)


def preceding(current: Period) -> Period:
    """The calendar period of the same kind that ends where this one begins."""
    return period_of(_kind(current), current.first - timedelta(days=1))


def _kind(current: Period) -> PeriodKind:
    found = _KEY.fullmatch(current.key)
    if found is None:
        raise ValueError(f"{current.key!r} is no calendar period")
    return _KINDS[found["letter"]]


@lru_cache(maxsize=4096)
def trailing(length: Duration, day: date) -> Period:
    """The span that ends with `day`: days alone hold both ends (C12), months and years are `(day - n, day]`."""
    if not length.is_calendar:
        raise ValueError("a window is made of whole days")
    first = length.before(day) + timedelta(days=1 if length.in_months else 0)
    return _span(first, day + timedelta(days=1))


def anchored(first: date, length: Duration) -> Period:
    """The half-open span that begins with `first`; its months are clamped (R3)."""
    if not length.is_calendar:
        raise ValueError("a window is made of whole days")
    return _span(first, length.after(first))


def anniversary_year(start: date, day: date) -> Period:
    """The year counted from `start` that holds `day`; the first one where `day` lies before it."""
    years = max(0, day.year - start.year)
    if years and add_months(start, 12 * years) > day:
        years -= 1
    return _span(add_months(start, 12 * years), add_months(start, 12 * (years + 1)))


def _span(first: date, until: date) -> Period:
    return Period(f"{first.isoformat()}/{(until - timedelta(days=1)).isoformat()}", first, until)
