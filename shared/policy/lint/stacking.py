"""Any two benefits that can meet have exactly one answer, and an election has both its branches."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from shared.policy.condition import FactTest, walk
from shared.policy.findings import Finding, finding
from shared.policy.forms import Benefit, TableRow
from shared.policy.lint.library import Library

GROUPS, PAIRS = "stacking-groups", "stacking-pairs"
ANSWERS = frozenset(("both", "first", "second", "elected", "better"))


def check_stacking(library: Library) -> Iterator[Finding]:
    yield from _groups(library)
    yield from _pair_rows(library)
    for first, second in combinations(library.groups, 2):
        yield from _pair(library, first, second)


def _groups(library: Library) -> Iterator[Finding]:
    for index, row in enumerate(library.table_rows(GROUPS)):
        name, within = row.get("group"), row.get("within")
        if within == "better" and row.get("family") != "price":
            yield finding("stacking_better_wrong", GROUPS, f"rows[{index}].within")
        members = library.members.get(str(name), []) if within == "one" else []
        for one, other in combinations(members, 2):
            if one.valid.meets(other.valid):
                yield finding("stacking_one_in_force", other.id, "stacking", other=one.id, group=name)


def _pair_rows(library: Library) -> Iterator[Finding]:
    known = set(library.groups) | set(library.families.values())
    for index, row in enumerate(library.table_rows(PAIRS)):
        if row.get("answer") not in ANSWERS:
            yield finding("stacking_answer_unknown", PAIRS, f"rows[{index}].answer", answer=row.get("answer"))
        for side in ("first", "second"):
            for place, name in enumerate(_names(row, side)):
                if name not in known:
                    yield finding("stacking_name_unknown", PAIRS, f"rows[{index}].{side}[{place}]", name=name)


def _names(row: TableRow, side: str) -> tuple[str, ...]:
    names = row.get(side, ())
    return tuple(str(name) for name in names) if isinstance(names, tuple) else ()


def _pair(library: Library, first: str, second: str) -> Iterator[Finding]:
    rows = _strongest(library, first, second)
    if len(rows) != 1:
        code = "stacking_answered_twice" if rows else "stacking_unanswered"
        path = f"rows[{rows[-1]}]" if rows else "rows"
        yield finding(code, PAIRS, path, first=first, second=second)
        return
    answer = library.table_rows(PAIRS)[rows[0]]["answer"]
    if answer == "better" and {library.families[first], library.families[second]} != {"price"}:
        yield finding("stacking_better_wrong", PAIRS, f"rows[{rows[0]}].answer")
    if answer == "elected":
        yield from _election(library, first, second)
        yield from _election(library, second, first)


def _strongest(library: Library, first: str, second: str) -> list[int]:
    """The rows that answer the pair: one that names a group beats one that names its family."""
    found: dict[int, set[int]] = defaultdict(set)
    for index, row in enumerate(library.table_rows(PAIRS)):
        for one, other in ((first, second), (second, first)):
            left, right = _names(row, "first"), _names(row, "second")
            strength = _strength(library, one, left) + _strength(library, other, right)
            if _strength(library, one, left) and _strength(library, other, right):
                found[strength].add(index)
    return sorted(found[max(found)]) if found else []


def _strength(library: Library, group: str, names: tuple[str, ...]) -> int:
    return 2 if group in names else 1 if library.families[group] in names else 0


def _election(library: Library, group: str, partner: str) -> Iterator[Finding]:
    """A branch without the other is no choice; two documents on one branch would both pay."""
    others = library.members.get(partner, [])
    for benefit in library.members.get(group, []):
        alongside = [other for other in others if other.valid.meets(benefit.valid)]
        if not alongside:
            # Two branches are published one after the other: the first of them waits for its partner, warned.
            code = "xor_partner_at_other_times" if others else "xor_without_partner"
            yield finding(code, benefit.id, "stacking", group=group, other=partner)
        for other in alongside:
            if group < partner and not _two_branches(benefit, other):
                yield finding("xor_not_two_branches", benefit.id, "scope", policy=benefit.id, other=other.id)


def _two_branches(one: Benefit, other: Benefit) -> bool:
    left, right = _branches(one), _branches(other)
    same_election = {fact for fact, _ in left} & {fact for fact, _ in right}
    return bool(same_election) and not left & right


def _branches(benefit: Benefit) -> set[tuple[str, object]]:
    tests = [node for node in walk(benefit.scope) if isinstance(node, FactTest)]
    return {(test.fact, test.is_) for test in tests if test.fact.startswith("election.")}
