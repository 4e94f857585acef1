"""What is measured: a fact, over which window, by which event, for whom, in which currency and without what."""

from typing import Literal

from pydantic import Field

from shared.policy.notation import Duration, Part, Several

CalendarWindow = Literal["month", "quarter", "half_year", "year"]
ProgrammeWindow = Literal["year_before_start", "first_year", "each_year"]
Basis = Literal["placed", "delivered", "paid", "signed"]
Left = Literal["returns", "discounts", "tax", "freight", "gifts"]


class RollingWindow(Part):
    """The days up to the day asked: `P30D` holds both ends, `P12M` is half-open at its start."""

    last: Duration


class AnchoredWindow(Part):
    """A span from the day a date fact names, half-open."""

    from_: str = Field(alias="from")
    for_: Duration = Field(alias="for")


Window = CalendarWindow | ProgrammeWindow | RollingWindow | AnchoredWindow


class Measure(Part):
    """One question to the facts; `per` is the key amounts are added up for."""

    fact: str
    basis: Basis | None = None
    per: str | None = None
    window: Window | None = None
    currency: str | None = None
    without: Several[Left] = ()


def window_kind(window: Window | None) -> str | None:
    """The word by which the registry allows a window: `month`, `last`, `from` …"""
    if isinstance(window, RollingWindow):
        return "last"
    return "from" if isinstance(window, AnchoredWindow) else window
