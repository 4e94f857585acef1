"""Terms that could not help whoever asked are refused, by the limits the route's document sets them."""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from services.approvals.routing.domain import Limit
from shared.calendar import period
from shared.errors import FieldError, Words

TODAY = "today"
ASKED = "asked."


@dataclass(frozen=True, slots=True)
class AskedAbout:
    """What the terms are given for: the decider's local day, and the account and content of the request."""

    today: date
    account_id: str | None = None
    content: Mapping[str, object] = field(default_factory=dict)

    @property
    def currency(self) -> str | None:
        """What the amounts of the content are in, where it says so."""
        said = self.content.get("currency")
        return said if isinstance(said, str) else None


@dataclass(frozen=True, slots=True)
class Figure:
    """A day, a count, a rate, or an amount with its currency."""

    value: Decimal | date
    currency: str | None = None

    @property
    def is_finite(self) -> bool:
        return isinstance(self.value, date) or self.value.is_finite()

    def __str__(self) -> str:
        shown = f"{self.value:f}" if isinstance(self.value, Decimal) else self.value.isoformat()
        return f"{shown} {self.currency}" if self.currency else shown


@dataclass(frozen=True, slots=True)
class _Comparison:
    holds: Callable[[Decimal | date, Decimal | date], bool]
    figure: Words
    day: Words


_COMPARISONS: Mapping[str, _Comparison] = {
    "less_than": _Comparison(operator.lt, {"en": "less than", "zh": "须低于"}, {"en": "before", "zh": "须早于"}),
    "at_most": _Comparison(operator.le, {"en": "at most", "zh": "不得高于"}, {"en": "no later than", "zh": "不得晚于"}),
    "more_than": _Comparison(operator.gt, {"en": "more than", "zh": "须高于"}, {"en": "after", "zh": "须晚于"}),
    "at_least": _Comparison(
        operator.ge, {"en": "at least", "zh": "不得低于"}, {"en": "no earlier than", "zh": "不得早于"}
    ),
}

_REFERENCES: Mapping[str, tuple[str, str]] = {"asked": ("as was asked", "申请值"), TODAY: ("today", "今日")}


def unhelpful(read: Mapping[str, object], limits: Iterable[Limit], *, about: AskedAbout) -> Iterator[FieldError]:
    """One error for each limit that a term breaks.

    What the request does not say limits nothing: whoever asked judges the terms once more.
    """
    for limit in limits:
        term = figure_of(read.get(limit.term))
        bound = _bound(limit.reference, read, about)
        if term is not None and bound is not None and (not limit.when or read.get(limit.when) == limit.when_is):
            yield from _broken(limit, term, bound)


def figure_of(value: object, currency: str | None = None) -> Figure | None:
    """A JSON value as something to compare; a window is its last day, a bare text amount is in `currency`."""
    match value:
        case bool():
            return None
        case int():
            return Figure(Decimal(value))
        case str():
            return _written(value, currency)
        case {"amount": str() as amount, "currency": str() as own}:
            return _written(amount, own)
    return None


def _written(text: str, currency: str | None) -> Figure | None:
    readings: tuple[Callable[[str], Figure], ...] = (
        lambda said: Figure(date.fromisoformat(said)),
        lambda said: Figure(period(said).until - timedelta(days=1)),
        lambda said: Figure(Decimal(said), currency),
    )
    for reading in readings:
        try:
            figure = reading(text)
        except (ValueError, InvalidOperation):
            continue
        return figure if figure.is_finite else None
    return None


def _bound(reference: str, read: Mapping[str, object], about: AskedAbout) -> Figure | None:
    if reference == TODAY:
        return Figure(about.today)
    if reference.startswith(ASKED):
        return figure_of(about.content.get(reference.removeprefix(ASKED)), about.currency)
    return figure_of(read.get(reference))


def _broken(limit: Limit, term: Figure, bound: Figure) -> Iterator[FieldError]:
    if isinstance(term.value, date) != isinstance(bound.value, date):
        return
    comparison = _COMPARISONS[limit.word]
    if term.currency and bound.currency and term.currency != bound.currency:
        yield _error(limit, bound, {"en": "in the currency of", "zh": "币种须同"})
    elif not comparison.holds(term.value, bound.value):
        yield _error(limit, bound, comparison.day if isinstance(bound.value, date) else comparison.figure)


def _error(limit: Limit, bound: Figure, must: Words) -> FieldError:
    en, zh = _REFERENCES.get(limit.reference.partition(".")[0], (limit.reference, limit.reference))
    detail: Words = {
        "en": f"it could not help: it must be {must['en']} {bound}, {en}",
        "zh": f"无法起作用：{must['zh']}{zh} {bound}",
    }
    return FieldError(f"/terms/{limit.term}", "cannot_help", detail)
