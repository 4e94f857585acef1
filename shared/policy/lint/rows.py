"""Tables inside a benefit or a scorecard are total: no gap, no overlap, no row that nothing reaches."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from shared.policy.findings import Finding, finding
from shared.policy.lint.measures import too_many_digits
from shared.policy.registry import Fact
from shared.policy.table import Row, Table


@dataclass(frozen=True)
class Axis:
    """What a table is made over: a fact, or the score of a scorecard."""

    name: str
    type: str
    smallest: Decimal | None = Decimal(0)
    largest: Decimal | None = None
    choices: tuple[str, ...] = ()
    currency: str | None = None


SCORE = Axis("score", "score", largest=Decimal(100))


def axis_of(fact: Fact, currency: str | None) -> Axis:
    return Axis(fact.name, fact.type, fact.smallest, None, fact.choices, currency)


def check_table(policy: str, table: Table, axis: Axis, path: str, *, needs_mode: bool) -> Iterator[Finding]:
    """The rows of one table over its axis; `needs_mode` is on for benefits."""
    if axis.type == "choice":
        yield from _over_choice(policy, table, axis, path)
    elif axis.type in ("money", "rate", "count", "score"):
        yield from _over_number(policy, table, axis, path, needs_mode)
    else:
        yield finding("table_fact_wrong", policy, path, fact=axis.name, type=axis.type)


def _over_choice(policy: str, table: Table, axis: Axis, path: str) -> Iterator[Finding]:
    if table.mode is not None:
        yield finding("table_mode_refused", policy, f"{path}.mode")
    if table.bounds is not None:
        yield finding("table_bounds_refused", policy, f"{path}.bounds")
    seen: set[str] = set()
    for index, row in enumerate(table.rows):
        place = f"{path}.rows[{index}]"
        if row.is_ is None or row.from_ is not None or row.to is not None:
            yield finding("table_row_kind", policy, place)
        elif row.is_ not in axis.choices:
            yield finding("table_choice_unknown", policy, f"{place}.is", fact=axis.name, choice=row.is_)
        elif row.is_ in seen:
            yield finding("table_row_unreachable", policy, place)
        seen.add(row.is_ or "")
    for choice in axis.choices:
        if choice not in seen:
            yield finding("table_choice_missing", policy, f"{path}.rows", choice=choice)


def _over_number(policy: str, table: Table, axis: Axis, path: str, needs_mode: bool) -> Iterator[Finding]:
    if needs_mode and table.mode is None:
        yield finding("table_mode_missing", policy, f"{path}.mode")
    if not needs_mode and table.mode is not None:
        yield finding("table_mode_refused", policy, f"{path}.mode")
    if table.bounds is None:
        yield finding("table_bounds_missing", policy, f"{path}.bounds")
    if words := [index for index, row in enumerate(table.rows) if row.is_ is not None]:
        yield finding("table_row_kind", policy, f"{path}.rows[{words[0]}]")
        return
    yield from _ends(policy, table, axis, path)
    yield from _joins(policy, table, path)
    below: Decimal | None = None
    for index, row in enumerate(table.rows):
        yield from _one_row(policy, table, axis, f"{path}.rows[{index}]", row)
        edges = (("to", row.to),) if index and row.from_ == below else (("from", row.from_), ("to", row.to))
        for name, edge in edges:
            yield from _one_edge(policy, axis, f"{path}.rows[{index}].{name}", edge)
        below = row.to


def _ends(policy: str, table: Table, axis: Axis, path: str) -> Iterator[Finding]:
    first, last = table.rows[0], table.rows[-1]
    place = f"{path}.rows[0].from"
    if first.from_ is not None and axis.smallest is not None and first.from_ > axis.smallest:
        yield finding("table_gap", policy, place, low=axis.smallest, high=first.from_)
    elif first.from_ != axis.smallest:
        said = {"given": _edge(first.from_), "fact": axis.name, "smallest": _edge(axis.smallest)}
        yield finding("table_start_wrong", policy, place, **said)
    if last.to is not None:
        yield finding("table_gap", policy, f"{path}.rows[{len(table.rows) - 1}].to", low=last.to, high="∞")


def _joins(policy: str, table: Table, path: str) -> Iterator[Finding]:
    for index, (low, high) in enumerate(pairwise(table.rows), start=1):
        place = f"{path}.rows[{index}]"
        if low.to is None:
            yield finding("table_row_unreachable", policy, place)
        elif high.from_ is None:
            yield finding("table_overlap", policy, f"{place}.from", low="-∞", high=low.to)
        elif low.to < high.from_:
            yield finding("table_gap", policy, f"{place}.from", low=low.to, high=high.from_)
        elif low.to > high.from_:
            yield finding("table_overlap", policy, f"{place}.from", low=high.from_, high=low.to)


def _one_row(policy: str, table: Table, axis: Axis, path: str, row: Row) -> Iterator[Finding]:
    if _is_empty(table, axis, row):
        yield finding("table_row_unreachable", policy, path)


def _one_edge(policy: str, axis: Axis, path: str, edge: Decimal | None) -> Iterator[Finding]:
    yield from too_many_digits(policy, path, edge, axis.currency)
    if axis.type == "count" and edge is not None and edge != int(edge):
        yield finding("edge_not_whole", policy, path, fact=axis.name, value=edge)


def _is_empty(table: Table, axis: Axis, row: Row) -> bool:
    open_below = table.bounds == "(lower, upper]"
    if row.from_ is None:
        return False
    if axis.largest is not None and (row.from_ > axis.largest or (open_below and row.from_ == axis.largest)):
        return True
    # The fact's smallest value belongs to the first row even where rows are open below.
    holds_its_edge = open_below and row is table.rows[0]
    return row.to is not None and (row.from_ > row.to or (row.from_ == row.to and not holds_its_edge))


def _edge(value: Decimal | None) -> str:
    return "-∞" if value is None else str(value)
