"""A table of rows compiled: every value reaches exactly one row, and knows how far the next one is."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shared.money import Money
from shared.policy.notation import plain
from shared.policy.question import Comparable, Place, Question, text
from shared.policy.table import Row, Table
from shared.trace import Gap, Rule, Value


@dataclass(frozen=True, slots=True)
class Ladder:
    """Rows over a number. `edges[n]` is the lower edge of row n + 1; the first row takes all that lies below."""

    rows: tuple[Row, ...]
    rules: tuple[Rule, ...]
    edges: tuple[Comparable, ...]
    upper_edge_inside: bool

    def reach(self, value: Comparable) -> int:
        """The index of the one row that holds a value."""
        return bisect_left(self.edges, value) if self.upper_edge_inside else bisect_right(self.edges, value)

    def gap(self, index: int, value: Comparable, shown: Value) -> Gap | None:
        """The smallest rise that reaches the next row; `shown` is the value as the facts gave it."""
        if index == len(self.edges):
            return None
        to = self.rules[index + 1].rule
        off = self.edges[index] - value
        if isinstance(off, Decimal):
            return Gap(off, to, open=self.upper_edge_inside)
        whole = off + self.upper_edge_inside
        return Gap(Money(whole, shown.currency) if isinstance(shown, Money) else whole, to)


@dataclass(frozen=True, slots=True)
class Choices:
    """Rows over a choice, one for each word."""

    rows: tuple[Row, ...]
    rules: tuple[Rule, ...]
    index: Mapping[str, int]

    def reach(self, value: Comparable) -> int:
        return self.index[value]

    def gap(self, index: int, value: Comparable, shown: Value) -> None:
        return None


def compile_ladder(
    table: Table, path: str, place: Place, question: Question | None = None, *, what: str = "row"
) -> Ladder | Choices:
    """Rows over the fact of `question`, or over a score where there is none; `what` names their nodes."""
    said: dict[str, Any] = plain(table)
    asks = (question.asked,) if question else ()
    rules = tuple(
        Rule(what, f"{path}.rows[{index}]", place.clause, text(row.title), said, asks, _as_written(table, index))
        for index, row in enumerate(table.rows)
    )
    if table.bounds is None:
        words = {row.is_: index for index, row in enumerate(table.rows) if row.is_ is not None}
        return Choices(table.rows, rules, words)
    edges = tuple(_edge(row, question) for row in table.rows[1:])
    return Ladder(table.rows, rules, edges, table.bounds == "(lower, upper]")


def _edge(row: Row, question: Question | None) -> Comparable:
    if row.from_ is None:
        raise ValueError("only the first row has no lower edge")
    return question.limit(row.from_) if question else row.from_


def _as_written(table: Table, index: int) -> tuple[tuple[str, str], ...]:
    row, upper_inside = table.rows[index], table.bounds == "(lower, upper]"
    if row.is_ is not None:
        return (("=", row.is_),)
    edges = ((">" if upper_inside and index else "≥", row.from_), ("≤" if upper_inside else "<", row.to))
    return tuple((sign, str(plain(edge))) for sign, edge in edges if edge is not None)
