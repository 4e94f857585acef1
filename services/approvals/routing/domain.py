"""A frozen route: whose turn comes when, and which people fill a role; it never changes after submission."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from shared.errors import Problem, Words
from shared.policy.forms import Route
from shared.policy.route import FrozenGroup, FrozenStep

Stage = FrozenStep | FrozenGroup
DECIDING = frozenset(("review", "approve"))
DOCUMENT_OWNER = "document.owner"
ADDED_APPROVER = "added_approver"


class NobodyDecides(Problem):
    status = 409
    code = "nobody_decides"
    title: ClassVar[Words] = {"en": "No step of the route decides", "zh": "流程中没有审核或审批步骤"}


@dataclass(frozen=True, slots=True)
class StepClock:
    """Business time each step has (ISO 8601 durations), who hears of a late one, and the calendar it is counted in."""

    each: str
    remind: str
    escalate_to: str
    calendar: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A term compares by `word` to `reference`, where the term `when` (if any) says `when_is`."""

    term: str
    word: str
    reference: str
    when: str = ""
    when_is: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """The route of one request as it stood at submission; `policy` is "id@version", `lasts` the life of a grant."""

    policy: str
    stages: tuple[Stage, ...]
    on_reject: str
    bound_to: tuple[str, ...]
    terms: tuple[str, ...]
    lasts: str | None
    clock: StepClock
    limits: tuple[Limit, ...] = ()


def chain_of(document: Route, *, policy: str, stages: Iterable[Stage]) -> Chain:
    """The chain a route's document gives to the steps that are on it; raises NobodyDecides where none decides."""
    clock = StepClock(document.sla.each, document.sla.remind, document.sla.escalate_to, document.sla.calendar)
    chain = Chain(
        policy,
        tuple(stages),
        document.on_reject,
        document.bound_to,
        document.terms,
        document.lasts,
        clock,
        tuple(_limits(document)),
    )
    deciding_stages(chain)
    return chain


def _limits(document: Route) -> Iterator[Limit]:
    for limit in document.limits:
        when = (limit.when.term, limit.when.is_) if limit.when else ("", "")
        for word, reference in limit.comparisons:
            yield Limit(limit.term, word, reference, *when)


class Place(StrEnum):
    BEFORE = "before"
    AFTER = "after"
    BESIDE = "beside"


@dataclass(frozen=True, slots=True)
class Added:
    """A review by one named person that somebody asked for on the way (C10), beside, before or after a step."""

    step: FrozenStep
    place: Place
    of: str
    by: str
    at: datetime


def grown(stages: Iterable[Stage], added: Iterable[Added]) -> tuple[Stage, ...]:
    """The frozen stages with what was added to them since, in the order it was added."""
    now = tuple(stages)
    for one in added:
        now = tuple(placed for stage in now for placed in _with_added(stage, one))
    return now


def _with_added(stage: Stage, one: Added) -> tuple[Stage, ...]:
    if all(turn.id != one.of for turn in turns([stage])):
        return (stage,)
    if one.place is Place.BESIDE:
        return (FrozenGroup(f"{one.step.id}-beside", 2, (stage, one.step)),)
    return (one.step, stage) if one.place is Place.BEFORE else (stage, one.step)


def turns(stages: Iterable[Stage]) -> Iterator[FrozenStep]:
    """Each role's turn, in the order written."""
    for stage in stages:
        if isinstance(stage, FrozenStep):
            yield stage
        else:
            yield from turns(stage.steps)


def decides(turn: FrozenStep) -> bool:
    """Whether a turn reviews or approves; acts and copies decide nothing."""
    return turn.kind in DECIDING


def capacity(turn: FrozenStep) -> str:
    """In which role somebody takes a turn, as the route names it: the duty where it names one."""
    return turn.duty or turn.role


def deciding_stages(chain: Chain) -> tuple[Stage, ...]:
    """The stages up to the last that reviews or approves: passing these is the grant; raises NobodyDecides."""
    deciding = up_to_the_grant(chain.stages)
    if not deciding:
        raise NobodyDecides(
            {"en": f"Nothing on {chain.policy} decides.", "zh": f"{chain.policy} 中没有需要决定的步骤。"}
        )
    return deciding


def up_to_the_grant(stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """The stages up to the last that decides; none where none does."""
    deciding = [place for place, stage in enumerate(stages) if any(decides(turn) for turn in turns([stage]))]
    return tuple(stages[: deciding[-1] + 1]) if deciding else ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a turn waits for: holders of a role, of one branch or department where these are named."""

    role: str
    branch: str | None
    department: str | None


def wanted(turn: FrozenStep, *, branch: str | None, owner: str | None, branch_scoped: frozenset[str]) -> Wanted:
    """Whom a turn waits for in a branch; `owner` is the role that owns the document the request is about."""
    role = owner if turn.role == DOCUMENT_OWNER and owner is not None else turn.role
    return Wanted(role, branch if role in branch_scoped else None, turn.department or None)


@dataclass(frozen=True, slots=True)
class Holding:
    """A person holds a role on half-open local days, in a branch or department where these are named."""

    user_id: str
    role: str
    branch: str | None
    department: str | None
    valid_from: date
    valid_until: date | None


def holders(sought: Wanted, holdings: Iterable[Holding], *, on: date) -> frozenset[str]:
    """The people who fill a turn on a local day."""
    return frozenset(held.user_id for held in holdings if _fills(held, sought) and _holds(held, on))


def _fills(held: Holding, sought: Wanted) -> bool:
    return (
        held.role == sought.role
        and sought.branch in (None, held.branch)
        and sought.department in (None, held.department)
    )


def _holds(held: Holding, on: date) -> bool:
    return held.valid_from <= on and (held.valid_until is None or on < held.valid_until)


def admitted(initiators: Sequence[str], *, initiator: str, roles: Iterable[str]) -> bool:
    """C4: whether somebody with these roles may start the route; the system itself always may."""
    return initiator == "system" or not set(initiators).isdisjoint(roles)
