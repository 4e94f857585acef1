"""Who may act for whom on one day: delegations as they are at decision time, safe against circles."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Delegated:
    """`by` lets `to` decide in his place, in one role or in all he holds."""

    by: str
    to: str
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """For each person, whom he may decide for on a turn, and everybody whose delegate he is in any role."""

    acting_for: Mapping[str, frozenset[str]] = field(default_factory=dict)
    delegate_of: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def behind(self, person: str) -> frozenset[str]:
        """Whom a person decides for on this turn."""
        return self.acting_for.get(person, frozenset())

    def masters(self, person: str) -> frozenset[str]:
        """Everybody who lets this person decide in his place."""
        return self.delegate_of.get(person, frozenset())


def standing_on(delegated: Iterable[Delegated], *, holders: frozenset[str], role: str) -> Standing:
    """What delegations give to a turn of a role with these holders; a circle gives nobody anything of his own."""
    given = tuple(delegated)
    acting: dict[str, set[str]] = {}
    for holder in holders:
        for person in reached_from(holder, [one for one in given if one.role in (None, role)]):
            acting.setdefault(person, set()).add(holder)
    return Standing({who: frozenset(behind) for who, behind in acting.items()}, masters_of(given))


def masters_of(delegated: Iterable[Delegated]) -> dict[str, frozenset[str]]:
    """By delegate, everybody he stands for, over any number of delegations in a row."""
    given = tuple(delegated)
    masters: dict[str, set[str]] = {}
    for by in {one.by for one in given}:
        for person in reached_from(by, given):
            masters.setdefault(person, set()).add(by)
    return {who: frozenset(behind) for who, behind in masters.items()}


def reached_from(person: str, delegated: Iterable[Delegated]) -> frozenset[str]:
    """Everybody to whom a person's delegations lead; never himself, also where they run in a circle."""
    given, seen, ahead = tuple(delegated), set[str](), [person]
    while ahead:
        now = ahead.pop()
        found = {one.to for one in given if one.by == now} - seen - {person}
        seen |= found
        ahead.extend(sorted(found))
    return frozenset(seen)
