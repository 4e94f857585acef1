"""A price is in force alone: each new one fits between those known, and no day that is past gets another price."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, NamedTuple

from services.pricing.catalogue.domain import ListPrice, PriceExists
from shared.errors import Conflict, FieldError, ValidationProblem, Words
from shared.money import Money


class PriceOverlaps(Conflict):
    code = "price_overlaps"
    title: ClassVar[Words] = {"en": "Another price is in force on some of these days", "zh": "部分日期已有其他价格"}


class DayIsPast(Conflict):
    code = "day_is_past"
    title: ClassVar[Words] = {"en": "The price of a past day stays as it was", "zh": "已过日期的价格不得更改"}


class EndsBeforeItBegins(ValidationProblem):
    code = "ends_before_it_begins"
    title: ClassVar[Words] = {"en": "It would hold on no day", "zh": "该价格没有有效日期"}

    def __init__(self, at: str = "/valid_until") -> None:
        after: Words = {"en": "later than its first day", "zh": "须晚于起始日"}
        super().__init__(errors=[FieldError(at, self.code, after)])


class Entered(NamedTuple):
    """What became of the entries: new rows, rows that now end earlier, and how many said what was known."""

    added: tuple[ListPrice, ...]
    ended: tuple[ListPrice, ...]
    unchanged: int


@dataclass
class DatedPrices:
    """One list's prices of some products while new ones are entered, by SKU and first day; `today` is local."""

    today: date
    rows: dict[str, dict[date, ListPrice]] = field(default_factory=dict)
    added: dict[tuple[str, date], None] = field(default_factory=dict)
    ended: dict[tuple[str, date], None] = field(default_factory=dict)
    unchanged: int = 0

    @classmethod
    def of(cls, known: Iterable[ListPrice], today: date) -> "DatedPrices":
        dated = cls(today)
        for price in known:
            dated.rows.setdefault(price.sku, {})[price.valid_from] = price
        return dated

    def enter(self, new: ListPrice) -> None:
        """A price without an end holds until the next one begins, whichever of the two is entered first.

        The same price again changes nothing; again with an earlier end, it ends there.
        Raises EndsBeforeItBegins, PriceExists, PriceOverlaps, DayIsPast.
        """
        if new.valid_until is not None and new.valid_until <= new.valid_from:
            raise EndsBeforeItBegins
        rows = self.rows.setdefault(new.sku, {})
        known = rows.get(new.valid_from)
        if known is not None:
            self._again(known, new)
            return
        before = max((row for row in rows.values() if row.valid_from < new.valid_from), default=None, key=_first_day)
        after = min((row for row in rows.values() if row.valid_from > new.valid_from), default=None, key=_first_day)
        if before is not None and (before.valid_until is None or before.valid_until > new.valid_from):
            self._end(before, new)
        if after is not None:
            new = _until(new, after)
        rows[new.valid_from] = new
        self.added[new.sku, new.valid_from] = None

    def _again(self, known: ListPrice, new: ListPrice) -> None:
        if new._replace(valid_until=known.valid_until) != known:
            raise _refusal(PriceExists, _taken(known), at="/valid_from")
        if new.valid_until in (None, known.valid_until):
            self.unchanged += 1
        elif known.valid_until is not None and new.valid_until is not None and new.valid_until > known.valid_until:
            raise _refusal(PriceExists, _taken(known), at="/valid_until")
        else:
            self._cut(known, new.valid_until, at="/valid_until")

    def _end(self, before: ListPrice, new: ListPrice) -> None:
        """The open one makes way; one with an end of its own is a promise."""
        if before.valid_until is not None:
            raise PriceOverlaps(
                _in_force(before), errors=[FieldError("/valid_from", "price_overlaps", _in_force(before))]
            )
        self._cut(before, new.valid_from, at="/valid_from")

    def _cut(self, row: ListPrice, until: date | None, *, at: str) -> None:
        key = row.sku, row.valid_from
        if until is not None and until < self.today and key not in self.added:
            raise _refusal(DayIsPast, _past(row, self.today), at=at)
        self.rows[row.sku][row.valid_from] = row._replace(valid_until=until)
        if key not in self.added:
            self.ended[key] = None

    def entered(self) -> Entered:
        return Entered(self._all(self.added), self._all(self.ended), self.unchanged)

    def _all(self, keys: Iterable[tuple[str, date]]) -> tuple[ListPrice, ...]:
        return tuple(self.rows[sku][day] for sku, day in keys)


def _first_day(price: ListPrice) -> date:
    return price.valid_from


def _until(new: ListPrice, after: ListPrice) -> ListPrice:
    if new.valid_until is None:
        return new._replace(valid_until=after.valid_from)
    if new.valid_until > after.valid_from:
        raise _refusal(PriceOverlaps, _in_force(after), at="/valid_until")
    return new


def _refusal(problem: type[Conflict], why: Words, *, at: str) -> Conflict:
    return problem(why, errors=[FieldError(at, problem.code, why)])


def _taken(known: ListPrice) -> Words:
    figure, floor = Money(known.price_minor, known.currency), Money(known.floor_minor, known.currency)
    return {
        "en": f"{known.sku} is {figure} {known.currency} (floor {floor}) from {known.valid_from}",
        "zh": f"{known.sku}自{known.valid_from}起为{figure} {known.currency}（底价{floor}）",
    }


def _in_force(known: ListPrice) -> Words:
    until = known.valid_until or "…"
    return {
        "en": f"{known.sku} has a price from {known.valid_from} until before {until}",
        "zh": f"{known.sku}自{known.valid_from}起至{until}前一日已有价格",
    }


def _past(known: ListPrice, today: date) -> Words:
    return {
        "en": f"{known.sku} was sold at the price of {known.valid_from} until today: change it from {today} on",
        "zh": f"{known.sku}至今按{known.valid_from}起的价格销售，请自{today}起更改",
    }
