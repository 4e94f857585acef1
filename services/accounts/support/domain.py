"""The conditions of a support programme, its years with their targets, and who is a member (A11)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import ClassVar

from shared.calendar import Duration, Period, anchored, anniversary_year
from shared.errors import Conflict, FieldError, NotFound, Problem, ValidationProblem, Words
from shared.trace import Evidence, Gap, Node, NoEvidence, Text, Value

IN_PROGRAMME = "account.in_support_programme"
HOLDS, FAILS, NO_EVIDENCE, NOT_YET = "holds", "fails", "no_evidence", "not_yet"
DOES_NOT_APPLY = "does_not_apply"
OPEN = frozenset((FAILS, NO_EVIDENCE, NOT_YET))


class Verdict(StrEnum):
    passed = "pass"
    failed = "fail"
    no_evidence = "no_evidence"


VERDICTS = {
    HOLDS: Verdict.passed,
    DOES_NOT_APPLY: Verdict.passed,
    FAILS: Verdict.failed,
    NO_EVIDENCE: Verdict.no_evidence,
}


class Standing(StrEnum):
    """How the conditions stand together: what is not met may still be open."""

    passed = "pass"
    still_open = "open"
    failed = "fail"
    no_evidence = "no_evidence"


def answered(belongs: bool | None) -> Evidence | NoEvidence:
    """Whether an account is in the programme with all its conditions met; a member nobody evaluated is no evidence."""
    return NoEvidence("an evaluation") if belongs is None else Evidence(belongs)


class UnknownProgramme(NotFound):
    code = "unknown_programme"

    def __init__(self, programme: str) -> None:
        super().__init__({"en": f"There is no programme {programme}.", "zh": f"没有项目{programme}。"})


class AlreadyMember(Conflict):
    code = "already_member"
    title: ClassVar[Words] = {"en": "The account is a member already", "zh": "客户已是成员"}


class AlreadyLeft(Conflict):
    code = "already_left"
    title: ClassVar[Words] = {"en": "The membership has ended", "zh": "成员资格已结束"}


class ConditionsNotMet(Problem):
    """422 with every condition that stands in the way."""

    status = 422
    code = "conditions_not_met"
    title: ClassVar[Words] = {"en": "Not every condition is met", "zh": "并非所有条件均已满足"}


class JoinsAhead(ValidationProblem):
    """422 at `/starts_on`: what is asked of the year before can't be answered before it is over."""

    def __init__(self) -> None:
        detail: Words = {"en": "a membership starts today or earlier", "zh": "入选日不得晚于今天"}
        super().__init__(errors=[FieldError("/starts_on", "joins_ahead", detail)])


class LeavesBeforeJoining(ValidationProblem):
    """422 at `/leaves_on`."""

    def __init__(self, starts_on: date) -> None:
        detail: Words = {"en": f"The membership starts on {starts_on}.", "zh": f"成员资格自{starts_on}开始。"}
        super().__init__(errors=[FieldError("/leaves_on", "leaves_before_joining", detail)])


def covered(starts_on: date, leaves_on: date | None) -> Words:
    """Which days another membership covers, the last one named (§6.15)."""
    if leaves_on is None:
        return {"en": f"It has been one since {starts_on}.", "zh": f"自{starts_on}起为成员。"}
    last = leaves_on - timedelta(days=1)
    return {"en": f"It is one from {starts_on} to {last}.", "zh": f"{starts_on}至{last}为成员。"}


@dataclass(frozen=True, slots=True)
class Missing:
    """What one condition still lacks: the fact, and how much of it where that is a figure (a strict one: more)."""

    fact: str
    title: Text
    short_by: Value | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """One condition: as it stands today, what is missing, and until when it may still be met."""

    id: str
    title: Text
    verdict: Verdict
    missing: tuple[Missing, ...]
    deadline: date | None

    @property
    def stands_in_the_way(self) -> bool:
        """Neither met nor still open."""
        return self.verdict is not Verdict.passed and self.deadline is None


