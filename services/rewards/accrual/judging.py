"""One window put before the pure evaluator: the live path, the replay and the explanation all come through here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from services.rewards.accrual.counting import Tally
from services.rewards.accrual.domain import Judged
from services.rewards.accrual.measures import Known, value_of
from services.rewards.accrual.plans import Plan, calendar_period
from services.rewards.facts.accounts import Account
from services.rewards.facts.orders import Line
from shared.calendar import Period, day_start
from shared.money import Money
from shared.policy.benefit import BenefitPlan
from shared.policy.evaluation import Case, Grant, at_midday
from shared.policy.measure import Measure
from shared.policy.worth import Award, State
from shared.trace import Decision, Evidence, Journal, Node, NoEvidence, Subject, Value, digest

MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Measured:
    """A window's running sum as evidence: which stretch of the journal it comes from."""

    window: str
    tally: Tally
    journal_from: int
    journal_to: int


@dataclass(frozen=True)
class Judge:
    """A plan with its compiled evaluator. Scope was asked for each line on its own day, so the window asks no more."""

    plan: Plan
    program: BenefitPlan

    @cached_property
    def _whole(self) -> BenefitPlan:
        return replace(self.program, heading=replace(self.program.heading, scope=None))

    def admits(self, account: Account, day: date, line: Line) -> bool:
        """Whether a line is in scope on its own day."""
        scope = self.program.heading.scope
        if scope is None:
            return True
        known = Known(account=account, line=line, day=day)
        case = Case(_Asked(known, None, None), Subject("line", str(line.line)), at_midday(day))
        return scope.answer(case).result == "holds"

    def decide(self, measured: Measured, known: Known, grants: tuple[Grant, ...] = ()) -> Decision[Award]:
        """The award of the whole window, as of its last instant."""
        evidence = self._evidence(measured)
        subject = Subject(self.plan.per, _subject_id(measured.window, known), known.subject)
        return self._whole.decide(
            Case(_Asked(known, self.plan, evidence), subject, self._as_of(measured, known), grants)
        )

    def judge(self, measured: Measured, known: Known, grants: tuple[Grant, ...] = ()) -> Judged:
        """What the window is worth, with the reached row and the digest of the whole trace."""
        return judged(self.decide(measured, known, grants))

    def _as_of(self, measured: Measured, known: Known) -> datetime:
        window = calendar_period(measured.window)
        if window is None:
            return known.moment
        end = day_start(window.until, self.plan.zone)
        return end - MOMENT

    def _evidence(self, measured: Measured) -> Evidence | NoEvidence | None:
        """Of a running sum; a measure that is none is asked of the facts like every other."""
        if not self.plan.is_counted:
            return None
        tally = measured.tally
        if tally.unrated:
            return NoEvidence("exchange_rate")
        value: Money | int = Money(tally.amount_minor, self.plan.currency) if self.plan.currency else tally.amount_minor
        origin = Journal(measured.journal_from, measured.journal_to, tally.lines, value, f"{tally.digest:016x}")
        return Evidence(value, self.plan.currency or "count", origin)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The facts of one case: its own measure as given, everything else from what is known."""

    known: Known
    plan: Plan | None
    measured: Evidence | NoEvidence | None

    def value(
        self, measure: Measure, subject: Subject, window: Period | None, as_of: datetime
    ) -> Evidence | NoEvidence:
        if self.measured is not None and self.plan is not None and measure == self.plan.benefit.measure:
            return self.measured
        return value_of(self.known, measure, window)


def judged(decision: Decision[Award]) -> Judged:
    """The figures of a decision that a posting needs."""
    award = decision.outcome
    due = award.amount if award.state in (State.GIVES, State.PENDING) else None
    return Judged(
        total_minor=due.amount_minor if due else 0,
        row=_reached_row(decision.trace),
        digest=bytes.fromhex(digest(decision))[:16],
        ask=award.ask or None,
        pending=award.state is State.PENDING,
    )


def granted(route: str, request: str, subject: str, terms: Mapping[str, Any]) -> Grant:
    """A granted request as the evaluator takes it; terms that came as JSON get their figures back.

    A window is judged as of its end, which may lie before the signature: the days in the terms say what it covers.
    """
    read: dict[str, Value] = {name: _term(name, value) for name, value in terms.items() if value is not None}
    return Grant(request, route, subject, EPOCH, terms=read)


def _term(name: str, value: Any) -> Value:
    if name == "rate":
        return Decimal(str(value))
    if name in ("from", "until"):
        return date.fromisoformat(str(value))
    return str(value)


def _reached_row(trace: Node) -> int | None:
    """The index of the row the measure reached."""
    for node in trace.inside:
        if node.rule.what == "row" and isinstance(node.result, int):
            return node.result
    return None


def _subject_id(window: str, known: Known) -> str:
    return window.partition(":")[2] or known.account.account_id


EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
