"""A delegation: half-open local days, one role or all, measured against what is already delegated."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from services.approvals.requests.standing import Delegated, reached_from
from shared.calendar import day_start
from shared.errors import Problem, Words


class DelegationEnded(Problem):
    status = 409
    code = "delegation_ended"
    title: ClassVar[Words] = {"en": "This delegation has ended", "zh": "该委托已结束"}


@dataclass(frozen=True, slots=True)
class Delegation:
    """`by` lets `to` decide in his place in `[starts_at, ends_at)`: local days, cut short when it is revoked."""

    id: str
    by: str
    to: str
    role: str | None
    valid_from: date
    valid_until: date
    starts_at: datetime
    ends_at: datetime
    reason: str = ""

    @property
    def delegated(self) -> Delegated:
        return Delegated(self.by, self.to, self.role)

    @property
    def days(self) -> int:
        return (self.valid_until - self.valid_from).days

    def meets(self, other: "Delegation") -> bool:
        """Whether both hold at some instant and for some role."""
        same_role = self.role is None or other.role is None or self.role == other.role
        return same_role and self.starts_at < other.ends_at and other.starts_at < self.ends_at


def span(valid_from: date, valid_until: date, *, zone: str, now: datetime) -> tuple[datetime, datetime]:
    """The instants of half-open local days; today begins now, for nothing is delegated for the past."""
    return max(day_start(valid_from, zone), now), day_start(valid_until, zone)


def depth_of(new: Delegation, others: Iterable[Delegation]) -> int:
    """Delegations in a row through the new one, at any instant and in any role it holds in."""
    meeting = [other.delegated for other in others if new.meets(other)]
    return _longest_to(new.by, meeting, frozenset()) + 1 + _longest_from(new.to, meeting, frozenset())


def _longest_to(person: str, delegated: Iterable[Delegated], seen: frozenset[str]) -> int:
    before = [one for one in delegated if one.to == person and one.by not in seen]
    return max((1 + _longest_to(one.by, delegated, seen | {person}) for one in before), default=0)


def _longest_from(person: str, delegated: Iterable[Delegated], seen: frozenset[str]) -> int:
    after = [one for one in delegated if one.by == person and one.to not in seen]
    return max((1 + _longest_from(one.to, delegated, seen | {person}) for one in after), default=0)


def is_circular(new: Delegation, others: Iterable[Delegation]) -> bool:
    """Whether the chain from the new delegate leads back to who delegates."""
    meeting = [other.delegated for other in others if new.meets(other)]
    return new.by == new.to or new.by in reached_from(new.to, meeting)


def revoked(delegation: Delegation, *, now: datetime) -> datetime:
    """When it ends once it is taken back; what was decided before stands. Raises DelegationEnded."""
    if delegation.ends_at <= now:
        raise DelegationEnded()
    return max(now, delegation.starts_at)
