"""A word about an account from a day on (a segment, a tier): later decisions stand above earlier ones; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Recorded at an instant, in force from a local day until a later record takes over; no word ends it."""

    word: str | None
    valid_from: date
    recorded_at: datetime


def standing_on(recorded: Sequence[Standing], on: date, known_at: datetime) -> Standing | None:
    """The last one known by the instant that had begun by the day; `recorded` is in the order of recording."""
    begun = (one for one in reversed(recorded) if one.recorded_at <= known_at and one.valid_from <= on)
    return next(begun, None)
