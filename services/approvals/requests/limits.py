"""Terms that could not help whoever asked are refused, by the limits the route's document sets them."""

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from services.approvals.requests.readings import Kind, name_in_chinese, reading_of
from services.approvals.routing.domain import Limit
from shared.calendar import period
from shared.errors import FieldError, Words

TODAY = "today"
ASKED = "asked."
ONE_OF = "in"
OF_A_CONTRACT = "contract:"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


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
    """A day, a count, a rate, or an amount with its currency; only figures of one kind compare."""

    kind: Kind
    value: Decimal | date
    currency: str | None = None

    def __str__(self) -> str:
        shown = f"{self.value:f}" if isinstance(self.value, Decimal) else self.value.isoformat()
        return f"{shown} {self.currency}" if self.currency else shown


class NotComparable(ValueError):
    """The value is there, but nothing of the kind it would have to be compared as."""


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
    """One error for each limit that a term breaks, or cannot be held against because the two are of different kinds.

    What the request does not say limits nothing: whoever asked judges the terms once more.
    """
    for limit in limits:
        if limit.when and read.get(limit.when) != limit.when_is:
            continue
        if limit.word == ONE_OF:
            yield from _not_listed(limit, read.get(limit.term), about)
            continue
        kind = reading_of(limit.term).kind
        try:
            term, bound = figure_of(read.get(limit.term), kind), _bound(limit.reference, kind, read, about)
        except NotComparable:
            yield _not_comparable(limit)
            continue
        if term is not None and bound is not None:
            yield from _broken(limit, term, bound)


def figure_of(value: object, kind: Kind, currency: str | None = None) -> Figure | None:
    """A JSON value as a figure of the kind: a window is its last day, a bare text amount is in `currency`.

    None where there is nothing to compare, as with a window that has no days. Raises NotComparable for what is of
    another kind.
    """
    if value is None or (kind is Kind.DAY and isinstance(value, str) and value.startswith(OF_A_CONTRACT)):
        return None
    try:
        return _FIGURES[kind](value, currency)
    except (KeyError, TypeError, ValueError, InvalidOperation) as wrong:
        raise NotComparable from wrong


def _as_day(value: object, _: str | None) -> Figure:
    last = _text(value).rpartition("/")[2]  # a span of days is written "first/last"
    return Figure(Kind.DAY, date.fromisoformat(last) if _DAY.fullmatch(last) else period(last).last)


def _as_count(value: object, _: str | None) -> Figure:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return Figure(Kind.COUNT, Decimal(value))


def _as_rate(value: object, _: str | None) -> Figure:
    return Figure(Kind.RATE, _plain(value))


def _as_money(value: object, currency: str | None) -> Figure:
    match value:
        case {"amount": amount, "currency": str() as own}:
            return Figure(Kind.MONEY, _plain(amount), own)
    return Figure(Kind.MONEY, _plain(value), currency)


def _plain(value: object) -> Decimal:
    figure = Decimal(_text(value))
    if not figure.is_finite():
        raise ValueError
    return figure


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


# Texts have no size: a limit on one names the wrong term.
_FIGURES: Mapping[Kind, Callable[[object, str | None], Figure]] = {
    Kind.DAY: _as_day,
    Kind.COUNT: _as_count,
    Kind.RATE: _as_rate,
    Kind.MONEY: _as_money,
}


def _bound(reference: str, kind: Kind, read: Mapping[str, object], about: AskedAbout) -> Figure | None:
    if reference == TODAY:
        return _of_kind(Figure(Kind.DAY, about.today), kind)
    if reference.startswith(ASKED):
        return figure_of(about.content.get(reference.removeprefix(ASKED)), kind, about.currency)
    other = figure_of(read.get(reference), reading_of(reference).kind)
    return _of_kind(other, kind) if other else None


def _not_listed(limit: Limit, term: object, about: AskedAbout) -> Iterator[FieldError]:
    """A term that says nothing of what the request lists; a request without such a list limits nothing."""
    listed = about.content.get(limit.reference.removeprefix(ASKED))
    if term is None or not isinstance(listed, list | tuple) or term in listed:
        return
    words = ", ".join(str(one) for one in listed)
    yield _cannot_help(limit, {"en": f"it could not help: one of {words}", "zh": f"无法起作用：须为{words}之一"})


def _of_kind(figure: Figure, kind: Kind) -> Figure:
    if figure.kind is not kind:
        raise NotComparable
    return figure


def _broken(limit: Limit, term: Figure, bound: Figure) -> Iterator[FieldError]:
    comparison = _COMPARISONS[limit.word]
    if term.currency and bound.currency and term.currency != bound.currency:
        yield _other_currency(limit, bound)
    elif not comparison.holds(term.value, bound.value):
        must = comparison.day if bound.kind is Kind.DAY else comparison.figure
        en, zh = _named(limit)
        yield _cannot_help(
            limit,
            {
                "en": f"it could not help: it must be {must['en']} {bound}, {en}",
                "zh": f"无法起作用：{must['zh']}{zh} {bound}",
            },
        )


def _other_currency(limit: Limit, bound: Figure) -> FieldError:
    en, zh = _named(limit)
    return _cannot_help(
        limit,
        {
            "en": f"it could not help: it must be in {bound.currency}, {en} ({bound})",
            "zh": f"无法起作用：币种须为 {bound.currency}，与{zh}（{bound}）一致",
        },
    )


def _not_comparable(limit: Limit) -> FieldError:
    en, zh = _named(limit)
    return FieldError(
        f"/terms/{limit.term}",
        "not_comparable",
        {
            "en": f"it cannot be held against {limit.reference}, {en}: the two are of different kinds",
            "zh": f"无法与{zh}比较：两者类型不同（{limit.reference}）",
        },
    )


def _named(limit: Limit) -> tuple[str, str]:
    named = _REFERENCES.get(limit.reference.partition(".")[0])
    return named or (limit.reference, name_in_chinese(limit.reference))


def _cannot_help(limit: Limit, detail: Words) -> FieldError:
    return FieldError(f"/terms/{limit.term}", "cannot_help", detail)
