"""A frozen route: whose turn comes when, why, and which people fill a role; it never changes after submission."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from shared.errors import Problem, Words


class StepKind(StrEnum):
    REVIEW = "review"
    APPROVE = "approve"
    ACT = "act"
    COPY = "copy"


DECIDING = frozenset((StepKind.REVIEW, StepKind.APPROVE))


class NobodyDecides(Problem):
    status = 409
    code = "nobody_decides"
    title: ClassVar[Words] = {"en": "No step of the route decides", "zh": "流程中没有审核或审批步骤"}


@dataclass(frozen=True, slots=True)
class Turn:
    """One role's turn; `role` is a role or a duty, `why` says in both languages why the step is on the route."""

    id: str
    role: str
    kind: StepKind
    evidence: tuple[str, ...]
    why: Mapping[str, str]

    @property
    def decides(self) -> bool:
        return self.kind in DECIDING


@dataclass(frozen=True, slots=True)
class Parallel:
    """Stages that run side by side; `needs` of them are enough. Copies are told and never counted."""

    id: str
    needs: int
    parts: tuple["Stage", ...]


Stage = Turn | Parallel


@dataclass(frozen=True, slots=True)
class StepClock:
    """Business time each step has (ISO 8601 durations), who hears of a late one, and the calendar it is counted in."""

    each: str
    remind: str
    escalate_to: str
    calendar: str


@dataclass(frozen=True, slots=True)
class FrozenRoute:
    """The route as it stood at submission; `policy` is "id@version", `lasts` the life of a grant."""

    policy: str
    stages: tuple[Stage, ...]
    on_reject: str
    bound_to: tuple[str, ...]
    terms: tuple[str, ...]
    lasts: str | None
    clock: StepClock


def turns(stages: Iterable[Stage]) -> Iterator[Turn]:
    """Each role's turn, in the order written."""
    for stage in stages:
        if isinstance(stage, Turn):
            yield stage
        else:
            yield from turns(stage.parts)


def deciding_stages(route: FrozenRoute) -> tuple[Stage, ...]:
    """The stages up to the last that reviews or approves: passing these is the grant; raises NobodyDecides."""
    last = max((i for i, stage in enumerate(route.stages) if any(t.decides for t in turns([stage]))), default=None)
    if last is None:
        raise NobodyDecides(
            {"en": f"Nothing on {route.policy} decides.", "zh": f"{route.policy} 中没有需要决定的步骤。"}
        )
    return route.stages[: last + 1]


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty that another role fills, by branch: one at head office, one elsewhere, perhaps of one department."""

    head_office: str
    branch: str
    department: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a turn waits for: holders of a role, of one branch or department where these are named."""

    role: str
    branch: str | None
    department: str | None


@dataclass(frozen=True, slots=True)
class Roster:
    """The roles and duties in force: what a word in a step's `role` means in a branch."""

    duties: Mapping[str, Duty]
    branch_scoped: frozenset[str]
    head_office: str
    policy_owner_duty: str

    def wanted(self, word: str, *, branch: str | None, owner: str | None) -> Wanted:
        """Whom `word` means for a subject of `branch`; `owner` is the role that owns the document asked about."""
        duty = self.duties.get(word)
        if word == self.policy_owner_duty and owner is not None:
            role = owner
        elif duty is None:
            role = word
        else:
            role = duty.head_office if branch in (None, self.head_office) else duty.branch
        return Wanted(role, branch if role in self.branch_scoped else None, duty.department if duty else None)


@dataclass(frozen=True, slots=True)
class Holding:
    """A person holds a role on half-open local days, in a branch or department where these are named."""

    user_id: str
    role: str
    branch: str | None
    department: str | None
    valid_from: date
    valid_until: date | None


def holders(wanted: Wanted, holdings: Iterable[Holding], *, on: date) -> frozenset[str]:
    """The people who fill a turn on a local day."""
    return frozenset(h.user_id for h in holdings if _fills(h, wanted) and _holds(h, on))


def _fills(holding: Holding, wanted: Wanted) -> bool:
    return (
        holding.role == wanted.role
        and wanted.branch in (None, holding.branch)
        and wanted.department in (None, holding.department)
    )


def _holds(holding: Holding, on: date) -> bool:
    return holding.valid_from <= on and (holding.valid_until is None or on < holding.valid_until)


def admitted(initiators: Sequence[str], *, initiator: str, roles: Iterable[str]) -> bool:
    """C4: whether somebody with these roles may start the route; the system itself always may."""
    return initiator == "system" or not set(initiators).isdisjoint(roles)