def judged(ids: Sequence[str], asked: Sequence[Node], final: Sequence[Node]) -> tuple[Judged, ...]:
    """Each condition from its node as asked (where windows run on) and as judged today (`final`)."""
    return tuple(
        Judged(
            id=name,
            title=judged_now.rule.title or {},
            verdict=VERDICTS[str(judged_now.result)],
            missing=tuple(_missing(judged_now)),
            deadline=deadline_of(as_asked),
        )
        for name, as_asked, judged_now in zip(ids, asked, final, strict=True)
    )


def standing_of(conditions: Sequence[Judged]) -> Standing:
    """All met; or what is not met still open; or a failure, before anything of which nothing is known."""
    if all(one.verdict is Verdict.passed for one in conditions):
        return Standing.passed
    blocking = [one.verdict for one in conditions if one.stands_in_the_way]
    if not blocking:
        return Standing.still_open
    return Standing.failed if Verdict.failed in blocking else Standing.no_evidence


def _missing(node: Node) -> Iterator[Missing]:
    """The innermost comparisons that did not hold, in the order of the document."""
    if str(node.result) not in OPEN:
        return
    if node.rule.what == "policy":
        yield _missing_grade(node)
        return
    if node.inside:
        for inner in node.inside:
            yield from _missing(inner)
        return
    asked = node.rule.asks[0]
    yield Missing(asked.fact, asked.title, node.gap.amount if node.gap else None, VERDICTS[str(node.result)])


def _missing_grade(node: Node) -> Missing:
    """How many points another document's grade lacks; without a score the evidence itself is missing."""
    policy = str((node.rule.written or {}).get("policy", ""))
    gap = _gap_of_grade(node.inside)
    return Missing(policy, node.rule.title or {}, gap.amount if gap else None, VERDICTS[str(node.result)])


def _gap_of_grade(nodes: Iterable[Node]) -> Gap | None:
    for node in nodes:
        if node.rule.what == "grade":
            return node.gap
        if found := _gap_of_grade(node.inside):
            return found
    return None


def deadline_of(node: Node) -> date | None:
    """The last day on which the condition may still be met: of all that is missing the earliest, of a choice the last.

    None where it is met already, or where something that is missing can no longer come.
    """
    if str(node.result) not in OPEN:
        return None
    if not node.inside or node.rule.what == "policy":
        found = (node.figures or {}).get("deadline")
        return found if isinstance(found, date) else None
    open_days = [deadline_of(inner) for inner in node.inside if str(inner.result) in OPEN]
    known = [day for day in open_days if day is not None]
    if node.rule.what == "any":
        return max(known, default=None)
    return min(known) if known and len(known) == len(open_days) else None


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A row of the table of targets: from this year of membership on, so much a year in minor units."""

    year_from: int
    target_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class ProgrammeYear:
    """One year of membership, the first being number 1, and what is to be bought in it."""

    number: int
    span: Period
    target: TargetRow


def years_of(starts_on: date, until: date, rows: Iterable[TargetRow]) -> tuple[ProgrammeYear, ...]:
    """Every year of a membership that has begun by a day, each under the last row that it has reached."""
    if until < starts_on:
        return ()
    targets = sorted(rows, key=lambda row: row.year_from)
    current = anniversary_year(starts_on, until)
    found = []
    number, span = 1, anchored(starts_on, Duration(years=1))
    while span.first <= current.first:
        reached = [row for row in targets if row.year_from <= number]
        if reached:
            found.append(ProgrammeYear(number, span, reached[-1]))
        number += 1
        first = Duration(years=number - 1).after(starts_on)
        span = Period(f"year {number}", first, Duration(years=number).after(starts_on))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Due:
    """A reminder that is due: of which condition, how long before its last day."""

    condition: str
    deadline: date
    before: Duration


def due_reminders(conditions: Iterable[Judged], leads: Iterable[Duration], today: date) -> tuple[Due, ...]:
    """Reminders whose day has come; of several for one deadline the nearest only, none once the deadline is over."""
    found = []
    steps = sorted(leads, key=lambda lead: (today - lead.before(today)).days)
    for one in conditions:
        if one.deadline is None or one.verdict is Verdict.passed or today > one.deadline:
            continue
        reached = [lead for lead in steps if lead.before(one.deadline) <= today]
        if reached:
            found.append(Due(one.id, one.deadline, reached[0]))
    return tuple(found)
