"""What is measured: a fact, over which window, by which event, for whom, in which currency and without what."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

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


def _shape(window: Any) -> str | None:
    if isinstance(window, str):
        return "word"
    if isinstance(window, Mapping):
        return "RollingWindow" if "last" in window else "AnchoredWindow" if "from" in window else None
    return type(window).__name__


Window = Annotated[
    Annotated[CalendarWindow | ProgrammeWindow, Tag("word")]
    | Annotated[RollingWindow, Tag("RollingWindow")]
    | Annotated[AnchoredWindow, Tag("AnchoredWindow")],
    Discriminator(
        _shape, custom_error_type="window_shape", custom_error_message="a word, {last: …} or {from: …, for: …}"
    ),
]


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
