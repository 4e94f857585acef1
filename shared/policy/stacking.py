"""The matrix of benefits: which group works when, off which price, and who yields where two of them meet."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.policy.forms import TableRow
from shared.policy.notation import Words
from shared.policy.question import text
from shared.trace import Text

Family = Literal["price", "reward", "person"]
Meeting = Literal["both", "wins", "yields", "elected", "better"]

_MIRRORED: Mapping[str, tuple[Meeting, Meeting]] = {
    "both": ("both", "both"),
    "first": ("wins", "yields"),
    "second": ("yields", "wins"),
    "elected": ("elected", "elected"),
    "better": ("better", "better"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """A row of `stacking-groups`; only price groups have a place in the order."""

    name: str
    title: Text
    family: str
    order: int
    off_base: bool
    within: str


@dataclass(frozen=True, slots=True)
class Pair:
    """What happens to the first of two groups that meet, and why."""

    meeting: Meeting
    why: Text


@dataclass(frozen=True, slots=True)
class Stacking:
    """The two tables, each pair of groups answered."""

    groups: Mapping[str, Group]
    pairs: Mapping[tuple[str, str], Pair]

    def meet(self, one: str, other: str) -> Pair:
        """What happens to `one` where `other` meets it."""
        return self.pairs[one, other]

    def price_groups(self) -> tuple[Group, ...]:
        """In the declared order of work."""
        priced = (group for group in self.groups.values() if group.family == "price")
        return tuple(sorted(priced, key=lambda group: group.order))

    def bears_on_prices(self, group: str) -> bool:
        """A price group, or one to which a price group yields or is held against; a bonus of a person is neither."""
        return any(
            group == priced.name or self.meet(priced.name, group).meeting in ("yields", "elected", "better")
            for priced in self.price_groups()
        )


def compile_stacking(groups: Iterable[TableRow], pairs: Iterable[TableRow]) -> Stacking:
    """From the rows of `stacking-groups` and `stacking-pairs`; a named group beats a named family."""
    named = {str(row["group"]): _group(row) for row in groups}
    rows = tuple(pairs)
    answered = {(one, other): _pair(named[one], named[other], rows) for one in named for other in named if one != other}
    return Stacking(named, answered)


def _group(row: TableRow) -> Group:
    return Group(
        name=str(row["group"]),
        title=_words(row["title"]),
        family=str(row["family"]),
        order=int(str(row.get("order", 0))),
        off_base=row.get("taken_off") == "base",
        within=str(row["within"]),
    )


def _pair(one: Group, other: Group, rows: tuple[TableRow, ...]) -> Pair:
    found: list[tuple[int, Pair]] = []
    for row in rows:
        for near, far, side in (("first", "second", 0), ("second", "first", 1)):
            weight = _names(row[near], one) * _names(row[far], other)
            if weight:
                found.append((weight, Pair(_MIRRORED[str(row["answer"])][side], _words(row["why"]))))
    if not found:
        raise LookupError(f"no answer where {one.name} meets {other.name}")
    return max(found, key=lambda answer: answer[0])[1]


def _names(listed: object, group: Group) -> int:
    """2 where the group itself is listed, 1 where its family is."""
    names = listed if isinstance(listed, tuple) else (listed,)
    return 2 if group.name in names else int(group.family in names)


def _words(words: object) -> Text:
    return (text(words) if isinstance(words, Words) else None) or {}
