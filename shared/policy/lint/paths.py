"""Every chain a route can freeze: its conditions are asked in each cell that their bounds cut the facts into."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import NamedTuple

from shared.policy.condition import AllOf, AnyOf, AtLeastOf, Condition, FactTest, PolicyTest, parts, walk
from shared.policy.findings import Finding, finding
from shared.policy.forms import AnyStep, AtLeastSteps, Route, Step, inside
from shared.policy.notation import Scalar

CELLS_LOOKED_AT = 20_000
FINEST, FINEST_MONEY = Decimal("0.0001"), Decimal("0.01")
OTHER = "something else"


class Asked(NamedTuple):
    """What a condition asks: a fact as measured, or another document's answer."""

    name: str


Cell = Mapping[Asked, Scalar | None]


@dataclass(frozen=True, slots=True)
class Shape:
    """One chain of a route: the ids of the steps that are on it, and one cell of the facts that puts them there."""

    on: frozenset[str]
    cell: Cell


def shapes(document: Route) -> list[Shape]:
    """Every different set of steps that some facts give; each with the first cell that gives it."""
    found: dict[frozenset[str], Shape] = {}
    for cell in cells(document):
        on = frozenset(step.id for step in _on(document.steps, cell))
        found.setdefault(on, Shape(on, cell))
    return list(found.values())


def cells(document: Route) -> Iterator[Cell]:
    """One value of each fact for every interval and edge its comparisons make, in all combinations."""
    asked: dict[Asked, set[Scalar | None]] = {}
    for step in _all(document.steps):
        for node in walk(step.when):
            if isinstance(node, FactTest | PolicyTest):
                asked.setdefault(_asked(node), set()).update(_values(node))
    ordered = [sorted(values, key=repr) for values in asked.values()]
    count = 1
    for values in product(*ordered):
        yield dict(zip(asked, values, strict=True))
        count += 1
        if count > CELLS_LOOKED_AT:
            raise TooManyCells(document.id)


class TooManyCells(ValueError):
    """No proof can be given for a route that asks this much."""


def _asked(node: FactTest | PolicyTest) -> Asked:
    return Asked(f"policy {node.policy}" if isinstance(node, PolicyTest) else repr(node.measure))


def _values(node: FactTest | PolicyTest) -> Iterator[Scalar | None]:
    if isinstance(node, PolicyTest):
        yield from (node.is_, OTHER)
        return
    for _, bound in node.comparisons:
        for value in bound if isinstance(bound, tuple) else (bound,):
            yield from _around(value, FINEST if node.currency is None else FINEST_MONEY)


def _around(value: Scalar, unit: Decimal) -> Iterator[Scalar]:
    match value:
        case bool():
            yield from (True, False)
        case int() | Decimal():
            exact = Decimal(value)
            yield from (exact - unit, exact, exact + unit)
        case date():
            yield from (value - timedelta(days=1), value, value + timedelta(days=1))
        case _:
            yield from (value, OTHER)


def _all(steps: Iterable[AnyStep]) -> Iterator[AnyStep]:
    for step in steps:
        yield step
        yield from _all(inside(step))


def _on(steps: Iterable[AnyStep], cell: Cell) -> Iterator[AnyStep]:
    """The steps on the chain, groups too; a group of which nothing is left is not on it."""
    for step in steps:
        if step.when is not None and holds(step.when, cell) is not True:
            continue
        left = list(_on(inside(step), cell))
        if isinstance(step, Step) or left:
            yield step
            yield from left


def holds(node: Condition, cell: Cell) -> bool | None:
    """Whether a condition holds in a cell; none where it does not apply."""
    if node.when is not None and holds(node.when, cell) is not True:
        return None
    match node:
        case FactTest():
            value = cell[_asked(node)]
            return all(_compares(word, value, bound) for word, bound in node.comparisons)
        case PolicyTest():
            return cell[_asked(node)] == node.is_
    applying = [answer for answer in (holds(part, cell) for part in parts(node)) if answer is not None]
    if not applying:
        return None
    return sum(applying) >= min(_needed(node, len(applying)), len(applying))


def _needed(node: Condition, count: int) -> int:
    match node:
        case AllOf():
            return count
        case AtLeastOf():
            return node.at_least
        case AnyOf():
            return 1
    return count


def _compares(word: str, value: Scalar | None, bound: Scalar | tuple[Scalar, ...]) -> bool:
    match word:
        case "is":
            return value == bound
        case "is_not":
            return value != bound
        case "in" | "not_in":
            inside_it = value in bound if isinstance(bound, tuple) else value == bound
            return inside_it is (word == "in")
        case "exists":
            return (value is not None) is bool(bound)
    return _ordered(word, value, bound)


def _ordered(word: str, value: object, bound: object) -> bool:
    if isinstance(value, date) and isinstance(bound, date):
        sign = (value > bound) - (value < bound)
    elif isinstance(value, int | Decimal) and isinstance(bound, int | Decimal):
        sign = (Decimal(value) > bound) - (Decimal(value) < bound)
    else:
        return False
    return {"less_than": sign < 0, "at_most": sign <= 0, "more_than": sign > 0, "at_least": sign >= 0}[word]


def check_paths(document: Route, walked: Iterable[tuple[str, AnyStep]]) -> Iterator[Finding]:
    """Over all cells: each step is on some chain, a condition keeps it off another, and no quorum shrinks."""
    try:
        known = shapes(document)
    except TooManyCells:
        yield finding("route_too_wide", document.id, "steps", cells=CELLS_LOOKED_AT)
        return
    for path, step in walked:
        on = [shape for shape in known if step.id in shape.on]
        if step.when is not None and not on:
            yield finding("step_never_on_route", document.id, f"{path}.when", id=step.id)
        if step.when is not None and len(on) == len(known):
            yield finding("step_always_on_route", document.id, f"{path}.when", id=step.id)
        if isinstance(step, AtLeastSteps):
            yield from _quorum(document, path, step, on)


def _quorum(document: Route, path: str, step: AtLeastSteps, on: Iterable[Shape]) -> Iterator[Finding]:
    counted = [part.id for part in step.of if not isinstance(part, Step) or part.kind != "copy"]
    fewest = min((sum(part in shape.on for part in counted) for shape in on), default=step.at_least)
    if fewest < step.at_least <= len(counted):
        yield finding("quorum_may_shrink", document.id, f"{path}.at_least", needed=step.at_least, left=fewest)
